"""The pytest plugins of the harness: one notes what happened, one keeps a rerun to the tests that failed. They judge nothing."""

import json
import os


def before_the_application(first):
    """The recorder's hooks see what happened before plugins and conftest files can change it."""
    first(Recorder.pytest_collection_modifyitems)
    first(Recorder.pytest_runtest_makereport)
    first(Recorder.pytest_runtest_logreport)
    first(Recorder.pytest_collectreport)


class Recorder:
    """Counts, notes each test before it starts, which ones failed, and notices a test that raised and is reported as passed."""

    def __init__(self, path):
        self.found = 0
        self.collected = 0
        self.started = 0
        self.hidden = set()
        self.failed = set()
        self.skipped = set()
        self.uncollected = 0
        self._calls = {}
        self._fell = set()
        self._repeated = set()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def close(self):
        os.close(self._file)

    def pytest_collectreport(self, report):
        if report.failed:
            self.uncollected += 1

    def pytest_collection_modifyitems(self, items):
        self.found = len(items)

    def pytest_runtest_makereport(self, item, call):
        # The call is kept too: for unittest's cases pytest fills in later what they raised.
        self._calls[item.nodeid, call.when] = (call.excinfo, call)
        if call.excinfo is None and (item.nodeid, call.when) in self._fell:
            self._repeated.add(item.nodeid)
        elif call.excinfo is not None and call.excinfo.typename not in ("Skipped", "SkipTest", "XFailed"):
            self._fell.add((item.nodeid, call.when))

    def repeated(self):
        """Tests that raised, were run again by a plugin of the application's own, and passed: no report says that they failed."""
        return self._repeated - self.failed - self.skipped

    def pytest_runtest_logreport(self, report):
        raised, call = self._calls.pop((report.nodeid, report.when), (None, None))
        if call is not None and (raised or call.excinfo) is not None and report.outcome == "passed":
            self.hidden.add(report.nodeid)
        if report.failed:
            self.failed.add(report.nodeid)
        if report.skipped:
            self.skipped.add(report.nodeid)

    def pytest_collection_finish(self, session):
        self.collected = len(session.items)

    def pytest_runtest_logstart(self, nodeid):
        self.started += 1
        os.write(self._file, (nodeid.replace("\n", "\\n") + "\n").encode("utf-8", "replace"))


class Selection:
    """Of what was collected as in the first session, leaves the tests that are to be run again."""

    def __init__(self, path, last):
        with open(path, encoding="utf-8") as stream:
            self._wanted = set(json.load(stream))
        last(Selection.pytest_collection_modifyitems)

    def pytest_collection_modifyitems(self, items):
        items[:] = [item for item in items if item.nodeid in self._wanted]
