"""Measures an application's warm `listen` process: alone in real time, and beside the merge base's as fast as both can work.

expected.json  the list of recordings, as it was read
samples.json   every single sample, and what the machine did meanwhile; written last, so a harness that died leaves none
change.log, base.log  what the two said on stderr

Standard library only, Python 3.10 and later. It measures and records; it decides only what must be measured again, never what is good.
"""

import argparse
import hashlib
import json
import math
import os
import shutil
import sys
import time
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import voicekey_listen  # noqa: E402
import voicekey_machine as machine  # noqa: E402
import voicekey_observe as observe  # noqa: E402
import voicekey_recordings  # noqa: E402

sys.path.remove(HERE)

# Less work than this in the two halves of a pair together drowns in the noise of timers and schedulers.
LEAST_PAIR_MS = 300
MOST_REPEATS = 50
ROUNDS = 2
# Beside what is planned: an application may cut a recording into several utterances.
SPARE_LINES = 1_000


def main():
    options = arguments()
    settings = json.loads(options.settings)
    report = os.path.abspath(options.report)
    recordings, problems, _ = voicekey_recordings.load(settings["expected"])
    if os.path.isfile(settings["expected"]):
        shutil.copyfile(settings["expected"], os.path.join(report, "expected.json"))
    wanted = [r for r in recordings if r["kind"] in settings["kinds"] and plain(r["expect"])]
    measured = Measurement(wanted, settings)
    watch = machine.Watch()
    if wanted and not problems:
        measured.take(options, report)
    samples = {
        "schema": 1,
        "machine": machine.describe(),
        "load": watch.end(measured.cpu_ms()),
        "recordings": [{"file": r["file"], "sha256": observe.sha256(r["path"])} for r in wanted],
        "problems": [f"{p['file']}: {p['message']}" for p in problems],
        **measured.record(),
    }
    observe.write_json(report, "samples.json", samples)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--report", required=True)
    parser.add_argument("--settings", required=True)
    # The program, the folder of the wheel, the folder of the lock.
    parser.add_argument("--change", nargs=3, required=True)
    parser.add_argument("--base", nargs=3)
    return parser.parse_args()


class Version:
    """One version's warm process, and all that it ever understood. `problem` says what it did wrong, `late` that it was only too slow; nothing is asked of it after that."""

    def __init__(self, argv, settings, recordings, log):
        self.recordings = recordings
        self.heard = [[] for _ in recordings]
        self.problem = self.last = self.listener = None
        self.late = False
        self.cpu_ms = self.waited = None
        self.processes = {}
        try:
            environment = {**os.environ, **settings["env"]}
            # One process answers for a whole run here, so its bound on lines has to fit the plan.
            planned = len(recordings) * (ROUNDS + 1 + len(settings["order"]) * MOST_REPEATS)
            self.listener = voicekey_listen.Listener(argv, environment, log, text=settings["text"], most_lines=planned + SPARE_LINES)
        except voicekey_listen.ListenFailure as failure:
            self.problem, self.late = str(failure), failure.late

    def hear(self, index, pace):
        """Milliseconds of latency ("tail") or work ("burst") for that recording; None where nothing came."""
        if self.problem is not None:
            return None
        one = self.recordings[index]
        expected = plain(one["expect"])
        began, before, after, ended = time.perf_counter(), machine.waits(self.processes), {}, []

        def done(texts):
            if said(texts) != expected:
                return False
            # Now, not when all is handed over: what it waits for after its answer delays nothing.
            after.update(machine.waits(self.processes))
            ended.append(time.perf_counter())
            return True

        try:
            heard = self.listener.hear(one["pcm"], one["speech_end_ms"], pace, done)
        except voicekey_listen.ListenFailure as failure:
            self.problem, self.late = f"{one['file']}: {failure}", failure.late
            return None
        if heard["before"] and self.last is not None:
            self.note(self.last, said(heard["before"]))
        self.last = index
        self.note(index, said(heard["texts"]))
        self.waited = machine.waited_ms(before, after, (ended[-1] - began) * 1000) if ended else None
        ms = heard["latency_ms"] if pace == "tail" else heard["work_ms"]
        if ms is None and heard["texts"]:
            self.problem = f"{one['file']}: it answered before `speech_end_ms`, where the speech is said to end: one of the two is wrong"
        return None if ms is None else round(ms, 3)

    def note(self, index, text):
        if text not in self.heard[index]:
            self.heard[index].append(text)

    def understands(self, index):
        expected = plain(self.recordings[index]["expect"])
        return bool(self.heard[index]) and all(text == expected for text in self.heard[index])

    def spent_ms(self):
        """CPU time of its processes so far. Looks which there are."""
        self.processes = machine.session(self.listener.process.pid)
        return machine.cpu_ms(self.processes)

    def close(self):
        if self.listener is None:
            return
        self.cpu_ms = self.spent_ms()
        try:
            self.listener.close()
        except voicekey_listen.ListenFailure:
            pass  # how it ends is no matter of speed, and it is ended now
        self.listener = None

    def record(self):
        return {"problem": self.problem, "late": self.late, "heard": self.heard}


