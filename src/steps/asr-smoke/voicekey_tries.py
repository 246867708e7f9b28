"""What is done with the application: every recording in local-only mode, and every behaviour of the network recogniser. Records, and judges nothing.

Standard library only, Python 3.10 and later.
"""

import json
import os
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from voicekey_listen import Listener, ListenFailure, field
from voicekey_process import run_command
from voicekey_recogniser import Recogniser

COLD_STARTS = 3
# How often `listen` is started again after it failed, and how many commands may hang, before the rest is left out.
MOST_FAILURES = 3
AT_ONCE = 2
# Beyond the time that is allowed: until then it can be seen how late an answer comes.
GRACE_SECONDS = 3
TAIL_BYTES = 2_000


class Commands:
    """The application's command lines, and what its processes find in their environment."""

    def __init__(self, settings, key):
        self.settings = settings
        self.key = key
        # Nothing of the application's sources lies there, so what runs is what is installed.
        self.folder = tempfile.mkdtemp(prefix="commands-")

    def filled(self, words, endpoint):
        return [word.replace("{endpoint}", endpoint).replace("{key}", self.key) for word in words]

    def environment(self, endpoint, local, more):
        """Proxies of the surroundings never reach it: a container engine may set them for everything that it runs."""
        kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
        kept["PATH"] = os.pathsep.join(filter(None, [os.path.dirname(sys.executable), kept.get("PATH")]))
        hybrid = self.settings["hybrid"] or {"env": {}}
        own = [hybrid["env"], self.settings["local"]["env"] if local else {}]
        for variables in own:
            kept.update({name: self.filled([value], endpoint)[0] for name, value in variables.items()})
        return {**kept, **more}

    def line(self, command, args, endpoint, audio=None):
        words = self.filled(command, endpoint)
        if audio is not None:
            words = [w.replace("{audio}", audio) for w in words] if any("{audio}" in w for w in words) else [*words, audio]
        return [program(words[0]), *words[1:], *self.filled(args, endpoint)]

    def transcribe(self, recording, args, endpoint, env, seconds=None):
        argv = self.line(self.settings["transcribe"], args, endpoint, recording["path"])
        return self.outcome(run_command(argv, env, self.folder, seconds or self.settings["seconds"]))

    def outcome(self, done):
        """A run as data: text and source, or the problem that keeps them from being read; never the key."""
        text, source, problem = "", "", None
        try:
            out = done["stdout"].decode("utf-8")
        except UnicodeDecodeError:
            out, problem = "", "not-utf8"
        if "failure" in done:
            problem = "not-started"
        elif done["code"] is None:
            problem = "hangs"
        elif problem is None:
            text, source, problem = self.read(out, done["code"])
        said = done["stderr"].decode("utf-8", "replace")
        return {
            "code": done["code"],
            "ms": round(done["ms"], 2),
            "text": text.replace(self.key, "***"),
            "source": source.replace(self.key, "***"),
            "problem": problem,
            "traceback": "Traceback (most recent call last)" in said,
            "leaks": self.key in said or self.key.encode() in done["stdout"],
            "stderr": (said or done.get("failure", "")).replace(self.key, "***")[-TAIL_BYTES:],
        }

    def read(self, out, code):
        fields = self.settings["fields"]
        if not out.strip():
            return "", "", "no-output" if code == 0 else None
        if "text" not in fields:
            return out.strip(), "", None
        for candidate in (out, out.strip().splitlines()[-1]):
            try:
                value = json.loads(candidate)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                known = fields["text"].split(".")[0] in value
                source = field(value, fields["source"]) if "source" in fields else ""
                return field(value, fields["text"]), source, None if known or code != 0 else "no-text"
        return "", "", "no-json"


def program(name):
    """A program of the application's environment, whose interpreter this is."""
    if name == "python":
        return sys.executable
    return os.path.join(os.path.dirname(sys.executable), name + (".exe" if os.name == "nt" else ""))


def local_only(commands, recordings, endpoint, guard, log):
    """Cold starts, then every recording in one warm process; where there is no `listen`, in a process each."""
    env = commands.environment(endpoint, True, guard.environment())
    args = commands.settings["local"]["args"]
    first = next(r for r in recordings if r["kind"] == "clean")
    cold = []
    for _ in range(COLD_STARTS):
        cold.append(commands.transcribe(first, args, endpoint, env))
        if cold[-1]["problem"] == "hangs":
            break
    if commands.settings["listen"] is None:
        runs, ready = one_by_one(commands, recordings, args, endpoint, env, (first, cold[0])), []
        how = "transcribe"
    else:
        argv = commands.line(commands.settings["listen"], args, endpoint)
        runs, ready = listening(commands, recordings, argv, env, log)
        how = "listen"
    starts = {**cold[0], "file": first["file"], "all_ms": [c["ms"] for c in cold], "again": [{**c, "file": first["file"]} for c in cold[1:]]}
    return {"how": how, "cold": starts, "ready_ms": ready, "runs": runs}


