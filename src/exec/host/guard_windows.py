"""Starts one command on Windows inside a job object, so that no descendant outlives it. Standard library only, Python >= 3.8.

Protocol: the first line of standard input is JSON {argv, env, cwd}; end of file on it means "stop". The exit status is the command's;
a command that cannot be started is reported on standard error's last line as "guard: REASON" with status 0xE0000001.
The job is closed by the kernel when this process ends, however it ends, and closing it kills every process in it.
"""

import ctypes
import json
import os
import subprocess
import sys
import threading
from ctypes import wintypes

KILL_ON_JOB_CLOSE, EXTENDED_LIMIT_INFORMATION = 0x2000, 9
CANNOT_START = 0xE0000001


def leave(status):
    os._exit(status - 2**32 if status >= 2**31 else status)


class BasicLimits(ctypes.Structure):
    _fields_ = [
        ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
        ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
        ("LimitFlags", wintypes.DWORD),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", wintypes.DWORD),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", wintypes.DWORD),
        ("SchedulingClass", wintypes.DWORD),
    ]


class ExtendedLimits(ctypes.Structure):
    _fields_ = [
        ("BasicLimitInformation", BasicLimits),
        ("IoInfo", ctypes.c_ulonglong * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    ]


def enter_job():
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateJobObjectW.restype = wintypes.HANDLE
    kernel.CreateJobObjectW.argtypes = [ctypes.c_void_p, wintypes.LPCWSTR]
    kernel.SetInformationJobObject.argtypes = [wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD]
    kernel.AssignProcessToJobObject.argtypes = [wintypes.HANDLE, wintypes.HANDLE]
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    job = kernel.CreateJobObjectW(None, None)
    limits = ExtendedLimits()
    limits.BasicLimitInformation.LimitFlags = KILL_ON_JOB_CLOSE
    done = (
        job
        and kernel.SetInformationJobObject(job, EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits))
        and kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess())
    )
    if not done:
        raise ctypes.WinError(ctypes.get_last_error())


def stop_at_end_of_input():
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(1)


def main():
    order = json.loads(sys.stdin.buffer.readline())
    try:
        enter_job()
        command = subprocess.Popen(order["argv"], env=order["env"], cwd=order["cwd"], stdin=subprocess.DEVNULL)
    except OSError as e:
        print(f"guard: {order['argv'][0]}: {e}", file=sys.stderr, flush=True)
        leave(CANNOT_START)
    threading.Thread(target=stop_at_end_of_input, daemon=True).start()
    leave(command.wait())


main()
