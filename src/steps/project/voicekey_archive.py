"""Wheels and sdists as lists of members: what is in them, how they differ, and the same content packed in one fixed way.

Nothing here extracts a wheel. An sdist is unpacked by `unpack`, which refuses what leads out of the folder: tarfile's own `data` filter came
with Python 3.11.4, and Debian 12 has 3.11.2.
"""

import gzip
import hashlib
import os
import shutil
import stat
import tarfile
import zipfile
import zlib

UNREADABLE = (OSError, ValueError, EOFError, KeyError, RuntimeError, zlib.error, zipfile.BadZipFile, tarfile.TarError)
FIXED_TIME = 315532800  # 1980-01-01T00:00:00Z, the earliest that a wheel can hold
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
LINE = 200


def describe(path, with_members):
    """File name, hash, and the members in the archive's order; `error` where it cannot be read."""
    found = {"file": os.path.basename(path), "sha256": digest(path)}
    if with_members:
        try:
            found["members"] = members(path)
        except UNREADABLE as problem:
            found["error"] = f"{type(problem).__name__}: {problem}"
    return found


def digest(path):
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def members(path):
    """name, type (file, folder, link, other), mode, time (seconds or the wheel's six numbers), size and hash of each member."""
    if path.endswith(".whl"):
        with zipfile.ZipFile(path) as archive:
            return [wheel_member(archive, info) for info in archive.infolist()]
    with tarfile.open(path, "r:*") as archive:
        return [sdist_member(archive, info) for info in archive]


def unpack(path, folder):
    """Files, folders, and symbolic links that stay inside; raises ValueError for everything else."""
    with tarfile.open(path, "r:*") as archive:
        for info in archive:
            target = inside(folder, info.name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if info.isdir():
                os.makedirs(target, exist_ok=True)
            elif info.issym():
                inside(folder, os.path.normpath(os.path.join(os.path.dirname(info.name), info.linkname)))
                os.symlink(info.linkname, target)
            elif info.isfile() or info.islnk():
                with archive.extractfile(info) as data, open(target, "xb") as stream:
                    shutil.copyfileobj(data, stream)
                os.chmod(target, 0o755 if info.mode & 0o100 else 0o644)
                os.utime(target, (info.mtime, info.mtime))
            else:
                raise ValueError(f"{info.name} is neither a file, a folder nor a link")


def inside(folder, name):
    """The path of a member, none of whose parents is a link; ValueError where it would leave the folder."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts or os.path.isabs(name) or ":" in name or not parts:
        raise ValueError(f"{name} leads out of the archive")
    at = folder
    for part in parts[:-1]:
        at = os.path.join(at, part)
        if os.path.islink(at):
            raise ValueError(f"{name} lies behind a link")
    return os.path.join(at, parts[-1])


def wheel_member(archive, info):
    mode = info.external_attr >> 16
    kind = "link" if stat.S_ISLNK(mode) else "folder" if info.is_dir() else "file"
    return member(info.filename, kind, mode, list(info.date_time), archive.read(info) if kind != "folder" else None)


def sdist_member(archive, info):
    # A hard link to another member is that member's content under a second name.
    kind = "file" if info.isfile() or info.islnk() else "folder" if info.isdir() else "link" if info.issym() else "other"
    found = member(info.name, kind, info.mode, int(info.mtime), archive.extractfile(info).read() if kind == "file" else None)
    if kind == "link":
        found["target"] = info.linkname
    return found


def member(name, kind, mode, time, data):
    found = {"name": name, "type": kind, "mode": stat.S_IMODE(mode), "time": time}
    if data is not None:
        found["size"] = len(data)
        found["sha256"] = hashlib.sha256(data).hexdigest()
        if is_record(name):
            # The order of RECORD's lines says nothing.
            found["lines"] = hashlib.sha256(b"\n".join(sorted(data.splitlines()))).hexdigest()
    return found


def is_record(name):
    return name.endswith(".dist-info/RECORD") and name.count("/") == 1


def content(described):
    """What an archive says apart from how it is packed; None where it could not be read or says a name twice."""
    if "members" not in described:
        return None
    found = {}
    for item in described["members"]:
        if item["type"] == "folder":
            continue
        if item["name"] in found:
            return None
        # A wheel of Windows has no modes; of the others only the owner's right to run counts.
        found[item["name"]] = (item["type"], item.get("lines", item.get("sha256")), item.get("target"), bool(item["mode"] & 0o100))
    return found


def first_differences(first, second):
    """For every member that both have, with other bytes: the first line that differs."""
    before, after = texts(first), texts(second)
    return [
        {"member": name, **first_line(before[name], after[name])}
        for name in sorted(before.keys() & after.keys())
        if before[name] != after[name] and not is_record(name)
    ]


def texts(path):
    if path.endswith(".whl"):
        with zipfile.ZipFile(path) as archive:
            return {i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()}
    with tarfile.open(path, "r:*") as archive:
        return {i.name: archive.extractfile(i).read() for i in archive if i.isfile() or i.islnk()}


def first_line(before, after):
    try:
        lines = [data.decode("utf-8").splitlines() for data in (before, after)]
    except UnicodeDecodeError:
        return {"line": None, "first": f"{len(before)} bytes", "second": f"{len(after)} bytes"}
    for index in range(max(map(len, lines))):
        first, second = (text[index] if index < len(text) else "" for text in lines)
        if first != second:
            return {"line": index + 1, "first": first[:LINE], "second": second[:LINE]}
    return {"line": None, "first": "other line endings", "second": "other line endings"}


def pack_anew(path, target):
    """The same content in a fixed form: sorted, one time, modes 644 and 755, no owners, nothing of the machine in the header."""
    (pack_wheel if path.endswith(".whl") else pack_sdist)(path, target)


def pack_wheel(path, target):
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        infos = [info for info in source.infolist() if not info.is_dir()]
        # Metadata stands at the end, and RECORD last, as installers like it.
        for info in sorted(infos, key=lambda i: (".dist-info/" in i.filename, is_record(i.filename), i.filename)):
            data = source.read(info)
            if is_record(info.filename):
                data = b"".join(line + b"\n" for line in sorted(data.splitlines()))
            fixed = zipfile.ZipInfo(info.filename, ZIP_TIME)
            fixed.create_system = 3
            mode = info.external_attr >> 16
            kind = stat.S_IFLNK if stat.S_ISLNK(mode) else stat.S_IFREG
            fixed.external_attr = (kind | (0o755 if mode & 0o100 else 0o644)) << 16
            packed.writestr(fixed, data, zipfile.ZIP_DEFLATED)


def pack_sdist(path, target):
    with open(target, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=FIXED_TIME) as stream:
        with tarfile.open(path, "r:*") as source, tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as packed:
            for info in sorted(source.getmembers(), key=lambda i: i.name):
                data = source.extractfile(info) if info.isfile() or info.islnk() else None
                if info.islnk():
                    info.type, info.size, info.linkname = tarfile.REGTYPE, data.seek(0, os.SEEK_END), ""
                    data.seek(0)
                info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
                info.mtime, info.uid, info.gid, info.uname, info.gname, info.pax_headers = FIXED_TIME, 0, 0, "", "", {}
                packed.addfile(info, data)
