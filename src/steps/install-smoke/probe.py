"""Looks at an installed distribution from inside its environment: files against RECORD, every module imported, entry points loaded.

argv: <file for the record> <file for progress> <distribution> [<package> …]. Run away from the source, isolated (-I), by the environment's own
interpreter. Standard library only. Progress is written before each import, so that an interpreter which is ended tells where.
"""

import base64
import hashlib
import importlib
import importlib.machinery
import importlib.metadata
import json
import os
import sys
import sysconfig

SAID = 500


def main():
    target, progress, name, *packages = sys.argv[1:]
    distribution = importlib.metadata.distribution(name)
    roots = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    listed = distribution.files or []
    record = {
        "python": sys.version.split()[0],
        "version": distribution.version,
        "record": broken_lines(distribution, listed),
        "files": {str(f).replace("\\", "/"): digest(distribution.locate_file(f)).hexdigest() for f in listed if counts(distribution, f)},
        "modules": [],
        "packages": {},
        "entry_points": [],
    }
    with open(progress, "w", encoding="utf-8") as stream:
        for path, module in sorted(modules(listed, packages)):
            note(stream, module)
            record["modules"].append({"file": path, "module": module, **attempt(lambda module=module: importlib.import_module(module))})
        for package in packages:
            record["packages"][package] = placed(sys.modules.get(package), roots)
        for point in distribution.entry_points:
            note(stream, f"the entry point {point.name}")
            record["entry_points"].append({"group": point.group, "name": point.name, "value": point.value, **attempt(point.load)})
    record["stdlib"] = sorted({m["missing"] for m in record["modules"] if m.get("missing") in sys.stdlib_module_names})
    with open(target, "w", encoding="utf-8", newline="\n") as stream:
        json.dump(record, stream, ensure_ascii=True)
    # Threads that the imports left behind must not keep the interpreter.
    sys.stdout.flush()
    os._exit(0)


def note(stream, what):
    stream.write(what + "\n")
    stream.flush()


def counts(distribution, file):
    return not str(file).endswith(".pyc") and os.path.isfile(distribution.locate_file(file))


def digest(path, algorithm="sha256"):
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, algorithm)


def broken_lines(distribution, listed):
    """What RECORD says and is not so."""
    if not listed:
        return ["there is no RECORD, or it is empty"]
    said = []
    for file in listed:
        path = distribution.locate_file(file)
        if not os.path.isfile(path):
            if not str(file).endswith(".pyc"):
                said.append(f"{file} is not there")
        elif file.hash is not None:
            try:
                found = base64.urlsafe_b64encode(digest(path, file.hash.mode).digest()).rstrip(b"=").decode()
            except ValueError:
                found = "unknown hash"
            if found != file.hash.value.rstrip("="):
                said.append(f"{file} has another hash")
    return said


def modules(listed, packages):
    """Installed path and module name of all code below the packages. `__main__` is a program, not a module: importing may run it."""
    for file in listed:
        path = str(file).replace("\\", "/")
        suffix = next((s for s in [".py", *importlib.machinery.EXTENSION_SUFFIXES] if path.endswith(s)), None)
        if suffix is None:
            continue
        parts = path[: -len(suffix)].split("/")
        if parts[-1] == "__main__" or not all(part.isidentifier() for part in parts):
            continue
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if any(name == package or name.startswith(package + ".") for package in packages):
            yield path, name


def attempt(action):
    """Whether it raised, and what. `missing` is the top of a module that was not found."""
    try:
        action()
    except ModuleNotFoundError as problem:
        return {"error": text(problem), "missing": (problem.name or "").partition(".")[0]}
    except BaseException as problem:  # noqa: BLE001 - SystemExit and the like are no way to be imported either
        return {"error": text(problem)}
    return {}


def text(problem):
    return f"{type(problem).__name__}: {problem}"[:SAID]


def placed(module, roots):
    """Where a package was imported from, and its `__version__`."""
    if module is None:
        return {"where": "nowhere"}
    places = [module.__file__] if getattr(module, "__file__", None) else list(getattr(module, "__path__", []))
    own = bool(places) and all(any(is_below(place, root) for root in roots) for place in places)
    version = getattr(module, "__version__", None)
    return {"where": "installed" if own else "elsewhere", **({"version": version} if isinstance(version, str) else {})}


def is_below(place, folder):
    """By name or in truth: an environment's files may be links."""
    pairs = ((make(place), make(folder)) for make in (os.path.abspath, os.path.realpath))
    return any((path + os.sep).startswith(top + os.sep) for path, top in pairs)


main()
