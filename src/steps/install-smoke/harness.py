"""Tries the application in the clean environments that hold its wheel, and the wheel of its sdist, with nothing but their runtime dependencies.

argv: <report folder> <settings.json> <wheel's folder> <its interpreter> <folder of the sdist's wheel> <its interpreter>
wheel.json, sdist.json  what was found in each; run.json is written last. Run by an interpreter with `packaging`; judges nothing.
A wheel that both made, byte for byte, is tried once: its environments hold the same, whether or not an executor keeps them as one.
Everything is run from an empty folder, with an empty home, no input, and no network where the machine can cut it.
"""

import contextlib
import glob
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import voicekey_observe as observe  # noqa: E402
import voicekey_requirements as requirements  # noqa: E402

sys.path.remove(HERE)
from packaging.utils import canonicalize_name  # noqa: E402
from packaging.version import InvalidVersion, Version  # noqa: E402

SAID = 20_000
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
EXTRA = re.compile(r"""\bextra\s*==\s*['"]([^'"]+)['"]""")


def main():
    report, settings, *pairs = sys.argv[1:]
    with open(settings, encoding="utf-8") as stream:
        settings = json.load(stream)
    report, tried = os.path.abspath(report), {}
    for artifact, folder, python in (("wheel", *pairs[0:2]), ("sdist", *pairs[2:4])):
        (wheel,) = glob.glob(os.path.join(folder, "*.whl"))
        key = (os.path.basename(wheel), observe.sha256(wheel))
        if key not in tried:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
                tried[key] = tried_out(Environment(os.path.abspath(python), settings["seconds"], work), os.path.basename(wheel), settings)
        observe.write_json(report, f"{artifact}.json", {"schema": 1, "wheel": os.path.basename(wheel), **tried[key]})
    observe.write_json(report, "run.json", {"schema": 1, "tried": ["wheel", "sdist"], "wheels": len(tried)})


class Environment:
    """A Python environment, and what its programs see of the world."""

    def __init__(self, python, seconds, work):
        self.python, self.seconds, self.work = python, seconds, work
        self.programs = os.path.dirname(python)
        # Where an environment stands says nothing of the application, and is another place in each.
        self.folders = {os.path.dirname(make(self.programs)) for make in (str, os.path.realpath)}
        self.count = 0

    def program(self, name):
        if name == "python":
            return self.python
        found = [os.path.join(self.programs, name + suffix) for suffix in (".exe", "")]
        return next((path for path in found if os.path.isfile(path)), None)

    def run(self, command):
        """Exit status (None: it did not end in time) and both streams."""
        self.count += 1
        folder = os.path.join(self.work, f"away-{self.count}")
        home = os.path.join(self.work, f"home-{self.count}")
        os.mkdir(folder)
        os.mkdir(home)
        variables = {**os.environ, "HOME": home, "USERPROFILE": home, "PATH": self.programs + os.pathsep + os.environ.get("PATH", "")}
        for name in [n for n in variables if n.startswith("XDG_")]:
            del variables[name]
        # Files, not pipes: a process that is left behind would keep a pipe open.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=os.name == "posix"
            )
            try:
                status = process.wait(self.seconds)
            except subprocess.TimeoutExpired:
                status = None
            end(process)
            return {"exit": status, "stdout": said(out, self.folders), "stderr": said(err, self.folders)}


def end(process):
    """The command and whatever it left running: nothing may outlive it, or hold its folder."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.poll() is None:
        process.kill()
        process.wait()


def said(stream, folders):
    """The text, and whether all of it was UTF-8. A long one keeps its beginning and its end."""
    stream.seek(0)
    data = stream.read()
    try:
        text, clean = data.decode("utf-8"), True
    except UnicodeDecodeError:
        text, clean = data.decode("utf-8", "replace"), False
    for folder in folders:
        text = text.replace(folder, "<environment>")
    if len(text) > SAID:
        text = f"{text[: SAID // 2]}\n… {len(text) - SAID} characters left out …\n{text[-SAID // 2 :]}"
    return {"text": text, "utf8": clean}


def tried_out(environment, wheel, settings):
    name = wheel.split("-")[0]
    distributions = requirements.installed(observe.site_packages(environment.python))
    own = distributions.get(canonicalize_name(name))
    if own is None:
        return {"name": name, "installed": False}
    active = {canonicalize_name(r.name) for r in requirements.needed(own.metadata)[0]}
    probe = probed(environment, name, settings["packages"])
    commands = settings["commands"] or [{"run": [p.name, "--help"]} for p in own.entry_points if p.group == "console_scripts"]
    return {
        "name": name,
        "installed": True,
        "normal": normal(wheel.split("-")[1]),
        "probe": probe,
        "others": sorted(f"{n} {d.version}" for n, d in distributions.items() if d is not own),
        "inconsistent": requirements.inconsistencies(distributions),
        "inactive": sorted(everything(own.metadata, settings["extras"]) - active),
        "commands": [tried_command(environment, command["run"]) for command in commands],
    }


def probed(environment, name, packages):
    record, progress = (os.path.join(environment.work, file) for file in ("probe.json", "progress.txt"))
    run = environment.run([environment.python, "-I", os.path.join(HERE, "probe.py"), record, progress, name, *packages])
    found = {"exit": run["exit"], "said": run["stderr"]["text"][-2000:], "at": last_line(progress)}
    try:
        with open(record, encoding="utf-8") as stream:
            found["found"] = json.load(stream)
    except (OSError, ValueError):
        found["found"] = None
        return found
    found["found"]["normal"] = normal(found["found"]["version"])
    for place in found["found"]["packages"].values():
        if "version" in place:
            place["normal"] = normal(place["version"])
    return found


def last_line(path):
    try:
        with open(path, encoding="utf-8") as stream:
            return (stream.read().splitlines() or [""])[-1]
    except OSError:
        return ""


def tried_command(environment, run):
    program = environment.program(run[0])
    if program is None:
        return {"run": run, "missing": True}
    return {"run": run, "missing": False, **environment.run([program, *run[1:]])}


def everything(metadata, tests):
    """Normal names of all that users get under some condition; `tests` are the extras that only the tests ask for."""
    own = {canonicalize_name(name) for name in tests}
    lines = [text for text in metadata.get_all("Requires-Dist", []) if not own & set(map(canonicalize_name, EXTRA.findall(text)))]
    names = [NAME.match(text.strip()) for text in lines]
    return {canonicalize_name(name.group()) for name in names if name is not None}


def normal(text):
    try:
        return str(Version(text))
    except InvalidVersion:
        return text


main()
