"""Runs `ruff check` in the application's tree and leaves its reports: files.json, lint.sarif, run.json."""

import json
import os
import pathlib
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
    selected = ruff_settings.selected(ruff, asked)
    # --no-fix: settings may say `fix = true`, which would mend the copy and report the rest.
    fixed = ["--no-cache", "--no-respect-gitignore", "--no-fix", "--output-format", "sarif"]
    status, out = observe.run([ruff, "check", *fixed, "--", *asked])
    observe.write_text(report, "lint.sarif", relative_uris(out))
    observe.write_run(report, ruff_settings.version(ruff), status, selected)
    sys.exit(status if status >= 0 else 128 - status)


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
