"""Builds the sdist twice, the wheel once more and the wheel of the sdist, and records how they differ from each other and from the project's wheel.

argv: <folder of the project's wheel> <folder for what is offered> <folder for the sdist's wheel> <report folder>; the working folder is the project.
files.json  what the builds started from
dist.json   written last: how each build ended, the archives by member, what was written into the source
A build that fails is in the record, and what it should have made is not there. Which difference matters, a judge decides; only what differs in
nothing but its packing is packed anew.
"""

import concurrent.futures
import glob
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import voicekey_archive as archive  # noqa: E402
import voicekey_backend  # noqa: E402
import voicekey_observe as observe  # noqa: E402

KINDS = ("sdist", "wheel")
SAID = 4000
# 1000 days, 13 hours, 7 minutes and 5 seconds: another year, day, hour, minute and second.
LATER = 86_447_225
# 2001-09-09: files as old as a checkout may be.
OLD = 1_000_000_000
# Two builds that agree although all of this differs do not depend on it. The time zone is spelt so that no zone file is needed.
HERE_AND_NOW = {"TZ": "UTC0", "PYTHONHASHSEED": "1"}
ELSEWHERE = {"TZ": "JST-9", "PYTHONHASHSEED": "4242", "LANG": "C", "LC_ALL": "C"}


