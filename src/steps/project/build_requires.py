"""Resolves what the project's build backend needs: `build-system.requires`, or setuptools where there is none.

argv: <uv> <python version> <folder of pyproject.toml> <file for the lock>. Needs the network; uv does the resolving.
"""

import os
import subprocess
import sys
import tomllib

uv, version, folder, lock = sys.argv[1:]
settings = os.path.join(folder, "pyproject.toml")
system = {}
if os.path.exists(settings):
    with open(settings, "rb") as stream:
        system = tomllib.load(stream).get("build-system", {})
requires = system.get("requires", ["setuptools"])
# setuptools before 70.1 makes wheels by the package `wheel`.
if any(name.startswith("setuptools") for name in requires):
    requires = [*requires, "wheel"]
command = [uv, "pip", "compile", "--no-config", "--universal", "--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"]
done = subprocess.run(
    [*command, "--python", sys.executable, "--python-version", version, "--output-file", lock, "-"],
    input="\n".join(requires).encode(),
    stdout=subprocess.DEVNULL,
    check=False,
)
sys.exit(done.returncode)
