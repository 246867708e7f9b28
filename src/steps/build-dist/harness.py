"""Looks at a finished wheel and sdist with the field's own tools, and collects every place that names the version.

argv: <report folder> <folder of the archives> [--changelog=FILE] [--code=FILE …]; the working folder holds the project's settings.
checks.json, written last: what the tools printed and how they ended, and the versions. twine, check-wheel-contents and packaging come from this
interpreter's environment. Judges nothing; a version that cannot be read has no `normal`.
"""

import ast
import calendar
import configparser
import email
import glob
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from importlib.metadata import version

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import voicekey_observe as observe  # noqa: E402

sys.path.remove(HERE)
from packaging.version import InvalidVersion, Version  # noqa: E402

# Neither tool may fold its lines, and what it prints must not be painted.
PLAIN = {"COLUMNS": "4000", "NO_COLOR": "1", "TERM": "dumb"}
NUMBER = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+(?:[-._]?(?:alpha|beta|preview|post|dev|rc|a|b|c)[-._]?\d*)*(?:\+[\w.]+)?)(?![\w])", re.IGNORECASE)
RELEASE_WORDS = {"a", "changes", "for", "in", "new", "of", "release", "released", "s", "the", "v", "version", "what"} | {
    word for month in range(1, 13) for word in (calendar.month_name[month].lower(), calendar.month_abbr[month].lower())
}
UNDERLINE = re.compile(r"([=\-~^*])\1{2,}\s*$")


def main():
    report, folder, *more = sys.argv[1:]
    report, folder = os.path.abspath(report), os.path.abspath(folder)
    (wheel,) = glob.glob(os.path.join(folder, "*.whl"))
    # Without an sdist there is a wheel to look at all the same; that it is missing, the build's record says.
    sdists = glob.glob(os.path.join(folder, "*.tar.gz"))
    names = [os.path.basename(path) for path in (wheel, *sdists)]
    settings = read_toml("pyproject.toml")
    built = metadata_version(wheel_metadata(wheel))
    places = [
        place("the wheel's name", names[0].split("-")[1] if "-" in names[0] else ""),
        place("the wheel's METADATA", built),
    ]
    for sdist in sdists:
        places.append(place("the sdist's name", os.path.basename(sdist).removesuffix(".tar.gz").rpartition("-")[2]))
        places.append(place("the sdist's PKG-INFO", metadata_version(sdist_metadata(sdist))))
    places += declared(settings)
    for path in [item.removeprefix("--code=") for item in more if item.startswith("--code=")]:
        places += written(path)
    changelog = [item.removeprefix("--changelog=") for item in more if item.startswith("--changelog=")]
    record = {
        "schema": 1,
        "files": {name: observe.sha256(os.path.join(folder, name)) for name in names},
        "twine": tool("twine", ["check", "--strict", *names], folder),
        "contents": contents(wheel, settings),
        "versions": places,
        "parts": parts(built),
        "changelog": newest(changelog[0], built, names[0].split("-")[0]) if changelog else None,
        "requires": [str(item) for item in settings.get("build-system", {}).get("requires", ["setuptools"])],
    }
    observe.write_json(report, "checks.json", record)


def tool(module, arguments, folder):
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-I", "-m", module, *arguments],
            cwd=folder,
            env={**os.environ, **PLAIN, "HOME": home, "USERPROFILE": home},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return {"version": version(module.replace("_", "-")), "exit": done.returncode, "said": done.stdout.decode("utf-8", "replace").splitlines()}


def contents(wheel, settings):
    """Under the project's own settings; where these say something, without them too, so that what they silence is counted."""
    found = tool("check_wheel_contents", [wheel], os.getcwd())
    own = "check-wheel-contents" in settings.get("tool", {}) or any(map(os.path.exists, ("check-wheel-contents.cfg", "setup.cfg", "tox.ini")))
    bare = tool("check_wheel_contents", ["--no-config", wheel], os.getcwd()) if own else found
    prefix, name = wheel, os.path.basename(wheel)
    for result in (found, bare):
        result["said"] = [name + line.removeprefix(prefix) if line.startswith(prefix) else line for line in result["said"]]
    return {**found, "silenced": len(set(bare["said"]) - set(found["said"]) - {f"{name}: OK"})}


