"""Runs commands inside a container of the Dagger door and writes down how they ended. Standard library only.

usage: contain.py [--shell | --clear FOLDER:FOLDER…] WORK…

A WORK is JSON: {place, result, argv, cwd, env, keep, uid, timeout, cut, outputs, uv, projects}:
- place: an absolute folder that the command's user cannot write; `work` in it is the command's work folder. result: a folder to be made.
- cwd: relative to the work folder. env: its whole environment; keep: names of variables of the container (secrets) that it gets as well.
- uid: the user that it runs as, without capabilities and without a way to regain them; the installer of its projects is the next one. cut: its
  network is cut before that, because cutting needs the rights that the command must not have.
- projects: [environment, folder of one wheel] pairs; uv, the program at that path, installs the wheel before the command starts.
- outputs: folders below `work/out` that are there and empty when the command starts.

It always exits 0 once the commands were tried: a container engine accepts only some exit statuses as results (128 to 191 are none), and a red
command is a result here. `result` holds `record.json` {run, status, durationMs, network, python}, `stdout`, `stderr`, and the outputs in `out`.
status is {kind: exited, code}, {kind: signalled, signal}, {kind: timed-out}, {kind: unstartable, message} or {kind: no-project, message}: the
wheel could not be installed. Several works are done one after another, each with users and a network of its own; what one leaves in the folders
of --clear, where everybody may write, is gone when the next begins. With --shell a shell for a person takes the place of the one command.
It must not judge. What it prints is what the commands print, as far as it is kept.
"""

import collections
import ctypes
import fcntl
import json
import os
import platform
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time

CLONE_NEWNET = 0x40000000
PR_SET_NO_NEW_PRIVS = 38
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
GRACE_SECONDS = 2
# Bytes kept of a stream: as many from its start as from its end.
HALF = 4 << 20
LIBC = ctypes.CDLL(None, use_errno=True)


class Stream(threading.Thread):
    """Keeps head and tail of what a command prints, and hands on what is kept of the head."""

    def __init__(self, pipe, through):
        super().__init__(daemon=True)
        self.pipe, self.through = pipe, through
        self.head, self.tail, self.size, self.held = [], collections.deque(), 0, 0
        self.start()

    def run(self):
        while True:
            try:
                data = os.read(self.pipe.fileno(), 1 << 16)
            except (OSError, ValueError):
                return
            if not data:
                return
            room = max(0, HALF - self.size)
            self.size += len(data)
            if room:
                self.head.append(data[:room])
                self.through.write(data[:room])
                self.through.flush()
            if data[room:]:
                self.tail.append(data[room:])
                self.held += len(data) - room
            while self.tail and self.held - len(self.tail[0]) >= HALF:
                self.held -= len(self.tail.popleft())

    def kept(self):
        # A process that was left behind may hold the pipe open for ever.
        self.join(GRACE_SECONDS)
        head, tail = b"".join(self.head), b"".join(self.tail)[-HALF:]
        left_out = self.size - len(head) - len(tail)
        return head + tail if left_out == 0 else head + b"\n\xe2\x80\xa6 %d bytes left out \xe2\x80\xa6\n" % left_out + tail


def cut_network():
    """Leaves for a network of its own that has only a loopback device; False where the machine does not allow it."""
    if LIBC.unshare(CLONE_NEWNET) != 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))
    return True


