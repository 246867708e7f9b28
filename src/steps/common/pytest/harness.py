"""Runs the application's tests with pytest, in its own environment, and leaves what a judge needs in the report folder.

environment.json  every installed distribution and what network there is, written before anything else
lock.txt          the lock that the environment was made from
progress.txt      one line per test that was started, so that a suite that dies tells where
junit.xml         pytest's report
coverage.json     coverage.py's report, where it is asked for
session.json      pytest's status, counts, where the packages were imported from; written when it has returned
rerun-<n>/        progress.txt, junit.xml and session.json of the failed tests, run again
flaky.json        how the reruns ended, written last; there where reruns are asked for

pytest, coverage and what they need come from the `runner` environment, whose folder is appended behind the application's own, so that the
application's own versions win and nothing of the runner can stand in for an undeclared dependency unnoticed.
"""

import argparse
import builtins
import glob
import importlib.metadata
import importlib.util
import json
import os
import sys
import sysconfig

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import voicekey_network as network  # noqa: E402
import voicekey_observe as observe  # noqa: E402
import voicekey_reruns as reruns  # noqa: E402
from voicekey_recorder import Recorder, Selection, before_the_application  # noqa: E402

sys.path.remove(HERE)


def main():
    options = arguments()
    report = os.path.abspath(options.report)
    if not options.paths:
        sys.exit("no paths were given to test")
    # Before any test can change arguments, variables or folders.
    again = reruns.Command(os.path.abspath(__file__), options) if options.retries > 0 else None
    if options.only is None:
        write_environment(report, options)
    session = run_tests(report, options)
    observe.write_json(report, "session.json", session)
    if again is not None:
        again.run(report, session)
    sys.exit(session["exit"])


def run_tests(report, options):
    runner = observe.site_packages(options.runner)
    sys.path.append(runner)
    close_the_tree()
    undeclared = watch_imports(options.package, runner)
    coverage, measured = start_coverage(options.package) if options.coverage else (None, None)
    import pytest

    before_the_application(pytest.hookimpl(tryfirst=True))
    recorder = Recorder(os.path.join(report, "progress.txt"))
    plugins = [recorder] if options.only is None else [recorder, Selection(options.only, pytest.hookimpl(trylast=True))]
    junit = os.path.join(report, "junit.xml")
    fixed = ["--rootdir=.", "-p", "no:cacheprovider", "-o", "junit_family=xunit1", f"--junitxml={junit}", *without_rivals()]
    status = int(pytest.main([*options.arg, *options.paths, *fixed], plugins=plugins))
    recorder.close()
    unmeasured = 0 if coverage is None else write_coverage(report, measured, options.package)
    return {
        "schema": 1,
        "exit": status,
        "collected": recorder.collected,
        "started": recorder.started,
        "found": recorder.found,
        "hidden": sorted(recorder.hidden),
        "failed": sorted(recorder.failed),
        "not_run": sorted(recorder.skipped),
        "repeated": sorted(recorder.repeated()),
        "uncollected": recorder.uncollected,
        "unmeasured": unmeasured,
        "pytest": pytest.__version__,
        "coverage": None if coverage is None else coverage.__version__,
        "imports": {name: imported_from(name) for name in options.package},
        "undeclared": sorted(undeclared),
    }


def arguments():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--report", required=True)
    parser.add_argument("--runner", required=True, help="the interpreter of the runner's environment")
    parser.add_argument("--lock", required=True, help="the folder that holds the lock")
    parser.add_argument("--wheel", required=True, help="the folder that holds the project's wheel")
    parser.add_argument("--package", action="append", default=[])
    parser.add_argument("--coverage", action="store_true", help="measure the packages")
    parser.add_argument("--retries", type=int, default=0, help="how often failed tests are run again")
    parser.add_argument("--again", help="a folder that holds the application's files for the reruns")
    parser.add_argument("--only", help="JSON file of the tests to run; this is a rerun")
    parser.add_argument("--arg", action="append", default=[])
    parser.add_argument("paths", nargs="*")
    return parser.parse_args()


def write_environment(report, options):
    installed = {(d.metadata["Name"], d.version) for d in importlib.metadata.distributions()}
    environment = {
        "schema": 1,
        "python": sys.version.split()[0],
        "distributions": [{"name": name, "version": version} for name, version in sorted(installed)],
        "network": network.observed(),
        "wheels": sorted(os.path.basename(path) for path in glob.glob(os.path.join(options.wheel, "*.whl"))),
    }
    observe.write_json(report, "environment.json", environment)
    with open(lock_in(options.lock), encoding="utf-8") as stream:
        observe.write_text(report, "lock.txt", stream.read())


