"""A network recogniser on this machine's loopback: real HTTP, one behaviour per server, a port that the kernel picks. Records every request.

    with Recogniser("answers", answer="…", key="…", audio_field="audio", pcm=…) as recogniser: recogniser.endpoint, recogniser.requests

Standard library only, Python 3.10 and later.
"""

import base64
import hashlib
import http.server
import json
import socket
import threading

MOST_BODY = 8_388_608
MOST_REQUESTS = 50
LEAST_PART = 16_000
PATH = "/v1/recognise"


class Recogniser:
    """Answers as its behaviour says until it is left. `refused` refuses connections, `clear` hangs up and counts that as a request (nobody has to
    ask then), `slow` answers after `delay` seconds."""

    def __init__(self, behaviour, answer, key, audio_field=None, pcm=b"", delay=0.0):
        self.behaviour = behaviour
        self.answer = answer
        self.key = key
        self.audio_field = audio_field
        self.pcm = pcm
        self.delay = delay
        self.requests = []
        self.left = threading.Event()

    def __enter__(self):
        if self.behaviour == "refused":
            # Bound and not listening: nobody else can get the port meanwhile, and connections to it are refused.
            self.closed = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.closed.bind(("127.0.0.1", 0))
            port = self.closed.getsockname()[1]
        else:
            self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
            if self.behaviour == "clear":
                self.server.verify_request = self.hang_up
            self.server.daemon_threads = True
            self.server.block_on_close = False
            threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            port = self.server.server_address[1]
        self.endpoint = f"http://127.0.0.1:{port}{PATH}"
        return self

    def __exit__(self, *_):
        self.left.set()
        if self.behaviour == "refused":
            self.closed.close()
        else:
            self.server.shutdown()
            self.server.server_close()

    def hang_up(self, *_):
        self.requests.append({"method": "connection", "path": "", "key": False, "bytes": 0, "sha256": "", "audio": "none"})
        return False

    def reply(self):
        """Status and body."""
        good = json.dumps({"text": self.answer}).encode()
        return {
            "unauthorised": (401, b'{"error": "unauthorised"}'),
            # A good body behind a bad status: an application that looks only at the body is found out.
            "server-error": (500, good),
            "malformed": (200, b'{"text": "' + self.answer.encode()[:1]),
            "no-text": (200, b"{}"),
        }.get(self.behaviour, (200, good))

    def _handler(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = 30

            def handle_any(self):
                length = self.headers.get("Content-Length", "")
                if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
                    body = in_chunks(self.rfile)
                else:
                    body = self.rfile.read(min(int(length), MOST_BODY)) if length.isdigit() else b""
                if len(outer.requests) < MOST_REQUESTS:
                    outer.requests.append(outer.describe(self, body))
                if outer.delay > 0 and outer.left.wait(outer.delay):
                    return
                status, answer = outer.reply()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_HEAD = do_CONNECT = handle_any

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass  # it gave up waiting, which may be just what it has to do

            def log_message(self, *_):
                pass  # the key must not get into a log

        return Handler

    def describe(self, request, body):
        return {
            "method": request.command,
            "path": request.path[:200],
            # In whichever header: how a service wants it is between the application and the service.
            "key": any(self.key in value for value in request.headers.values()),
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "audio": self.audio_in(body),
        }

    def audio_in(self, body):
        """What the body holds of the recording: `whole`, `part`, or what it is instead."""
        if self.audio_field is None:
            return "not looked at" if body else "none"
        try:
            value = json.loads(body)
            for key in self.audio_field.split("."):
                value = value[key]
            sent = base64.b64decode(value, validate=True)
        except (ValueError, KeyError, TypeError, RecursionError):
            return f"no base64 at {self.audio_field}"
        # A WAV file around the samples is as good as the samples.
        at = sent.find(b"data") + 8 if sent[:4] == b"RIFF" else 0
        samples = sent[at:]
        if not samples:
            return "none"
        if samples == self.pcm:
            return "whole"
        return "part" if self.is_part(samples) else "other samples than the recording's"

    def is_part(self, samples):
        """Whole samples of it in their order, silence before and after them aside, which an application may add. So little that no command is
        in it (less than half a second, and than a quarter of the recording) is no part."""
        core = samples.strip(b"\0")
        # Stripping may cut a sample in half; what is left still stands in the recording.
        return len(core) >= min(LEAST_PART, len(self.pcm.strip(b"\0")) // 4) and core in self.pcm


def in_chunks(stream):
    """The body of a request whose length nobody knew when it began, up to the first chunk that is none."""
    body = b""
    while len(body) < MOST_BODY:
        try:
            size = int(stream.readline(100).partition(b";")[0], 16)
        except ValueError:
            return body
        # Each chunk ends with an empty line, the last one, of no size, after what may follow it.
        if size <= 0:
            while stream.readline(65_536).strip():
                pass
            return body
        body += stream.read(min(size, MOST_BODY))
        stream.readline(100)
    return body
