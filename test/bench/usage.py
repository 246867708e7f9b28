"""usage.py FILE COMMAND…: runs COMMAND and writes {"wall", "cpu", "status"} to FILE: seconds, CPU seconds of it and all its descendants.

Descendants are adopted when their parents go, so that what a detached process used counts too.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36

if sys.platform == "linux":
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
started = time.monotonic()
status = subprocess.run(sys.argv[2:], check=False).returncode
wall = time.monotonic() - started
while True:
    try:
        os.waitpid(-1, 0)
    except ChildProcessError:
        break
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w", encoding="utf-8") as out:
    json.dump({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "status": status}, out)
