"""Speaks to an application's `listen` command: raw PCM on its stdin (16 kHz, mono, 16 bit, little-endian), JSON lines from its stdout.

    listener = Listener(argv, env, log)     # starts it and waits for {"ready": true}; listener.ready_ms is how long that took
    heard = listener.hear(pcm, speech_end_ms, "tail", done)
    listener.close()                        # end of input; the application must end by itself

Whatever the application does wrong is a ListenFailure, whose `kind` says what: not-started, died, no-ready, not-reading, garbage, not-utf8, flood,
not-ending. Standard library only, Python 3.10 and later. It measures and records; it judges nothing.
"""

import json
import os
import queue
import subprocess
import threading
import time

from voicekey_process import describe_status, kill_group, read_some, start

BYTES_PER_MS = 32
CHUNK_MS = 20
# "tail": what is older than this before the end of speech is handed over at once, and from there in real time.
TAIL_MS = 500
BURST_SILENCE_MS = 1000
LONGEST_LINE = 65_536
MOST_LINES = 1_000
MOST_STDERR = 65_536


class ListenFailure(Exception):
    """What the application did wrong: `kind` for programs, the message for people, `late` where only a limit of time was reached."""

    def __init__(self, kind, message, late=False):
        super().__init__(message)
        self.kind = kind
        self.late = late


class Listener:
    """One running `listen` command.

    `log` is the file that its stderr goes to, at most 64 KiB of it. `text` is the key of the text in its lines, dots for nested ones. More than
    `most_lines` over its life are a flood.
    """

    def __init__(self, argv, env, log, cwd=None, text="text", ready_seconds=60.0, most_lines=MOST_LINES):
        self.text = text
        self.most_lines = most_lines
        self.lines = queue.Queue()
        began = time.perf_counter()
        try:
            self.process = start(argv, env, cwd, subprocess.PIPE)
        except OSError as error:
            raise ListenFailure("not-started", f"{argv[0]} cannot be started: {error.strerror}") from None
        self.readers = [
            threading.Thread(target=self._read_lines, daemon=True),
            threading.Thread(target=self._keep_stderr, args=(log,), daemon=True),
        ]
        for reader in self.readers:
            reader.start()
        try:
            stamp, line = self._next(began + ready_seconds, "no-ready", f"did not say that it is ready within {ready_seconds:g} s")
            if line.get("ready") is not True:
                raise ListenFailure("no-ready", f"its first line is not {{\"ready\": true}}: {shown(line)}")
        except ListenFailure:
            self.kill()
            raise
        self.ready_ms = (stamp - began) * 1000

    def hear(self, pcm, speech_end_ms=None, pace="burst", done=None, idle_seconds=2.0):
        """Hand a recording over and collect the utterances that come back.

        "tail" needs `speech_end_ms`: the last 500 ms before it come in real time, then the rest and silence in real time. "burst": everything and
        1 s of silence at once. Ends when `done(texts)` says so (for "tail" not before the end of speech was handed over), without `done` at the first line,
        or when nothing came for `idle_seconds` after the last thing that happened. Returns texts, lines, latency_ms (from when the end of speech
        was spoken to the arrival of the last line; None where there is none), work_ms (start to arrival of the last line), and `before`, the
        texts that arrived since the last recording and belong to it.
        """
        before = self._waiting()
        tail = pace == "tail"
        if tail and speech_end_ms is None:
            raise ValueError("the pace `tail` needs the end of speech")
        began = time.perf_counter()
        handing = Handing(self.process.stdin, schedule(pcm, speech_end_ms, tail), speech_end_ms if tail else None)
        texts, last, latency = [], None, None
        try:
            while True:
                stamp = self._line(handing, last, idle_seconds, texts)
                if stamp is None:
                    break
                last = stamp
                ended = handing.speech_ended
                if tail and (ended is None or stamp < ended):
                    continue
                if ended is not None:
                    latency = (stamp - ended) * 1000
                if done is None or done(texts):
                    break
        finally:
            if tail:
                handing.stopped.set()
        handing.finish(idle_seconds)
        if tail:
            # The next recording must not join this one: hand over what is left of it and a little silence, at once.
            rest = b"".join(chunk for _, chunk in handing.left if chunk.strip(b"\0"))
            Handing(self.process.stdin, at_once(rest + bytes(300 * BYTES_PER_MS)), None).finish(idle_seconds)
        work = None if last is None else (last - began) * 1000
        return {"texts": texts, "lines": len(texts), "latency_ms": latency, "work_ms": work, "before": before}

    def close(self, seconds=10.0):
        """End its input and wait; returns the exit status. ListenFailure where it does not end by itself."""
        try:
            self.process.stdin.close()
        except OSError:
            pass  # it is gone already: its status tells
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ListenFailure("not-ending", f"did not end within {seconds:g} s after the end of its input", late=True) from None
        finally:
            self.kill()
        return status

    def kill(self):
        """End it with all its children, and wait for the readers."""
        kill_group(self.process)
        for reader in self.readers:
            reader.join(2)
        # A write that is stuck in the pipe ends with the process; only then can the pipe be closed.
        try:
            self.process.stdin.close()
        except OSError:
            pass

    def left(self):
        """Texts that nobody took; to be asked once it has ended."""
        taken = [self.lines.get() for _ in range(self.lines.qsize())]
        return [field(value, self.text) for _, what, value in taken if what == "line"]

    def _line(self, handing, last, idle_seconds, texts):
        """Wait for the next utterance and take its text; None where nothing comes any more."""
        while True:
            latest = max(handing.progress, last or 0.0)
            try:
                stamp, line = self._next(latest + idle_seconds, None, "")
            except TimeoutError:
                if handing.progress > latest:
                    continue
                return None
            texts.append(field(line, self.text))
            return stamp

    def _waiting(self):
        """Texts of the lines that arrived unasked."""
        texts = []
        while not self.lines.empty():
            _, line = self._next(time.perf_counter(), None, "")
            texts.append(field(line, self.text))
        return texts

    def _next(self, until, kind, message):
        """Stamp and object of the next line; at the time `until` a ListenFailure of that kind, or a TimeoutError without one."""
        try:
            stamp, what, value = self.lines.get(timeout=max(0.0, until - time.perf_counter()))
        except queue.Empty:
            if kind is None:
                raise TimeoutError from None
            raise ListenFailure(kind, message, late=True) from None
        if what == "line":
            return stamp, value
        self.lines.put((stamp, what, value))
        if what == "end":
            raise ListenFailure("died", f"ended while it should listen ({self._status()})")
        raise ListenFailure(what, value)

    def _status(self):
        try:
            code = self.process.wait(2)
        except subprocess.TimeoutExpired:
            return "it closed its output, but still runs"
        return describe_status(code)

    def _read_lines(self):
        """A thread: every line with the time of its arrival, then what ended them."""
        stream, rest, count = self.process.stdout.fileno(), b"", 0
        while chunk := read_some(stream):
            stamp = time.perf_counter()
            *whole, rest = (rest + chunk).split(b"\n")
            count += len(whole)
            if len(rest) > LONGEST_LINE or any(len(line) > LONGEST_LINE for line in whole) or count > self.most_lines:
                self.lines.put((stamp, "flood", "writes more to stdout than any number of utterances could be"))
                break
            for line in filter(None, (line.strip() for line in whole)):
                self.lines.put((stamp, *parsed(line)))
        while read_some(stream):
            pass  # or it would block on a full pipe, and look as if it hung
        self.lines.put((time.perf_counter(), "end", None))

    def _keep_stderr(self, log):
        left = MOST_STDERR
        with open(log, "wb") as out:
            while chunk := read_some(self.process.stderr.fileno()):
                out.write(chunk[:left])
                out.flush()
                left = max(0, left - len(chunk))


