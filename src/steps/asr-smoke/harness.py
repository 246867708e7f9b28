"""Tries the application's speech recognition on both paths, and leaves `speech.json` in the report folder, written last.

argv: <settings.json> <report folder>; the working folder holds the recordings, where the application's root has them. The application itself is
installed in this interpreter's environment. Standard library only, Python 3.10 and later; the judge decides from the record alone.
"""

import json
import os
import secrets
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import voicekey_observe as observe  # noqa: E402
import voicekey_recordings  # noqa: E402
import voicekey_tries as tries  # noqa: E402
from voicekey_recogniser import Recogniser  # noqa: E402
from voicekey_sockets import SocketGuard  # noqa: E402


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        settings = json.load(stream)
    report = os.path.abspath(sys.argv[2])
    folder = os.path.dirname(settings["expected"]) or "."
    recordings, problems, unlisted = voicekey_recordings.load(settings["expected"])
    problems += missing(settings, recordings, problems)
    record = {
        "schema": 1,
        "python": sys.version.split()[0],
        "files": observe.listing([folder]),
        "problems": problems,
        "unlisted": unlisted,
        "recordings": [{k: r[k] for k in ("file", "kind", "expect", "speech_end_ms", "ms")} for r in recordings],
        "local": None,
        "hybrid": None,
    }
    if not problems:
        commands = tries.Commands(settings, secrets.token_hex(16))
        record["local"] = local(commands, recordings, report)
        if settings["hybrid"] is not None:
            record["hybrid"] = tries.hybrid(commands, recordings)
    observe.write_json(report, "speech.json", record)


def missing(settings, recordings, problems):
    """What the hybrid tries need of the recordings."""
    known = {r["file"] for r in recordings} | {p["file"] for p in problems}
    wanted = [] if settings["hybrid"] is None else [(k, settings["hybrid"][k]) for k in ("clear", "doubtful")]
    name = os.path.basename(settings["expected"])
    if any(p["file"] == name for p in problems):
        return []
    return [{"file": name, "message": f"does not list {file}, which `hybrid.{k}` names"} for k, file in wanted if file not in known]


def local(commands, recordings, report):
    """Local-only mode, while a network recogniser stands ready and is configured: whoever would ask it could."""
    guard = SocketGuard(tempfile.mkdtemp(prefix="sockets-"), commands.settings["packages"])
    answer = (commands.settings["hybrid"] or {"answer": ""})["answer"]
    with Recogniser("answers", answer, commands.key) as recogniser:
        watchers = guard.prove(commands.environment(recogniser.endpoint, True, {}))
        log = os.path.join(report, "listen.stderr.txt")
        done = guard.call(lambda: tries.local_only(commands, recordings, recogniser.endpoint, guard, log))
        watched = {
            "by": watchers,
            "why": guard.why,
            "late": guard.late,
            "starts": sum(one["what"] == "start" for one in guard.audited()),
            "attempts": tries.attempts(guard, done),
        }
        return {**done, "watched": watched, "requests": recogniser.requests}


main()
