"""Sees to it that an application's processes open no internet socket, and records each attempt.

Linux: a seccomp filter. It holds for the one thread that commands are started from and for everything that they start, needs no rights, works inside
containers, and cannot be taken off. Local (AF_UNIX) and kernel (AF_NETLINK) sockets stay. The kernel asks a supervising thread about every other one; where
it offers no such question (an outer supervisor, an old kernel) it ends the process instead. Everywhere: an audit hook in Python processes (watch/), which
knows the line of code. Standard library only, Python 3.10 and later.
"""

import ctypes
import errno
import json
import os
import platform
import queue
import select
import struct
import subprocess
import sys
import threading

from voicekey_process import run_command

# linux/audit.h, linux/seccomp.h, asm/unistd.h: the numbers of `socket` and of the call itself by architecture.
MACHINES = {"x86_64": (0xC000003E, 41, 317), "aarch64": (0xC00000B7, 198, 277)}
IO_URING_SETUP = 425
X32_BIT = 0x40000000
ALLOW, ERRNO, NOTIFY, KILL = 0x7FFF0000, 0x00050000, 0x7FC00000, 0x80000000
LOAD, EQUAL, ATLEAST, RETURN = 0x20, 0x15, 0x35, 0x06
PR_SET_NO_NEW_PRIVS, SET_MODE_FILTER, NEW_LISTENER = 38, 1, 8
NOTIF_RECV, NOTIF_SEND = 0xC0502100, 0xC0182101
AF_UNIX, AF_NETLINK = 1, 16
MOST_RECORDS = 200

# One that Python knows of, and one that only the kernel can see: what is tried before anything is believed.
TRY_PYTHON = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
TRY_KERNEL = "import ctypes; raise SystemExit(0 if ctypes.CDLL(None).socket(2, 1, 0) < 0 else 3)"


class SocketGuard:
    """`call(work)` runs work in the guarded thread; `records` is what was attempted, `watchers` what watched after `prove()`."""

    def __init__(self, folder, packages):
        self.log = os.path.join(folder, "sockets.jsonl")
        self.kernel = []
        self.filter = "none"
        self.why = ""
        self.packages = packages
        self.late = False
        self.orders = queue.Queue()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._guarded, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()

    def environment(self):
        """What the application's processes need for the audit hook."""
        return {
            "PYTHONPATH": os.path.join(os.path.dirname(os.path.abspath(__file__)), "watch"),
            "VOICEKEY_SOCKET_LOG": self.log,
            "VOICEKEY_PACKAGES": ",".join(self.packages),
            "VOICEKEY_SOCKET_DENY": "0" if self.filter != "none" else "1",
        }

    def call(self, work):
        """Run `work` in the guarded thread; its result or exception is given back."""
        answer = queue.Queue()
        self.orders.put((work, answer))
        value, error = answer.get()
        if error is not None:
            raise error
        return value

    def prove(self, env):
        """Try both watchers on a child that does open a socket; the names of those that noticed. Takes their records away again.

        `late` tells whether such a child did not end in its time, so that it may have had none to open one.
        """

        def run(code):
            done = run_command([sys.executable, "-c", code], {**env, **self.environment()}, None, 30)
            self.late = self.late or (done["code"] is None and "failure" not in done)
            return done

        self.call(lambda: run(TRY_PYTHON))
        hooked = [one for one in self.audited() if one["what"] != "start"]
        watchers = ["audit hook"] if hooked else []
        if self.filter != "none":
            tried = self.call(lambda: run(TRY_KERNEL))
            noticed = self.kernel if self.filter == "asks" else [tried] if (tried["code"] or 0) < 0 else []
            if noticed and tried["code"] != 3:
                watchers.insert(0, "kernel filter" if self.filter == "asks" else "kernel filter that ends the process")
        self.kernel.clear()
        if os.path.exists(self.log):
            os.unlink(self.log)
        return watchers

    def audited(self):
        """The audit hook's records: {pid, what, file?, line?}."""
        try:
            with open(self.log, encoding="utf-8", errors="replace") as stream:
                return [json.loads(line) for line in list(stream)[:10_000]]
        except FileNotFoundError:
            return []

    def _guarded(self, ready):
        try:
            listener = install() if sys.platform == "linux" else None
        except OSError as error:
            self.why, listener = str(error), None
        if listener is not None:
            self.filter = "kills" if listener < 0 else "asks"
        if listener is not None and listener >= 0:
            # Not a child of this thread: it must be able to answer whatever this thread waits for. Threads inherit the filter, which it never meets.
            threading.Thread(target=self._supervise, args=(listener,), daemon=True).start()
        ready.set()
        while True:
            work, answer = self.orders.get()
            try:
                answer.put((work(), None))
            except BaseException as error:
                answer.put((None, error))

    def _supervise(self, listener):
        import fcntl

        poller = select.poll()
        poller.register(listener, select.POLLIN)
        while True:
            poller.poll()
            asked = bytearray(80)
            try:
                fcntl.ioctl(listener, NOTIF_RECV, asked)
            except OSError:
                continue  # it was ended while it asked
            number, pid, _, call, machine, _, family = struct.unpack_from("=QIIiIQQ", asked)
            if len(self.kernel) < MOST_RECORDS:
                self.kernel.append({"pid": pid, "family": describe(call, machine, family & 0xFFFFFFFF), "program": program_of(pid)})
            try:
                fcntl.ioctl(listener, NOTIF_SEND, bytearray(struct.pack("=QqiI", number, 0, -errno.EACCES, 0)))
            except OSError:
                continue