class Handing:
    """A thread that hands samples over by an absolute schedule, so that no delay adds up, and may get stuck where nobody reads them."""

    def __init__(self, stdin, chunks, speech_end_ms):
        self.stdin = stdin
        self.left = chunks
        self.ends_at = None if speech_end_ms is None else speech_end_ms * BYTES_PER_MS
        self.speech_ended = None
        # When anything was taken, and when something other than silence was: silence goes on, so nothing would ever be idle after it.
        self.moved = self.progress = time.perf_counter()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        began, written = time.perf_counter(), 0
        while self.left and not self.stopped.is_set():
            at, chunk = self.left[0]
            if self.stopped.wait(max(0.0, began + at - time.perf_counter())):
                return
            try:
                write_all(self.stdin.fileno(), chunk)
            except (OSError, ValueError):
                return  # it is gone; the end of its output tells
            written += len(chunk)
            self.moved = now = time.perf_counter()
            if self.ends_at is not None and self.speech_ended is None and written >= self.ends_at:
                # When it was spoken, not when this thread came to hand it over: a delay of ours must not make the application look faster.
                self.speech_ended = min(now, began + at - (written - self.ends_at) / BYTES_PER_MS / 1000)
            if chunk.strip(b"\0"):
                self.progress = now
            self.left = self.left[1:]

    def finish(self, idle_seconds):
        """Wait until all is handed over; ListenFailure where nothing was taken for that long."""
        while self.thread.is_alive():
            self.thread.join(0.05)
            if self.thread.is_alive() and time.perf_counter() - self.moved > idle_seconds:
                raise ListenFailure("not-reading", f"did not read its input for {idle_seconds:g} s", late=True)


def schedule(pcm, speech_end_ms, tail):
    """Pairs of seconds after the start and samples to hand over then."""
    if not tail:
        return at_once(pcm + bytes(BURST_SILENCE_MS * BYTES_PER_MS))
    first = max(0, speech_end_ms - TAIL_MS) * BYTES_PER_MS
    # Silence for as long as anything may take; it ends when the answer is there.
    stream = pcm[first:] + bytes(30_000 * BYTES_PER_MS)
    step = CHUNK_MS * BYTES_PER_MS
    chunks = [((n + 1) * CHUNK_MS / 1000, stream[at : at + step]) for n, at in enumerate(range(0, len(stream), step))]
    return [(0.0, pcm[:first]), *chunks] if first > 0 else chunks


def at_once(data):
    """In pieces, so that a slow reader can be told from one that does not read."""
    return [(0.0, data[at : at + 16_384]) for at in range(0, len(data), 16_384)]


def parsed(line):
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return "not-utf8", f"writes bytes to stdout that are not UTF-8: {line[:100]!r}"
    except ValueError:
        value = None
    if not isinstance(value, dict):
        return "garbage", f"writes lines to stdout that are no JSON objects: {line[:100].decode('utf-8', 'replace')!r}"
    return "line", value


def field(value, path):
    """The text at a path of keys joined by dots; empty where there is none."""
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def write_all(descriptor, data):
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view[:65_536]) :]


def shown(value):
    return json.dumps(value)[:200]
