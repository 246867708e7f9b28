"""Runs `ruff format --check` in the application's tree and leaves its reports: files.json, format.json, format.diff, run.json."""

import json
import os
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
    fixed = ["--no-cache", "--no-respect-gitignore"]
    selected = ruff_settings.selected(ruff, asked)
    status, out = observe.run([ruff, "format", *fixed, "--check", "--output-format", "json", "--", *asked])
    observe.write_text(report, "format.json", relative_names(out))
    # The second run tells what would change, and how many files the formatter really looked at.
    told = subprocess.run([ruff, "format", *fixed, "--diff", "--", *asked], capture_output=True, check=False)
    observe.write_text(report, "format.diff", told.stdout.decode("utf-8", "replace"))
    observe.write_text(report, "summary.txt", told.stderr.decode("utf-8", "replace"))
    observe.write_run(report, ruff_settings.version(ruff), status, selected, nested=ruff_settings.nested(asked))
    sys.exit(status if status >= 0 else 128 - status)


def relative_names(text):
    try:
        items = json.loads(text)
        for item in items:
            item["filename"] = observe.relative(item["filename"])
    except (ValueError, TypeError, KeyError):
        return text
    return json.dumps(items, indent=1)


main()