class Builds:
    def __init__(self, work):
        self.work = work
        self.ends = {}

    def build(self, name, kind, source, variables, later, umask):
        """Runs one hook; returns the archive, or None."""
        out, home = (os.path.join(self.work, part, name) for part in ("out", "home"))
        os.makedirs(out)
        os.makedirs(home)
        command = [sys.executable, "-s", "-P", "-B", os.path.join(HERE, "another_day.py"), kind, out, str(later), umask]
        done = subprocess.run(
            command,
            cwd=source,
            env={**os.environ, **variables, "HOME": home, "USERPROFILE": home},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        said = done.stdout.decode("utf-8", "replace")
        made = glob.glob(os.path.join(out, "*.whl" if kind == "wheel" else "*.tar.gz"))
        if done.returncode == 0 and len(made) != 1:
            said += f"\nthe backend ended well and left {len(made)} archives"
        self.ends[name] = {"exit": done.returncode, "made": len(made), "said": said[-SAID:]}
        if done.returncode != 0 or len(made) != 1:
            print(f"{name}:\n{said}", file=sys.stderr)
            return None
        return made[0]

    def first(self, source):
        """The sdist where the project lies, and the wheel that it makes."""
        sdist = self.build("sdist", "sdist", source, HERE_AND_NOW, 0, "022")
        if sdist is None:
            return None, None
        folder = os.path.join(self.work, "unpacked")
        try:
            os.mkdir(folder)
            archive.unpack(sdist, folder)
            (top,) = [os.path.join(folder, name) for name in os.listdir(folder)]
        except (OSError, ValueError, EOFError, tarfile.TarError) as problem:
            self.ends["wheel of the sdist"] = {"exit": 1, "made": 0, "said": f"the sdist cannot be unpacked: {problem}"}
            print(f"the sdist cannot be unpacked: {problem}", file=sys.stderr)
            return sdist, None
        return sdist, self.build("wheel of the sdist", "wheel", top, HERE_AND_NOW, 0, "022")

    def again(self, copies):
        """Both once more: in another, deeper folder, by another umask, from older files, on another day."""
        return [self.build(f"{kind} again", kind, copies[kind], ELSEWHERE, LATER, "077") for kind in KINDS]


def main():
    wheels, offered, of_sdist, report = (os.path.abspath(path) for path in sys.argv[1:5])
    (wheel,) = glob.glob(os.path.join(wheels, "*.whl"))
    work = tempfile.mkdtemp()
    try:
        voicekey_backend.settle_modes()
        source, before = os.getcwd(), listing(".")
        observe.write_json(report, "files.json", {"schema": 1, "asked": ["."], "files": before})
        # A back end may leave something behind that the next build would take in: each has a copy of its own, made before any of them.
        copies = {kind: os.path.join(work, "elsewhere", kind, "a", "deeper", "checkout") for kind in KINDS}
        for copy in copies.values():
            copy_private(source, copy)
        builds = Builds(work)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            first, again = pool.submit(builds.first, source), pool.submit(builds.again, copies)
            (sdist, derived), (sdist_again, wheel_again) = first.result(), again.result()
        left = [changes(before, listing(".")), changes(before, listing(copies["wheel"]))]
        record = {"schema": 1, "builds": builds.ends, "source": written(left)}
        record["wheel"] = compared(wheel, wheel_again, offered)
        record["sdist"] = None if sdist is None else compared(sdist, sdist_again, offered)
        record["derived"] = None if derived is None else pair(wheel, derived)
        write_sums(offered)
        if derived is not None:
            shutil.copy(derived, of_sdist)
        observe.write_json(report, "dist.json", record)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def copy_private(source, copy):
    """As a checkout by somebody with umask 077, long ago, and written in another order."""
    os.makedirs(copy)
    for folder, folders, names in os.walk(source):
        folders.sort(reverse=True)
        target = os.path.join(copy, os.path.relpath(folder, source))
        os.makedirs(target, exist_ok=True)
        for index, name in enumerate(sorted(names, reverse=True)):
            path, made = os.path.join(folder, name), os.path.join(target, name)
            if os.path.islink(path):
                os.symlink(os.readlink(path), made)
                continue
            shutil.copyfile(path, made)
            os.chmod(made, 0o700 if os.access(path, os.X_OK) else 0o600)
            os.utime(made, (OLD + 1000 * index, OLD + 1000 * index))
        for name in folders:
            if os.path.islink(os.path.join(folder, name)):
                os.symlink(os.readlink(os.path.join(folder, name)), os.path.join(target, name))


def listing(top):
    """Path below the folder, and hash, of every file."""
    paths = [os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names]
    return {observe.posix(os.path.relpath(path, top)): observe.sha256(path) for path in paths if os.path.isfile(path)}


def changes(before, after):
    return {
        "added": after.keys() - before.keys(),
        "removed": before.keys() - after.keys(),
        "changed": {path for path in before.keys() & after.keys() if before[path] != after[path]},
    }


def written(left):
    """What either build did to the files of the project, and which of the new ones the settings of a tool name, as a file that is to be made."""
    found = {kind: sorted(set().union(*(each[kind] for each in left))) for kind in ("added", "removed", "changed")}
    texts = set(strings(voicekey_backend.read_settings().get("tool", {})))
    return {**found, "named": [path for path in found["added"] if path in texts]}


def strings(value):
    if isinstance(value, str):
        yield value.removeprefix("./")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from strings(item)


def pair(first, second):
    """Two archives that should say the same. Members of the second are left out where its bytes are the first's."""
    described = {"first": archive.describe(first, True)}
    if second is None:
        return {**described, "second": None, "differences": []}
    same = archive.digest(second) == described["first"]["sha256"]
    described["second"] = archive.describe(second, not same)
    readable = not same and "error" not in described["first"] and "error" not in described["second"]
    return {**described, "differences": archive.first_differences(first, second) if readable else []}


def compared(first, second, offered):
    """The pair, and the archive that is offered: the first, or, where they differ in nothing but their packing, its content packed anew."""
    found = pair(first, second)
    target = os.path.join(offered, os.path.basename(first))
    says = archive.content(found["first"])
    packing = second is not None and says is not None and says == archive.content(found["second"])
    if packing:
        archive.pack_anew(first, target)
    else:
        shutil.copy(first, target)
    found["offered"] = archive.describe(target, packing)
    return found


def write_sums(folder):
    names = sorted(os.listdir(folder))
    text = "".join(f"{archive.digest(os.path.join(folder, name))}  {name}\n" for name in names)
    observe.write_text(folder, "SHA256SUMS", text)


main()
