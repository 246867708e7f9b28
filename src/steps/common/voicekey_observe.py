"""What every harness does beside its tool: lists and hashes what is there, runs the tool, writes records.

Standard library only, Python 3.10 and later. It judges nothing: a judge reads what it leaves in the report folder.
"""

import hashlib
import json
import os
import subprocess
import sys


def posix(path):
    """The path with forward slashes."""
    return path.replace(os.sep, "/")


def relative(path):
    """The path relative to the working folder, which is the application's root."""
    return posix(os.path.relpath(path))


def listing(asked):
    """Path and SHA-256 of every file below the asked files and folders."""
    found = {}
    for top in asked:
        if os.path.isfile(top):
            found[relative(top)] = sha256(top)
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    found[relative(path)] = sha256(path)
    return found


def sha256(path):
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()


def write_json(report, name, value):
    with open(os.path.join(report, name), "w", encoding="utf-8", newline="\n") as stream:
        json.dump(value, stream, indent=1, sort_keys=True, ensure_ascii=False)
        stream.write("\n")


def write_text(report, name, text):
    with open(os.path.join(report, name), "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def write_files(report, asked):
    """`files.json`: what is there before the tool runs, so that a judge can compare it with what should be."""
    write_json(report, "files.json", {"schema": 1, "asked": asked, "files": listing(asked)})


def write_run(report, version, exit_status, checked, **counts):
    """`run.json`: written last, so a harness that died leaves none."""
    run = {"schema": 1, "version": version, "exit": exit_status, "checked": sorted(checked)}
    run.update(counts)
    write_json(report, "run.json", run)


def run(argv):
    """Runs the tool; its stderr goes to ours. Returns exit status and stdout."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def has_section(path, start):
    """Whether a settings file has a section whose header line begins so (`[tool.ruff`); in TOML, however it is written."""
    if path.endswith(".toml"):
        try:
            return has_table(path, start.strip("[").split("."))
        except (ImportError, ValueError):
            pass  # an old Python, or no TOML: the tool itself will complain
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return any(line.strip().replace(" ", "").startswith(start) for line in stream)
    except OSError:
        return False


def has_table(path, keys):
    import tomllib

    try:
        with open(path, "rb") as stream:
            value = tomllib.load(stream)
    except OSError:
        return False
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


def site_packages(interpreter):
    """The folder that holds the packages of another environment, of the same version of Python as this one."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(interpreter)))
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for folder in (os.path.join(root, "lib", version, "site-packages"), os.path.join(root, "Lib", "site-packages")):
        if os.path.isdir(folder):
            return folder
    sys.exit(f"the environment of {interpreter} holds no packages for {version}")
