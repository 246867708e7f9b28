"""Builds the project's wheel by its own PEP 517 backend, in this process, and says what the wheel requires.

argv: <folder for the wheel> <folder for the requirements>; the working folder is the project's root.
The backend and all it needs must be installed in this interpreter's environment. Standard library only; resolves and installs nothing.
"""

import email
import json
import os
import re
import sys
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import voicekey_backend  # noqa: E402

sys.path.remove(HERE)

EXTRA = re.compile(r"""\s*(?:\band\s+)?\bextra\s*==\s*['"]([^'"]+)['"]""")


def main():
    wheels, requirements = (os.path.abspath(path) for path in sys.argv[1:3])
    # Modes go into the wheel: they must not depend on the machine's umask, nor on that of whoever checked the project out.
    os.umask(0o022)
    voicekey_backend.settle_modes()
    settings = voicekey_backend.read_settings()
    wheel = voicekey_backend.load(settings).build_wheel(wheels)
    with zipfile.ZipFile(os.path.join(wheels, wheel)) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA") and n.count("/") == 1)
        metadata = email.message_from_bytes(archive.read(name))
    with open(os.path.join(requirements, "pyproject.toml"), "w", encoding="utf-8", newline="\n") as stream:
        stream.write(pyproject(metadata, settings.get("dependency-groups", {})))


def pyproject(metadata, groups):
    """What a resolver has to know, and nothing that changes with the code: name, dependencies, extras, groups."""
    plain, extras = [], {normal(name): [] for name in metadata.get_all("Provides-Extra", [])}
    for line in metadata.get_all("Requires-Dist", []):
        requirement, _, marker = line.partition(";")
        found = EXTRA.search(marker)
        if found is None:
            plain.append(line)
            continue
        rest = (marker[: found.start()] + marker[found.end() :]).strip()
        rest = re.sub(r"^and\s+", "", rest)
        extras.setdefault(normal(found.group(1)), []).append(f"{requirement.strip()} ; {rest}" if rest else requirement.strip())
    lines = ["[project]", f"name = {json.dumps(metadata['Name'])}", 'version = "0"', f"dependencies = {json.dumps(plain)}"]
    lines.append("[project.optional-dependencies]")
    lines += [f"{json.dumps(name)} = {json.dumps(values)}" for name, values in sorted(extras.items())]
    lines.append("[dependency-groups]")
    lines += [f"{json.dumps(name)} = [{', '.join(map(entry, values))}]" for name, values in sorted(groups.items())]
    return "\n".join(lines) + "\n"


def entry(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


main()
