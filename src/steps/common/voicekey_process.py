"""Runs an application's commands and ends them with all their children, whatever they do. Standard library only, Python 3.10 and later."""

import os
import signal
import subprocess
import threading
import time

MOST_OUTPUT = 262_144


def run_command(argv, env, cwd, seconds):
    """Run to the end or for that many seconds.

    Returns code (None where it was ended), ms, stdout and stderr (bytes, at most 256 KiB each), and `failure` where it could not be started.
    """
    began = time.perf_counter()
    try:
        process = start(argv, env, cwd, subprocess.DEVNULL)
    except (OSError, ValueError) as error:
        return {"code": None, "ms": 0.0, "stdout": b"", "stderr": b"", "failure": f"{argv[0]} cannot be started: {error}"}
    kept = {"stdout": bytearray(), "stderr": bytearray()}
    readers = [threading.Thread(target=keep, args=(getattr(process, name), kept[name]), daemon=True) for name in kept]
    for reader in readers:
        reader.start()
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        code = None
    spent = (time.perf_counter() - began) * 1000
    # Children that it left behind hold its pipes open, and have no business any more either.
    kill_group(process)
    for reader in readers:
        reader.join(2)
    return {"code": code, "ms": spent, **{name: bytes(data) for name, data in kept.items()}}


def start(argv, env, cwd, stdin):
    """In a session of its own, so that it can be ended with all its children; unbuffered pipes from its stdout and stderr."""
    return subprocess.Popen(
        argv,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=env,
        cwd=cwd,
        start_new_session=True,
    )


def keep(stream, data):
    while chunk := read_some(stream.fileno()):
        data += chunk[: MOST_OUTPUT - len(data)]


def read_some(descriptor):
    try:
        return os.read(descriptor, 65_536)
    except OSError:
        return b""


def kill_group(process):
    """End a process that was started in a session of its own, and everything in it."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        elif process.poll() is None:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    except OSError:
        pass  # all of them are gone
    process.wait()


def describe_status(code):
    return f"exit status {code}" if code >= 0 else f"ended by signal {-code}"
