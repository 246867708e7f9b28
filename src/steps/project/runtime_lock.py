"""Narrows the application's lock to what its wheel requires on this Python, without extras. Needs no network: who requires what, the installed packages say.

argv: <interpreter of the environment that the lock made> <folder of the lock> <folder of the wheel> <file for the lock>
A requirement that the lock does not hold is left to the check of the installed environment, which names it.
"""

import glob
import os
import re
import sys
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import voicekey_observe as observe  # noqa: E402
import voicekey_requirements as requirements  # noqa: E402

sys.path.remove(HERE)
from packaging.utils import canonicalize_name  # noqa: E402

NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)")


def main():
    interpreter, locks, wheels, target = sys.argv[1:5]
    (lock,) = [path for path in files(locks) if path.lower().endswith((".txt", ".lock"))]
    (wheel,) = [path for path in files(wheels) if path.lower().endswith(".whl")]
    distributions = requirements.installed(observe.site_packages(interpreter))
    with zipfile.ZipFile(wheel) as archive:
        wanted = requirements.closure(requirements.wheel_metadata(archive), distributions)
    with open(lock, encoding="utf-8") as stream:
        kept = [entry for entry in entries(stream.read()) if keep(entry, wanted)]
    with open(target, "w", encoding="utf-8", newline="\n") as stream:
        stream.write("".join(kept) or "# Nothing: the application requires no other package.\n")


def files(folder):
    return [path for path in glob.glob(os.path.join(folder, "**", "*"), recursive=True) if os.path.isfile(path)]


def entries(text):
    """Logical lines of a requirement file, without comments."""
    entry = ""
    for line in text.splitlines():
        # A comment may stand between a line that goes on and the next one, too.
        if line.strip().startswith("#"):
            continue
        entry += line + "\n"
        if not line.rstrip().endswith("\\"):
            yield entry
            entry = ""
    if entry:
        yield entry


def keep(entry, wanted):
    """Options for the whole file stay; of the requirements those that are wanted."""
    if entry.startswith("-"):
        return True
    name = NAME.match(entry.strip())
    return name is not None and canonicalize_name(name.group(1)) in wanted


main()