def one_by_one(commands, recordings, args, endpoint, env, known):
    runs, hung = [], 0
    for recording in recordings:
        if hung == MOST_FAILURES:
            break
        # The first one has been tried already.
        done = known[1] if recording is known[0] else commands.transcribe(recording, args, endpoint, env)
        hung += done["problem"] == "hangs"
        runs.append({"file": recording["file"], **done, "latency_ms": None})
        print(f"{recording['file']}: {done['text'] or done['problem'] or 'nothing'}", flush=True)
    return runs


def listening(commands, recordings, argv, env, log):
    runs, ready, failures, listener = [], [], 0, None
    text = commands.settings["fields"].get("text", "text")
    for recording in recordings:
        if failures == MOST_FAILURES:
            break
        run = {"file": recording["file"], "text": "", "latency_ms": None, "problem": None, "message": ""}
        try:
            if listener is None:
                listener = Listener(argv, env, log, commands.folder, text, commands.settings["seconds"])
                ready.append(round(listener.ready_ms, 2))
            wanted = normal(recording["expect"])
            pace = "burst" if recording["speech_end_ms"] is None else "tail"
            heard = listener.hear(recording["pcm"], recording["speech_end_ms"], pace, lambda texts: joined(texts) == wanted)
            if heard["before"] and runs:
                runs[-1]["text"] = joined([runs[-1]["text"], *heard["before"]])
            # What it says before anything was spoken belongs to nobody else.
            texts = heard["texts"] if runs else [*heard["before"], *heard["texts"]]
            run["text"] = " ".join(filter(None, texts)).replace(commands.key, "***")
            run["latency_ms"] = None if heard["latency_ms"] is None else round(heard["latency_ms"], 2)
        except ListenFailure as failure:
            run.update(problem=failure.kind, message=str(failure).replace(commands.key, "***"), late=failure.late)
            failures, listener = failures + 1, end(listener)
        runs.append(run)
        print(f"{run['file']}: {run['text'] or run['message'] or 'nothing'}", flush=True)
    if listener is not None:
        try:
            code = listener.close()
            problem = None if code == 0 else ("died", f"ended with status {code} at the end of its input", False)
        except ListenFailure as failure:
            problem = (failure.kind, str(failure), failure.late)
        runs[-1]["text"] = joined([runs[-1]["text"], *listener.left()]).replace(commands.key, "***")
        if problem is not None:
            runs[-1].update(problem=problem[0], message=problem[1], late=problem[2])
    return runs, ready


def end(listener):
    if listener is not None:
        listener.kill()


def normal(text):
    return " ".join(text.casefold().split())


def joined(texts):
    return normal(" ".join(texts))


def hybrid(commands, recordings):
    """Every behaviour of the network recogniser with the recording that is doubtful, and `clear` with the one that is not."""
    by_name = {r["file"]: r for r in recordings}
    settings = commands.settings["hybrid"]
    # The slow one first: it only waits.
    order = sorted(settings["expect"], key=lambda behaviour: behaviour != "slow")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tries = {b: pool.submit(behaviour_of, commands, b, by_name[settings["clear" if b == "clear" else "doubtful"]]) for b in order}
        return {behaviour: done.result() for behaviour, done in tries.items()}


def behaviour_of(commands, behaviour, recording):
    settings = commands.settings["hybrid"]
    within = settings["expect"][behaviour]["withinSeconds"]
    delay = within + 2 * GRACE_SECONDS if behaviour == "slow" else 0.0
    with Recogniser(behaviour, settings["answer"], commands.key, settings.get("audioField"), recording["pcm"], delay) as recogniser:
        env = commands.environment(recogniser.endpoint, False, {})
        done = commands.transcribe(recording, settings["args"], recogniser.endpoint, env, within + GRACE_SECONDS)
        print(f"{behaviour}: exit status {done['code']}, {done['text'] or done['problem'] or 'no text'}", flush=True)
        return {**done, "file": recording["file"], "requests": recogniser.requests}


def attempts(guard, local):
    """Every attempt to open a socket, once each: {what, program, file, line}, the last two where the audit hook knows them."""
    hooked = [one for one in guard.audited() if one["what"] != "start"]
    known = {one["pid"] for one in hooked}
    found = [{"what": one["what"], "program": "python", **place(one)} for one in hooked]
    found += [{"what": one["family"], "program": one["program"]} for one in guard.kernel if one["pid"] not in known]
    codes = [local["cold"]["code"], *[run.get("code") for run in local["runs"]]]
    if guard.filter == "kills" and -signal.SIGSYS in codes and not hooked:
        found.append({"what": "a socket", "program": "the application, which the kernel ended for it"})
    # Looking up a name and opening a socket for it are one act.
    unique = {json.dumps([one["program"], one.get("file"), one.get("line")]): one for one in found}
    return list(unique.values())[:50]


def place(record):
    """Where in the application's code, relative to the folder that packages are installed in."""
    if "file" not in record:
        return {}
    callers = [f"{installed(one['file'])}:{one['line']}" for one in record.get("callers", [])]
    return {"file": installed(record["file"]), "line": record["line"], "callers": callers}


def installed(file):
    return file.replace(os.sep, "/").rpartition("/site-packages/")[2]