class Measurement:
    """Everything that is measured, in the order of the plan."""

    def __init__(self, recordings, settings):
        self.recordings, self.settings = recordings, settings
        self.same = self.change = self.base = None
        self.repeats = 1
        self.pairs, self.rounds = [], []

    def take(self, options, report):
        if options.base is not None:
            self.same = content(options.change) == content(options.base)
        try:
            self.change = self.start(options.change, os.path.join(report, "change.log"))
            if self.same is False and self.change.problem is None:
                self.base = self.start(options.base, os.path.join(report, "base.log"))
                self.compare()
                self.base.close()
            self.take_rounds()
        finally:
            for version in filter(None, (self.change, self.base)):
                version.close()

    def start(self, installed, log):
        return Version([installed[0], *self.settings["args"]], self.settings, self.recordings, log)

    def sound(self):
        """Whether both versions are still to be trusted with more work."""
        return self.change.problem is None and self.base.problem is None

    def each(self):
        return [[] for _ in self.recordings]

    def warm_up(self, *versions):
        """What is only done once is done now."""
        for index in range(len(self.recordings)):
            for version in versions:
                version.hear(index, "burst")

    def compare(self):
        versions = {"change": self.change, "base": self.base}
        self.warm_up(self.change, self.base)
        again = sum(version.hear(0, "burst") or 0.0 for version in versions.values())
        if again > 0:
            self.repeats = min(MOST_REPEATS, math.ceil(LEAST_PAIR_MS / (again * len(self.recordings))))
        for first in self.settings["order"]:
            if not self.sound():
                return
            pair = {name: {"ms": self.each(), "waited_ms": self.each(), "cpu_ms": None} for name in versions}
            before = {name: version.spent_ms() for name, version in versions.items()}
            hearings = [index for _ in range(self.repeats) for index in range(len(self.recordings))]
            for number, index in enumerate(hearings):
                if self.change.understands(index) and self.base.understands(index):
                    # Alternating within a pair too: what lasts longer than a recording weighs on both.
                    order = [first, other(first)] if number % 2 == 0 else [other(first), first]
                    for name in order:
                        ms = versions[name].hear(index, "burst")
                        if ms is not None:
                            pair[name]["ms"][index].append(ms)
                            pair[name]["waited_ms"][index].append(versions[name].waited)
            if not self.sound():
                return
            for name, version in versions.items():
                after = version.spent_ms()
                pair[name]["cpu_ms"] = None if after is None or before[name] is None else after - before[name]
            self.pairs.append({"first": first, **pair})

    def take_rounds(self):
        if self.base is None:
            self.warm_up(self.change)
        while len(self.rounds) < ROUNDS and self.change.problem is None:
            timed = [one["speech_end_ms"] is not None for one in self.recordings]
            # How soon a wrong answer comes says nothing, and waiting for the right one takes long.
            timed = [known and self.change.understands(i) for i, known in enumerate(timed)]
            self.rounds.append([self.change.hear(i, "tail") if known else None for i, known in enumerate(timed)])
            if within(self.rounds[-1], self.settings["limits"]):
                return

    def cpu_ms(self):
        """Of both versions; None where that is not known."""
        spent = [version.cpu_ms for version in (self.change, self.base) if version is not None]
        return None if not spent or None in spent else sum(spent)

    def record(self):
        nothing = {"problem": None, "late": False, "heard": []}
        return {
            "same": self.same,
            "change": nothing if self.change is None else self.change.record(),
            "base": None if self.base is None else self.base.record(),
            "repeats": self.repeats,
            "pairs": self.pairs,
            "rounds": self.rounds,
        }


def other(side):
    return "base" if side == "change" else "change"


def within(latencies, limits):
    """Whether the medians and 95th percentiles (nearest rank) are not above the limits; a judge computes them anew."""
    values = sorted(ms for ms in latencies if ms is not None)
    if not values:
        return False
    rank = {share: values[max(0, math.ceil(share * len(values)) - 1)] for share in (0.5, 0.95)}
    return rank[0.5] <= limits["p50"] and rank[0.95] <= limits["p95"]


def content(installed):
    """What is installed: the lock, and the members of the wheel but for its metadata, whose description may change without the code."""
    _, wheel, lock = installed
    members = {}
    for name in files_below(wheel, (".whl",)):
        with zipfile.ZipFile(name) as archive:
            for member in archive.infolist():
                if not member.filename.endswith((".dist-info/METADATA", ".dist-info/RECORD")):
                    members[member.filename] = (member.CRC, member.file_size)
    return members, [observe.sha256(name) for name in files_below(lock, (".txt", ".lock"))]


def files_below(top, endings):
    found = [os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names]
    return sorted(name for name in found if name.endswith(endings))


def said(texts):
    return plain(" ".join(texts))


def plain(text):
    """Without capitals and with single spaces: how texts are compared."""
    return " ".join(text.lower().split())


if __name__ == "__main__":
    main()
