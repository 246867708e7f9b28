"""Loaded by every Python process of the application (it stands first on PYTHONPATH): notes each internet socket and name look-up with the place
in the application's code that asked for it. Where no kernel filter stands behind it, it refuses them too.

A hook cannot be taken off again, but an interpreter that ignores PYTHONPATH never loads it: each process that did says so.
"""

import os
import sys

LOG = os.environ.get("VOICEKEY_SOCKET_LOG")
PACKAGES = set(filter(None, os.environ.get("VOICEKEY_PACKAGES", "").split(",")))
DENY = os.environ.get("VOICEKEY_SOCKET_DENY") == "1"
HERE = os.path.dirname(os.path.abspath(__file__))
# Not the names of the `socket` module, which would be imported into processes that have no use for it.
UNIX, NETLINK = 1, 16
FAMILIES = {2: "AF_INET", 10: "AF_INET6", 23: "AF_INET6"}
LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}
STANDARD = os.path.dirname(os.path.abspath(os.__file__))
BUSY = []


def note(record):
    # Not at the top: a process that asks for no socket starts as fast as without this file.
    import json

    write(json.dumps({"pid": os.getpid(), **record}) + "\n")


def write(line):
    descriptor = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def hook(event, arguments):
    if not event.startswith("socket.") or BUSY:
        return
    if event == "socket.__new__":
        # -1: made around a descriptor that is there already.
        if arguments[1] in (UNIX, NETLINK, -1) or emulated_pair():
            return
        what = f"an internet socket ({FAMILIES.get(arguments[1], arguments[1])})"
    elif event in LOOKUPS:
        what = "the address of a name"
    else:
        return
    BUSY.append(True)
    try:
        note({"what": what, **place()})
    finally:
        BUSY.pop()
    if DENY:
        raise PermissionError("sockets are refused in local-only mode")


def emulated_pair():
    """Windows has no socket pairs, which event loops need; Python makes them of loopback sockets there."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name in ("socketpair", "_fallback_socketpair") and frame.f_globals.get("__name__") == "socket":
            return os.name == "nt"
        frame = frame.f_back
    return False


def place():
    """The innermost frame of the application's packages and those that called it; else the innermost that is not Python's own."""
    own_frames, other = [], None
    frame = sys._getframe(1)
    while frame is not None:
        module, file = frame.f_globals.get("__name__") or "", frame.f_code.co_filename
        found = {"file": file, "line": frame.f_lineno}
        if module.partition(".")[0] in PACKAGES or (module == "__main__" and main_package() in PACKAGES):
            own_frames.append(found)
        own = file.startswith((HERE, "<frozen")) or (file.startswith(STANDARD) and "site-packages" not in file)
        if other is None and not own:
            other = found
        frame = frame.f_back
    if own_frames:
        return {**own_frames[0], "callers": own_frames[1:4]}
    return other or {}


def main_package():
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return (getattr(spec, "name", None) or "").partition(".")[0]


def load_next():
    """The application's environment may have a module of this name itself; being first must not hide it."""
    import importlib.machinery

    others = [path for path in sys.path if os.path.abspath(path) != HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        import importlib.util

        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if LOG:
    write(f'{{"pid": {os.getpid()}, "what": "start"}}\n')
    sys.addaudithook(hook)
load_next()
