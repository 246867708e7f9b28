"""Runs mypy in the application's tree and leaves its reports: files.json, mypy.jsonl, run.json."""

import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import voicekey_observe as observe  # noqa: E402

SILENCES = re.compile(rb"#\s*(?:type:\s*ignore|mypy:[^\n]*(?:ignore[-_]errors|disable[-_]error[-_]code))")

SETTINGS = (
    ("mypy.ini", "[mypy]"),
    (".mypy.ini", "[mypy]"),
    ("pyproject.toml", "[tool.mypy"),
    ("setup.cfg", "[mypy]"),
)


def main():
    mypy, report, options, asked = parse(sys.argv[1:])
    if not asked:
        sys.exit("no paths were given to check")
    observe.write_files(report, asked)
    # Without settings of its own mypy would take those of a folder above, which are the machine's.
    if not any(observe.has_section(name, section) for name, section in SETTINGS):
        options = ["--config-file=", *options]
    with tempfile.TemporaryDirectory() as scratch:
        # The coverage report is how mypy says which files it analysed.
        fixed = ["--output", "json", "--no-incremental", "--cache-dir", os.devnull, "--linecoverage-report", scratch]
        status, out = observe.run([mypy, *options, *fixed, "--", *asked])
        checked = analysed(os.path.join(scratch, "coverage.json"))
    observe.write_text(report, "mypy.jsonl", "".join(line(text) for text in out.splitlines()))
    observe.write_run(report, observe.run([mypy, "--version"])[1].strip(), status, checked, silenced=silenced(checked))
    sys.exit(status if status >= 0 else 128 - status)


def parse(argv):
    mypy, report, *rest = argv
    border = rest.index("--")
    return mypy, report, rest[:border], rest[border + 1 :]


def analysed(path):
    try:
        with open(path, encoding="utf-8") as stream:
            return [observe.relative(name) for name in json.load(stream)["lines"]]
    except (OSError, ValueError, KeyError):
        return []


def silenced(paths):
    """Comments that keep mypy from reporting: shown beside the verdict."""
    found = 0
    for path in paths:
        try:
            with open(path, "rb") as stream:
                found += len(SILENCES.findall(stream.read()))
        except OSError:
            pass  # not a file of the application; the judge says so
    return found


def line(text):
    try:
        record = json.loads(text)
        record["file"] = observe.posix(record["file"])
    except (ValueError, TypeError, KeyError):
        return text + "\n"
    return json.dumps(record) + "\n"


main()
