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


def nested(asked):
    """How many folders below the asked ones have settings of their own: they replace the root's, and poison does not reach every folder."""
    found = set()
    for top in asked:
        for folder, _, names in os.walk(top):
            if os.path.relpath(folder) != os.curdir and any(holds_settings(folder, name) for name in names):
                found.add(os.path.relpath(folder))
    return len(found)


def holds_settings(folder, name):
    if name == "pyproject.toml":
        return observe.has_section(os.path.join(folder, name), "[tool.ruff")
    return name in ("ruff.toml", ".ruff.toml")


def selected(ruff, asked):
    """The files that ruff's settings do not exclude."""
    status, out = observe.run([ruff, "check", "--no-cache", "--no-respect-gitignore", "--show-files", "--", *asked])
    return [observe.relative(line) for line in out.splitlines() if line] if status == 0 else []


def version(ruff):
    return observe.run([ruff, "--version"])[1].strip()
