"""Starts one command on Linux, watches it, and leaves no descendant of it behind. Standard library only, Python >= 3.8.

Protocol: descriptor 4 is the control channel; its first line is JSON {argv, env, cwd, loopback, subreaper, foreground, grace}.
End of file on it means "stop" - the executor closes it on cancel and timeout, and the kernel closes it when the executor is killed.
Descriptor 3 receives one JSON line: {"exit": CODE}, {"signal": "SIGSEGV"} or {"failed": REASON}.
Runs as process 1 of a namespace or, with "subreaper", as the adoptive parent of all orphans. Never signals process -1.
"""

import ctypes
import json
import os
import select
import signal
import sys
import time

STATUS, CONTROL = 3, 4
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 1, 36, 47, 4


def report(result):
    os.write(STATUS, (json.dumps(result) + "\n").encode())


def read_order():
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(CONTROL, 65536)
        if not part:
            sys.exit(1)
        line += part
    return json.loads(line)


def raise_loopback():
    import fcntl
    import socket
    import struct

    SIOCSIFFLAGS, UP_AND_RUNNING = 0x8914, 0x41
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", UP_AND_RUNNING))


def become(order, libc, failure):
    """The child: never returns."""
    try:
        if not order["foreground"]:
            os.setsid()
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        for s in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(s, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.umask(0o022)
        os.execvpe(order["argv"][0], order["argv"], order["env"])
    except BaseException as e:
        os.write(failure, f"{order['argv'][0]}: {getattr(e, 'strerror', None) or e}".encode("utf-8", "replace"))
    finally:
        os._exit(127)


def descendants():
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as f:
                    parent = int(f.read().rpartition(b")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(name))
    found, todo = [], [os.getpid()]
    while todo:
        more = children.get(todo.pop(), [])
        found += more
        todo += more
    return found


def end_descendants():
    """A process may fork while it is being killed, so this repeats until nothing is left to wait for."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        for pid in descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def reap(main):
    """Collects every process that ended; the wait status of the command, if it is among them."""
    result = None
    try:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return result
            if pid == main:
                result = status
    except ChildProcessError:
        return result


def watch(main, wake, grace, foreground):
    poller = select.poll()
    poller.register(wake, select.POLLIN)
    poller.register(CONTROL, select.POLLIN | select.POLLHUP)
    give_up = None
    while True:
        status = reap(main)
        if status is not None:
            return status
        left = None if give_up is None else (give_up - time.monotonic()) * 1000
        if left is not None and left <= 0:
            return None
        for fd, _ in poller.poll(left):
            if fd == wake:
                os.read(wake, 4096)
            elif os.read(CONTROL, 4096) == b"":
                poller.unregister(CONTROL)
                give_up = time.monotonic() + grace
                try:
                    (os.kill if foreground else os.killpg)(main, signal.SIGTERM)
                except OSError:
                    pass


def main():
    os.set_inheritable(STATUS, False)
    os.set_inheritable(CONTROL, False)
    order = read_order()
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if order["loopback"]:
            raise_loopback()
        if order["subreaper"] and libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "cannot adopt orphans")
        os.chdir(order["cwd"])
    except OSError as e:
        report({"failed": f"the guard cannot prepare: {e}"})
        return
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for s in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(s, signal.SIG_IGN)
    wake, notify = os.pipe()
    os.set_blocking(notify, False)
    signal.set_wakeup_fd(notify)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    said, failure = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(order, libc, failure)
    os.close(failure)
    why = os.read(said, 4096).decode("utf-8", "replace")
    status = watch(pid, wake, order["grace"], order["foreground"])
    if order["subreaper"]:
        end_descendants()
    if why:
        report({"failed": f"cannot start {why}"})
    elif status is None:
        report({"signal": "SIGKILL"})
    elif os.WIFSIGNALED(status):
        report({"signal": signal.Signals(os.WTERMSIG(status)).name})
    else:
        report({"exit": os.WEXITSTATUS(status)})


main()
