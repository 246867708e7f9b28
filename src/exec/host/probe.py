"""Says as one JSON line which interpreter runs it. Standard library only; in a virtual environment it names the interpreter beneath."""

import json
import os
import platform
import sys


def beneath():
    here = os.path.realpath(os.path.dirname(sys.executable))
    name = "python%d.%d" % sys.version_info[:2]
    for path in (
        getattr(sys, "_base_executable", None),
        os.path.join(sys.base_prefix, "bin", name),
        os.path.join(sys.base_prefix, "bin", "python3"),
        os.path.join(sys.base_prefix, "python.exe"),
    ):
        if path and os.path.exists(path) and os.path.realpath(os.path.dirname(path)) != here:
            return path
    return None


print(
    json.dumps(
        {
            "executable": sys.executable if sys.prefix == sys.base_prefix else beneath(),
            "prefix": sys.base_prefix,
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "final": sys.version_info.releaselevel == "final",
            "plain": getattr(sys, "abiflags", "") == "" and sys.maxsize > 2**32,
            "libc": "-".join(platform.libc_ver()),
        }
    )
)
