"""Runs one command inside a container of the Dagger door and writes down how it ended. Standard library only.

usage: contain.py --result FILE --timeout SECONDS --keep NAMES [--path PATH] [--uid N] [--cut-network] [--output FOLDER]... -- COMMAND ARG...

It always exits 0 once the command was tried: a container engine accepts only some exit statuses as results (128 to 191 are none), and
a red command is a result here. FILE receives JSON: {run, status, durationMs, network, python}; status is {kind: exited, code},
{kind: signalled, signal}, {kind: timed-out} or {kind: unstartable, message}.
The command gets only the variables named by --keep (comma-separated), and --path as its PATH: the wrapper itself runs with the image's own,
or an environment that the command brings could put its code into the place of ours while it still has all rights. With --uid it runs as that user, without capabilities and without
a way to regain them; the network is cut before that, because cutting needs the rights that the command must not have.
An --output folder that the command removed or replaced is there again and empty at the end.
It must not judge, and must not print anything of its own: stdout and stderr are the command's.
"""

import argparse
import ctypes
import fcntl
import json
import os
import platform
import signal
import socket
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
PR_SET_NO_NEW_PRIVS = 38
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
GRACE_SECONDS = 2


def cut_network(libc):
    """Leaves for a network of its own that has only a loopback device; False where the machine does not allow it."""
    if libc.unshare(CLONE_NEWNET) != 0:
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


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


def run(options, command, environment, libc):
    identity = {} if options.uid is None else {"user": options.uid, "group": options.uid, "extra_groups": []}
    try:
        child = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
            **identity,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return {"kind": "unstartable", "message": f"{command[0]}: {error}"}
    try:
        code = child.wait(options.timeout)
    except subprocess.TimeoutExpired:
        end_group(child)
        return {"kind": "timed-out"}
    return {"kind": "exited", "code": code} if code >= 0 else {"kind": "signalled", "signal": signal_name(-code)}


def keep_folder(path):
    """Makes an output that is no folder any more an empty one; the place of all outputs may be gone with it."""
    for place in (os.path.dirname(path), path):
        if os.path.isdir(place) and not os.path.islink(place):
            continue
        if os.path.lexists(place):
            os.unlink(place)
        os.mkdir(place)


def main():
    split = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("--result", required=True)
    parser.add_argument("--timeout", type=float, required=True)
    parser.add_argument("--keep", required=True)
    parser.add_argument("--path")
    parser.add_argument("--uid", type=int)
    parser.add_argument("--output", action="append", default=[])
    parser.add_argument("--cut-network", action="store_true")
    options = parser.parse_args(sys.argv[1:split])
    names = options.keep.split(",")
    libc = ctypes.CDLL(None, use_errno=True)
    network = "cut" if options.cut_network and cut_network(libc) else "open"
    environment = {n: os.environ[n] for n in names if n in os.environ}
    if options.path is not None:
        environment["PATH"] = options.path
    started = time.monotonic()
    status = run(options, sys.argv[split + 1 :], environment, libc)
    duration = round((time.monotonic() - started) * 1000)
    for folder in options.output:
        keep_folder(folder)
    record = {
        "run": os.environ.get("VOICEKEY_RUN", ""),
        "status": status,
        "durationMs": duration,
        "network": network,
        "python": platform.python_version(),
    }
    with open(options.result, "w", encoding="utf-8") as file:
        json.dump(record, file)


main()