def lock_in(folder):
    """The tree's one requirement file, by the same rule as environments are made."""
    found = [path for path in glob.glob(os.path.join(folder, "**", "*"), recursive=True) if path.endswith((".txt", ".lock"))]
    if len(found) != 1:
        sys.exit(f"the lock's folder holds {len(found)} requirement files, not one")
    return found[0]


def close_the_tree():
    """Gives the root an empty pytest.ini where it has no settings: pytest would take those of a folder above, which are the machine's."""
    candidates = (
        ("pyproject.toml", "[tool.pytest"),
        ("tox.ini", "[pytest]"),
        ("setup.cfg", "[tool:pytest]"),
    )
    own = any(os.path.exists(name) for name in ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"))
    if not own and not any(observe.has_section(name, section) for name, section in candidates):
        observe.write_text(".", "pytest.ini", "")


def without_rivals():
    """Plugins that would measure in our place, or run the tests in processes that we do not measure."""
    options = []
    if importlib.util.find_spec("pytest_cov") is not None:
        options += ["--no-cov", "-W", "ignore::pytest_cov.CovDisabledWarning"]
    if importlib.util.find_spec("xdist") is not None:
        options += ["-n", "0"]
    return options


def watch_imports(packages, runner):
    """Records imports that the application's packages make of what only the runner brings."""
    found = set()
    real = builtins.__import__
    prefix = runner + os.sep

    def watched(name, globals=None, locals=None, fromlist=(), level=0):
        module = real(name, globals, locals, fromlist, level)
        if level == 0 and globals is not None:
            importer = globals.get("__name__") or ""
            if importer.partition(".")[0] in packages:
                origin = getattr(sys.modules.get(name.partition(".")[0]), "__file__", None) or ""
                if origin.startswith(prefix):
                    found.add((importer, name))
        return module

    builtins.__import__ = watched
    return found


def start_coverage(packages):
    if not packages:
        return None, None
    import coverage

    # An empty `source`: a checkout named in the settings would count as never imported beside the installed package.
    measured = coverage.Coverage(data_file=None, source=[], source_pkgs=packages)
    measured.start()
    return coverage, measured


def write_coverage(report, measured, packages):
    """Returns how many files of the imported packages the settings leave out of the measurement."""
    from coverage.exceptions import NoDataError

    measured.stop()
    path = os.path.join(report, "coverage.json")
    try:
        measured.json_report(outfile=path)
    except NoDataError:
        return 0
    with open(path, encoding="utf-8") as stream:
        result = json.load(stream)
    result["meta"].pop("timestamp", None)
    result["files"] = {below_root(name): value for name, value in result["files"].items()}
    observe.write_json(report, "coverage.json", result)
    return len({below_root(path) for name in packages for path in files_of(name)} - set(result["files"]))


def files_of(package):
    folders = getattr(sys.modules.get(package), "__path__", [])
    return [path for folder in folders for path in glob.glob(os.path.join(glob.escape(folder), "**", "*.py"), recursive=True)]


def below_root(name):
    """A path that does not depend on the machine: relative to the folder that is imported from, or to the checkout."""
    path = os.path.abspath(name)
    for root in [os.getcwd(), *sorted(sys.path, key=len, reverse=True)]:
        if root and path.startswith(os.path.abspath(root) + os.sep):
            return observe.posix(os.path.relpath(path, root))
    return observe.posix(name)


def imported_from(package):
    module = sys.modules.get(package)
    if module is None:
        return "nowhere"
    places = [module.__file__] if getattr(module, "__file__", None) else list(getattr(module, "__path__", []))
    if any(is_below(place, os.getcwd()) for place in places):
        return "source"
    # The standard library or the runner may have a module of the same name, which would be tested in the package's place.
    own = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    return "installed" if any(is_below(place, folder) for place in places for folder in own) else "elsewhere"


def is_below(place, folder):
    """By name or in truth: an environment's files may be links."""
    pairs = ((make(place), make(folder)) for make in (os.path.abspath, os.path.realpath))
    return any((path + os.sep).startswith(top + os.sep) for path, top in pairs)


main()
