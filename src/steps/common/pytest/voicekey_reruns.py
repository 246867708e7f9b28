"""Runs failed tests again: each time in a new process of the same interpreter, on a fresh copy of the application's files.

Only tests that ran to their end and failed. A suite that could not be collected, or that ended otherwise, is left as it is.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import voicekey_observe as observe

TESTS_FAILED = 1


class Command:
    """How the harness is started again, as things stood before the first test."""

    def __init__(self, harness, options):
        self._retries = options.retries
        self._pristine = os.path.abspath(options.again)
        self._env = dict(os.environ)
        self._temporary = tempfile.gettempdir()
        paths = {name: os.path.abspath(getattr(options, name)) for name in ("runner", "lock", "wheel")}
        self._argv = [sys.executable, "-P", harness, *(f"--{name}={path}" for name, path in paths.items())]
        self._rest = [*(f"--package={name}" for name in options.package), *(f"--arg={arg}" for arg in options.arg), "--", *options.paths]

    def run(self, report, session):
        """Up to the allowed number of times, as long as tests fail."""
        statuses, flaky = [], set()
        while len(statuses) < self._retries and can_be_repeated(session):
            folder = os.path.join(report, f"rerun-{len(statuses) + 1}")
            os.mkdir(folder)
            statuses.append(self._once(folder, session["failed"]))
            before, session = session, read_session(folder)
            if session is None:
                break
            flaky |= set(before["failed"]) - set(session["failed"]) - set(session["not_run"])
        observe.write_json(report, "flaky.json", {"schema": 1, "statuses": statuses, "flaky": sorted(flaky)})

    def _once(self, folder, failed):
        work = tempfile.mkdtemp(prefix="voicekey-rerun-", dir=self._temporary)
        try:
            app = os.path.join(work, "app")
            shutil.copytree(self._pristine, app, symlinks=True)
            only = os.path.join(work, "only.json")
            observe.write_json(work, "only.json", failed)
            print(f"running {len(failed)} failed tests again, in a new process", flush=True)
            argv = [*self._argv, f"--report={folder}", f"--only={only}", *self._rest]
            return subprocess.run(argv, cwd=app, env=self._env, check=False).returncode
        finally:
            shutil.rmtree(work, ignore_errors=True)


def can_be_repeated(session):
    return session["exit"] == TESTS_FAILED and session["uncollected"] == 0 and len(session["failed"]) > 0


def read_session(folder):
    try:
        with open(os.path.join(folder, "session.json"), encoding="utf-8") as stream:
            return json.load(stream)
    except (OSError, ValueError):
        return None
