"""The network recogniser, by HTTP."""

import base64
import http.client
import json
from urllib.parse import urlsplit


class TransportError(Exception):
    """The network recogniser gave no text."""


def recognise(pcm, settings, connect=http.client.HTTPConnection):
    """Return the text that the service heard."""
    parts = urlsplit(settings.endpoint)
    body = json.dumps({"audio": base64.b64encode(pcm).decode("ascii"), "sample_rate": 16_000})
    connection = connect(parts.hostname, parts.port, timeout=settings.timeout)
    try:
        connection.request("POST", parts.path or "/", body, {"Authorization": f"Bearer {settings.key}"})
        response = connection.getresponse()
        status, answer = response.status, response.read(65_536)
    except TimeoutError:
        raise TransportError("no answer in time") from None
    except (OSError, http.client.HTTPException) as error:
        raise TransportError(f"no connection ({type(error).__name__})") from None
    finally:
        connection.close()
    if status != 200:
        raise TransportError(f"status {status}")
    try:
        text = json.loads(answer).get("text")
    except ValueError:
        raise TransportError("the answer is not JSON") from None
    if not isinstance(text, str):
        raise TransportError("the answer has no text")
    return text
