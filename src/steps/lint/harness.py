"""Runs `ruff check` in the application's tree and leaves its reports: files.json, lint.sarif, run.json."""

import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ruff_settings  # noqa: E402
import voicekey_observe as observe  # noqa: E402


def main():
    ruff, report, *asked = sys.argv[1:]
    if not asked:
        sys.exit("no paths were given to check")
    observe.write_files(report, asked)
    ruff_settings.close_the_tree()
    # Settings may say `fix = true` or `fix-only = true`, which would mend the copy and report the rest, or nothing.
    fixed = ["--no-cache", "--no-respect-gitignore", "--no-fix", "--no-fix-only", "--output-format", "sarif"]
    # --verbose names each file that is linted; the selected ones (--show-files) still hold what `lint.exclude` leaves out.
    done = subprocess.run([ruff, "check", *fixed, "--verbose", "--", *asked], capture_output=True, check=False)
    said, checked = without_log(done.stderr.decode("utf-8", "replace"))
    sys.stderr.write(said)
    out = done.stdout.decode("utf-8", "replace")
    observe.write_text(report, "lint.sarif", relative_uris(out))
    silenced = max(0, results(unsilenced(ruff, fixed, asked)) - results(out)) if done.returncode in (0, 1) else 0
    counts = {"silenced": silenced, "nested": ruff_settings.nested(asked)}
    observe.write_run(report, ruff_settings.version(ruff), done.returncode, checked, **counts)
    sys.exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)


def without_log(text):
    """What ruff says to people, and the files that its log says were linted."""
    logged = re.compile(r"^\[[^\]]*\]\[[^\]]*\]\[[\w:]+\]\[(?:DEBUG|TRACE|INFO)\] (.*)$")
    said, checked = [], set()
    for line in text.splitlines(keepends=True):
        entry = logged.match(line.rstrip("\n"))
        if entry is None:
            said.append(line)
        elif entry.group(1).startswith("Checking: "):
            checked.add(observe.relative(entry.group(1).removeprefix("Checking: ")))
    return "".join(said), checked


def unsilenced(ruff, fixed, asked):
    """The report without `noqa` comments and ignores per file: how many findings those silence is shown beside the verdict."""
    ignores = ["--config", "lint.per-file-ignores={}", "--config", "lint.extend-per-file-ignores={}"]
    return observe.run([ruff, "check", *fixed, "--ignore-noqa", *ignores, "--", *asked])[1]


def results(text):
    try:
        return sum(len(run["results"]) for run in json.loads(text)["runs"])
    except (ValueError, TypeError, KeyError):
        return 0


def relative_uris(text):
    """Evidence must not depend on where the work folder was."""
    here = pathlib.Path.cwd().as_uri() + "/"
    try:
        sarif = json.loads(text)
    except ValueError:
        return text
    shorten(sarif, here)
    return json.dumps(sarif, indent=1)


def shorten(node, here):
    if isinstance(node, dict) and isinstance(node.get("uri"), str):
        node["uri"] = node["uri"].removeprefix(here)
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        shorten(child, here)


main()
