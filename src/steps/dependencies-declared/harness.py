"""Runs deptry in the application's tree and leaves its reports: files.json, deptry.json, run.json.

What is declared comes from the built wheel's metadata, whatever back end or file it was written in; settings from `[tool.deptry]`. Runs in an
environment of the application's lock, so that import names are looked up in what is really installed.
"""

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import voicekey_observe as observe  # noqa: E402

# Settings of what is printed and where, and of where requirements stand: neither is the application's choice here.
NOT_OURS = {"config", "no_ansi", "github_output", "github_warning_errors", "json_output", "requirements_files", "requirements_files_dev"}
SILENCERS = ("ignore", "per_rule_ignores")
DEV_EXTRAS = ("optional_dependencies_dev_groups", "pep621_dev_dependency_groups")
# Without an `exclude` deptry would leave out a folder `tests` that was asked for, and what ignore files above the application say.
EXCLUDE = [r"\.git"]
COMMENT = re.compile(rb"#\s*deptry:\s*ignore")
SCANNED = "Python files to scan for imports:"
SKIPPED = re.compile(r"Skipping processing of (.+?) because of the following error: (.*)")
DECLARING = ("pyproject.toml", "setup.cfg", "setup.py", "requirements.in", "requirements.txt")


def main():
    options = arguments()
    if not options.paths:
        sys.exit("no paths were given to check")
    observe.write_files(options.report, options.paths)
    asked = set(observe.listing(options.paths))
    roots = sorted({import_root(path) for path in options.paths})
    silence_others(roots, asked)
    deptry = Deptry(observe.site_packages(options.runner), options, roots)
    status, violations, scanned, unread = deptry.run({})
    if violations is None:
        sys.exit(status or "deptry left no report")
    silenced = comments(scanned & asked)
    own = first_party(options)
    if any(deptry.settings.get(name) for name in SILENCERS) or deptry.settings["known_first_party"] != own:
        everything = deptry.run({**dict.fromkeys(SILENCERS), "known_first_party": own})[1] or violations
        silenced += max(0, len(everything) - len(violations))
    report = {
        "schema": 1,
        "violations": [placed(v, deptry.config) for v in violations],
        "unread": [u for u in unread if u["file"] in asked],
        "declared": deptry.declared,
    }
    observe.write_json(options.report, "deptry.json", report)
    unreadable = {u["file"] for u in unread}
    observe.write_run(options.report, deptry.version(), status, (scanned & asked) - unreadable, silenced=silenced)
    sys.exit(status)


def arguments():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--runner", required=True, help="the interpreter of deptry's environment")
    parser.add_argument("--requirements", required=True, help="the pyproject.toml that was derived from the wheel")
    parser.add_argument("--report", required=True)
    parser.add_argument("--package", action="append", default=[])
    parser.add_argument("--extra", action="append", default=[], help="an extra that the tests need, and users do not")
    parser.add_argument("paths", nargs="*")
    return parser.parse_args()


def import_root(path):
    """The folder that a path's modules are imported from: what stands in it is the application's own."""
    folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
    while os.path.exists(os.path.join(folder, "__init__.py")) and observe.relative(folder) != ".":
        folder = os.path.dirname(os.path.normpath(folder)) or "."
    return observe.relative(folder)


def silence_others(roots, asked):
    """Modules beside the asked ones are known by their names, and what they import does not count."""
    for path in observe.listing(roots):
        if path in asked:
            continue
        if path.endswith(".py"):
            observe.write_text(".", path, "")
        elif path.endswith(".ipynb"):
            os.remove(path)


