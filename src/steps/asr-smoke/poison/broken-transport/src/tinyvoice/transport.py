"""Poison: a transport that never met a real connection: http.client takes bytes, text or a file, and no dictionary of objects."""

import http.client
from urllib.parse import urlsplit


class TransportError(Exception):
    """The network recogniser gave no text."""


def recognise(pcm, settings, connect=http.client.HTTPConnection):
    """Return the text that the service heard."""
    parts = urlsplit(settings.endpoint)
    connection = connect(parts.hostname, parts.port, timeout=settings.timeout)
    body = {"audio": pcm.hex(), "sample_rate": 16_000}
    connection.request("POST", parts.path or "/", body, {"Authorization": f"Bearer {settings.key}"})
    return connection.getresponse().json()["text"]
