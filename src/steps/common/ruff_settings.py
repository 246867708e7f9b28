"""What the two ruff harnesses share: which files ruff selects, and that no settings from above the application's root apply."""

import os

import voicekey_observe as observe


def close_the_tree():
    """Gives the root an empty ruff.toml where it has no settings.

    ruff looks for settings in every folder above, which are those of the machine; an empty file here means the same defaults and ends the search.
    """
    own = os.path.exists("ruff.toml") or os.path.exists(".ruff.toml")
    if not own and not observe.has_section("pyproject.toml", "[tool.ruff"):
        observe.write_text(".", "ruff.toml", "")


def selected(ruff, asked):
    """The files that ruff's settings do not exclude."""
    status, out = observe.run([ruff, "check", "--no-cache", "--no-respect-gitignore", "--show-files", "--", *asked])
    return [observe.relative(line) for line in out.splitlines() if line] if status == 0 else []


def version(ruff):
    return observe.run([ruff, "--version"])[1].strip()