def place(where, text, file=None, line=None):
    found = {"where": where, "text": text}
    try:
        found["normal"] = str(Version(text))
    except InvalidVersion:
        pass
    return found if file is None else {**found, "file": file, "line": line}


def read_toml(path):
    try:
        with open(path, "rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        return {}


def wheel_metadata(path):
    with zipfile.ZipFile(path) as archive:
        return archive.read(next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA") and n.count("/") == 1))


def sdist_metadata(path):
    with tarfile.open(path, "r:*") as archive:
        info = next(i for i in archive if i.isfile() and i.name.endswith("/PKG-INFO") and i.name.count("/") == 1)
        return archive.extractfile(info).read()


def metadata_version(data):
    return email.message_from_bytes(data)["Version"] or ""


def declared(settings):
    """What the project's settings say, where they say it themselves."""
    found = []
    for keys in (("project", "version"), ("tool", "poetry", "version")):
        value = settings
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            found.append(place(f"{'.'.join(keys)} of pyproject.toml", value, "pyproject.toml", line_of("pyproject.toml", ".".join(keys[:-1]))))
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    if os.path.exists("setup.cfg"):
        try:
            parser.read("setup.cfg", encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            return found
        value = parser.get("metadata", "version", fallback="attr:")
        if not value.startswith(("attr:", "file:")):
            found.append(place("metadata.version of setup.cfg", value, "setup.cfg", line_of("setup.cfg", "metadata")))
    return found


def line_of(path, section):
    """1-based line of `version =` in a section."""
    inside = False
    with open(path, encoding="utf-8", errors="replace") as stream:
        for number, line in enumerate(stream, 1):
            bare = line.strip()
            if bare.startswith("["):
                inside = bare.partition("]")[0].strip("[ ") == section
            elif inside and re.match(r"""["']?version["']?\s*[=:]""", bare):
                return number
    return 1


def written(path):
    """`__version__` where the code gives it as a text."""
    with open(path, encoding="utf-8", errors="replace") as stream:
        try:
            tree = ast.parse(stream.read())
        except (SyntaxError, ValueError):
            return []
    found = []
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        named = any(isinstance(target, ast.Name) and target.id == "__version__" for target in targets)
        if named and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found.append(place(f"__version__ in {path}", node.value.value, path, node.lineno))
    return found


def parts(text):
    try:
        found = Version(text)
    except InvalidVersion:
        return None
    return {
        "epoch": found.epoch,
        "release": list(found.release),
        "pre": None if found.pre is None else list(found.pre),
        "post": found.post,
        "dev": found.dev,
        "local": found.local,
    }


def newest(path, built, name):
    """The first heading of a changelog that is a version's; `newer` where that is after the one that was built."""
    with open(path, encoding="utf-8", errors="replace") as stream:
        lines = stream.read().splitlines()
    for number, line in enumerate(lines, 1):
        below = lines[number] if number < len(lines) else ""
        heading = re.match(r"#{1,3}\s", line) or (line.strip() and UNDERLINE.match(below)) or re.match(r"\s{0,1}(?:version\s+)?v?\d+(?:\.\d+)+\b", line, re.IGNORECASE)
        match = NUMBER.search(line) if heading and "unreleased" not in line.lower() else None
        if match is None or not names_release(line[: match.start()], name):
            continue
        found = place("the newest release of the changelog", match.group(1), path, number)
        if "normal" not in found:
            continue
        try:
            newer = Version(found["normal"]) > Version(built)
        except InvalidVersion:
            newer = False
        return {**found, "newer": newer}
    return None


def names_release(before, name):
    """Whether the words before a version say that it is a release of this project: a heading "Python 3.12" speaks of another."""
    return set(re.findall(r"[a-z]+", before.lower())) <= RELEASE_WORDS | set(re.findall(r"[a-z]+", name.lower()))


main()