def install():
    """Filters this thread; the descriptor that the kernel asks at, or -1 where it does not ask but end the process. OSError where it can do neither."""
    if platform.machine() not in MACHINES:
        raise OSError(f"no filter is known for {platform.machine()}")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the thread cannot give up gaining rights")
    seccomp = MACHINES[platform.machine()][2]
    listener = apply(libc, seccomp, NEW_LISTENER, NOTIFY)
    if listener >= 0:
        return listener
    if apply(libc, seccomp, 0, KILL) == 0:
        return -1
    raise OSError(ctypes.get_errno(), "the kernel takes no filter")


def apply(libc, seccomp, flags, verdict):
    program = rules(verdict)
    array = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *rule) for rule in program))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(array)))
    return libc.syscall(ctypes.c_long(seccomp), ctypes.c_ulong(SET_MODE_FILTER), ctypes.c_ulong(flags), header)


def rules(verdict):
    """BPF over struct seccomp_data {nr, arch, ip, args}: jumps count instructions."""
    machine, socket_call, _ = MACHINES[platform.machine()]
    return [
        (LOAD, 0, 0, 4),
        (EQUAL, 0, 8, machine),  # another architecture has other numbers: none of its calls
        (LOAD, 0, 0, 0),
        (ATLEAST, 6, 0, X32_BIT),
        (EQUAL, 6, 0, IO_URING_SETUP),  # makes sockets past this filter; programs do without it
        (EQUAL, 0, 3, socket_call),
        (LOAD, 0, 0, 16),
        (EQUAL, 1, 0, AF_UNIX),
        (EQUAL, 0, 1, AF_NETLINK),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, verdict),
        (RETURN, 0, 0, ERRNO | errno.ENOSYS),
    ]


def describe(call, machine, family):
    own, socket_call, _ = MACHINES[platform.machine()]
    if machine != own or call != socket_call:
        return "something by a call of another architecture"
    names = {2: "AF_INET", 10: "AF_INET6", 17: "AF_PACKET", 31: "AF_BLUETOOTH", 40: "AF_VSOCK"}
    return f"an internet socket ({names.get(family, family)})"


def program_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as stream:
            words = stream.read(2000).decode("utf-8", "replace").split("\0")
    except OSError:
        return "?"
    return " ".join([os.path.basename(words[0]), *words[1:]]).strip()[:200]
