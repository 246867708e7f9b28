"""The project's own PEP 517 backend, loaded in this process. Standard library only; resolves and installs nothing.

The working folder is the project's root, and the backend and all it needs are installed in this interpreter's environment.
"""

import importlib
import os
import sys
import tomllib

LEGACY = {"requires": ["setuptools"], "build-backend": "setuptools.build_meta:__legacy__"}


def read_settings():
    """pyproject.toml, or nothing where there is none."""
    if not os.path.exists("pyproject.toml"):
        return {}
    with open("pyproject.toml", "rb") as stream:
        return tomllib.load(stream)


def load(settings):
    """The object with the hooks."""
    system = {**LEGACY, **settings.get("build-system", {})}
    sys.path[:0] = [os.path.abspath(path) for path in system.get("backend-path", [])]
    module, _, attribute = system["build-backend"].partition(":")
    backend = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        backend = getattr(backend, name)
    return backend


def settle_modes():
    """Give the project's files the rights that git knows. A checkout's own come from whoever made it, and many back ends pack them as they are."""
    for folder, folders, names in os.walk("."):
        for path in [os.path.join(folder, name) for name in (*folders, *names)]:
            if not os.path.islink(path):
                os.chmod(path, 0o755 if os.path.isdir(path) or os.stat(path).st_mode & 0o100 else 0o644)