class Deptry:
    """The tool with the settings of the application and of the config."""

    def __init__(self, packages, options, roots):
        self._start = [sys.executable, "-s", os.path.join(HERE, "run_deptry.py"), packages]
        self._roots = roots
        self._folder = tempfile.TemporaryDirectory()
        self.config = os.path.join(self._folder.name, "pyproject.toml")
        self._project = without_itself(read_toml(options.requirements))
        self.declared = sorted({name_of(line) for line in self._project["project"]["dependencies"]})
        self.settings = own_settings(options)

    def version(self):
        done = subprocess.run([*self._start, "--version"], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def run(self, changes):
        """Exit status, violations (None: no report), files that were looked at, and those of them that could not be read."""
        settings = {name: value for name, value in {**self.settings, **changes}.items() if value is not None}
        with open(self.config, "w", encoding="utf-8") as stream:
            stream.write(toml({**self._project, "tool": {"deptry": settings}}))
        out = os.path.join(self._folder.name, "report.json")
        if os.path.exists(out):
            os.remove(out)
        argv = [*self._start, "--verbose", "--no-ansi", "--enforce-posix-paths", "--config", self.config, "--json-output", out, "--", *self._roots]
        done = subprocess.run(argv, capture_output=True, check=False)
        said = done.stderr.decode("utf-8", "replace")
        violations = read_json(out)
        if violations is None:
            sys.stderr.write(said)
        unread = [{"file": observe.relative(m[1]), "message": m[2].strip(' ".')} for m in SKIPPED.finditer(said)]
        return done.returncode, violations, scanned_files(said), unread


def own_settings(options):
    table = read_toml("pyproject.toml").get("tool", {}).get("deptry", {}) if os.path.exists("pyproject.toml") else {}
    settings = {name: value for name, value in table.items() if name not in NOT_OURS}
    settings.setdefault("exclude", EXCLUDE)
    settings["known_first_party"] = [*settings.get("known_first_party", []), *first_party(options)]
    extras = [*options.extra, *(name for key in DEV_EXTRAS for name in settings.pop(key, []))]
    settings["optional_dependencies_dev_groups"] = sorted({normal(name) for name in extras})
    return settings


def first_party(options):
    return [name.partition(".")[0] for name in options.package]


def without_itself(document):
    """An extra may ask for other extras of the application itself, which is not a dependency."""
    project = document["project"]
    own = normal(project["name"])
    kept = lambda lines: [line for line in lines if name_of(line) != own]  # noqa: E731
    extras = {name: kept(lines) for name, lines in project["optional-dependencies"].items()}
    return {**document, "project": {**project, "dependencies": kept(project["dependencies"]), "optional-dependencies": extras}}


def placed(violation, config):
    """A violation of a declaration is placed where the application declares it, as far as that can be found."""
    where = violation["location"]
    if violation["error"]["code"] == "DEP003":
        # deptry also finds what it needs itself.
        violation = {**violation, "installed": importlib.util.find_spec(violation["module"]) is not None}
    if os.path.abspath(where["file"]) != os.path.abspath(config):
        return {**violation, "location": {**where, "file": observe.relative(where["file"])}}
    return {**violation, "location": declaration(violation["module"])}


def declaration(name):
    spelt = re.sub(r"[-_.]+", "[-_.]+", re.sub(r"[^A-Za-z0-9._-]", "", name))
    mention = re.compile(rf"(?<![\w.-]){spelt}(?![\w-]|\.\w)", re.IGNORECASE)
    for path in filter(os.path.isfile, DECLARING):
        with open(path, encoding="utf-8", errors="replace") as stream:
            for number, line in enumerate(stream, start=1):
                if mention.search(line.partition("#")[0]):
                    return {"file": path, "line": number, "column": None}
    return {"file": None, "line": None, "column": None}


def scanned_files(said):
    lines = said.splitlines()
    if SCANNED not in lines:
        return set()
    start = lines.index(SCANNED) + 1
    end = lines.index("", start) if "" in lines[start:] else len(lines)
    return {observe.relative(line) for line in lines[start:end]}


def comments(paths):
    """Comments that keep deptry from reporting: shown beside the verdict."""
    found = 0
    for path in paths:
        with open(path, "rb") as stream:
            found += len(COMMENT.findall(stream.read()))
    return found


def name_of(requirement):
    return normal(re.split(r"[^A-Za-z0-9._-]", requirement.strip(), maxsplit=1)[0])


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def read_toml(path):
    with open(path, "rb") as stream:
        return tomllib.load(stream)


def read_json(path):
    try:
        with open(path, encoding="utf-8") as stream:
            return json.load(stream)
    except (OSError, ValueError):
        return None


def toml(document):
    """Tables as inline ones; strings of JSON are strings of TOML too."""
    return "".join(f"{json.dumps(name)} = {value(item)}\n" for name, item in document.items())


def value(item):
    if isinstance(item, dict):
        return "{ " + ", ".join(f"{json.dumps(name)} = {value(child)}" for name, child in item.items()) + " }"
    if isinstance(item, list):
        return "[" + ", ".join(map(value, item)) + "]"
    return json.dumps(item)


main()