def end_group(child):
    for number, patience in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, None)):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            pass
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def end_all_of(uid):
    """Ends what the command left behind, wherever it hides: from here on nobody changes its outputs."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            os.kill(-1, signal.SIGKILL)
        except OSError:
            pass
        os._exit(0)
    os.waitpid(pid, 0)


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


def as_user(uid):
    return {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}


def without_new_rights():
    LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def started(work, **more):
    return subprocess.Popen(
        work["argv"],
        cwd=os.path.join(folder_of(work), work["cwd"]),
        env={**work["env"], **{name: os.environ[name] for name in work["keep"] if name in os.environ}},
        preexec_fn=without_new_rights,
        **as_user(work["uid"]),
        **more,
    )


def run(work):
    """(status, stdout, stderr)"""
    try:
        child = started(
            work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return {"kind": "unstartable", "message": f"{work['argv'][0]}: {error}"}, b"", b""
    streams = [Stream(child.stdout, sys.stdout.buffer), Stream(child.stderr, sys.stderr.buffer)]
    try:
        code = child.wait(work["timeout"])
        status = {"kind": "exited", "code": code} if code >= 0 else {"kind": "signalled", "signal": signal_name(-code)}
    except subprocess.TimeoutExpired:
        end_group(child)
        status = {"kind": "timed-out"}
    if work["uid"] is not None:
        end_all_of(work["uid"])
    return status, *(stream.kept() for stream in streams)


def folder_of(work):
    return os.path.join(work["place"], "work")


def make_folders(work):
    names = ["", "home", "tmp", "out", *(os.path.join("out", name) for name in work["outputs"])]
    for folder in (os.path.join(folder_of(work), name) for name in names):
        os.makedirs(folder, exist_ok=True)
        if work["uid"] is not None:
            os.chown(folder, work["uid"], work["uid"])


def install_projects(work):
    """Why a wheel could not be installed, or None."""
    for environment, folder in work["projects"]:
        wheels = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.lower().endswith(".whl")]
        if len(wheels) != 1:
            return f"the project must hold exactly one wheel, found {', '.join(map(os.path.basename, wheels)) or 'none'}"
        words = install(work["uv"], environment, wheels[0], work["uid"])
        if words is not None:
            return words
    return None


def install(uv, environment, wheel, uid):
    """Not as root: uv starts the environment's interpreter, and with it what its packages put into .pth files. Nor as the command's user, who
    must not be able to change the environment."""
    installer = None if uid is None else uid + 1
    if installer is not None:
        for folder, _, _ in os.walk(environment):
            os.chown(folder, installer, installer)
    options = ["--quiet", "--python", environment, "--no-deps", "--no-index", "--offline", "--no-cache"]
    done = subprocess.run(
        [uv, "pip", "install", *options, wheel],
        env={"PATH": os.defpath, "HOME": "/tmp", "UV_NO_CONFIG": "1", "UV_LINK_MODE": "copy", "UV_PYTHON_DOWNLOADS": "never"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        preexec_fn=without_new_rights,
        **as_user(installer),
    )
    if installer is not None:
        end_all_of(installer)
    return None if done.returncode == 0 else (done.stderr.strip() or f"uv ended with status {done.returncode}")[-4000:]


def keep_outputs(work, result):
    """Moves the outputs into the result: folders, files and links alone, and an empty folder for one that the command removed or replaced."""
    out = os.path.join(result, "out")
    try:
        os.rename(os.path.join(folder_of(work), "out"), out)
    except OSError:
        pass
    for folder in (out, *(os.path.join(out, name) for name in work["outputs"])):
        if os.path.islink(folder) or not os.path.isdir(folder):
            if os.path.lexists(folder):
                os.unlink(folder)
            os.makedirs(folder)
    for folder, _, names in os.walk(out):
        for name in names:
            mode = os.lstat(os.path.join(folder, name)).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
                os.unlink(os.path.join(folder, name))


def perform(work):
    result = work["result"]
    os.makedirs(result)
    make_folders(work)
    network = "cut" if work["cut"] and cut_network() else "open"
    wrong = install_projects(work)
    began = time.monotonic()
    status, *streams = run(work) if wrong is None else ({"kind": "no-project", "message": wrong}, b"", b"")
    record = {
        "run": os.environ.get("VOICEKEY_RUN", ""),
        "status": status,
        "durationMs": round((time.monotonic() - began) * 1000),
        "network": network,
        "python": platform.python_version(),
    }
    keep_outputs(work, result)
    for name, data in zip(("stdout", "stderr", "record.json"), (*streams, json.dumps(record).encode())):
        with open(os.path.join(result, name), "wb") as file:
            file.write(data)


def shell(work):
    make_folders(work)
    network = "cut" if work["cut"] and cut_network() else "open"
    wrong = install_projects(work)
    if wrong is not None:
        print(f"the project could not be installed: {wrong}")
    command = " ".join(json.dumps(word) if " " in word or word == "" else word for word in work["argv"])
    print(f"The step's own user, environment and folder; its network is {network}. It would run:\n  {command}")
    print("For a shell as root with the image's environment: the same call, ending in `terminal --cmd sh`.", flush=True)
    work = {**work, "argv": ["/bin/sh"], "env": {**work["env"], "TERM": os.environ.get("TERM", "xterm"), "PS1": "step$ "}}
    sys.exit(started(work).wait())


def clear(folders):
    for folder in folders.split(":"):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            path = os.path.join(folder, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)


def main():
    words = sys.argv[1:]
    if words[0] == "--shell":
        shell(json.loads(words[1]))
    elif words[0] == "--clear":
        for work in words[2:]:
            subprocess.run([sys.executable, "-I", "-S", os.path.abspath(__file__), work], check=True)
            clear(words[1])
    else:
        perform(json.loads(words[0]))


main()
