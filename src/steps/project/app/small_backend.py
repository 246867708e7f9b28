"""A PEP 517 backend of one page, so that building the bundled application needs no package and no network."""

import base64
import fnmatch
import gzip
import hashlib
import io
import os
import pathlib
import tarfile
import tomllib
import zipfile

import build_hook

WHEEL = "Wheel-Version: 1.0\nGenerator: small\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
ENTRY_POINTS = "[console_scripts]\nsmallvoice = smallvoice.cli:main\n"


def build_wheel(folder, config_settings=None, metadata_directory=None):
    """Write the wheel into the folder and return its name."""
    settings, stem = read()
    packed = {path.removeprefix("src/"): data for path, data in source(settings, "wheel-without") if path.startswith("src/")}
    info = f"{stem}.dist-info"
    packed |= {f"{info}/METADATA": metadata(settings), f"{info}/WHEEL": WHEEL.encode(), f"{info}/entry_points.txt": ENTRY_POINTS.encode()}
    record = "".join(f"{path},sha256={digest(data)},{len(data)}\n" for path, data in packed.items()) + f"{info}/RECORD,,\n"
    name = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as archive:
        for path, data in [*packed.items(), (f"{info}/RECORD", record.encode())]:
            member = zipfile.ZipInfo(path)
            member.external_attr = 0o100644 << 16
            archive.writestr(member, data)
    return name


def build_sdist(folder, config_settings=None):
    """Write the sdist into the folder and return its name."""
    settings, stem = read()
    name = f"{stem}.tar.gz"
    with gzip.GzipFile(pathlib.Path(folder, name), "wb", mtime=0) as stream, tarfile.open(fileobj=stream, mode="w") as archive:
        for path, data in [*source(settings, "sdist-without"), ("PKG-INFO", metadata(settings))]:
            member = tarfile.TarInfo(f"{stem}/{path}")
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, io.BytesIO(data))
    return name


def read():
    """Return the settings and the stem of the archives' names."""
    settings = tomllib.loads(pathlib.Path("pyproject.toml").read_text("utf-8"))
    return settings, f"smallvoice-{settings['project']['version']}"


def source(settings, key):
    """Return path and bytes of every file that is packed, sorted."""
    left_out = settings["tool"]["small-backend"][key]
    paths = sorted(pathlib.Path(top, name).as_posix() for top, _, names in os.walk(".") for name in names if "__pycache__" not in top)
    files = {path: pathlib.Path(path).read_bytes() for path in paths if path != "PKG-INFO"}
    files |= {f"src/{path}": text.encode() for path, text in build_hook.generated().items()}
    return [(path, data) for path, data in sorted(files.items()) if not any(fnmatch.fnmatch(path, glob) for glob in left_out)]


def metadata(settings):
    """Return METADATA, which PKG-INFO is too."""
    version, readme = settings["project"]["version"], pathlib.Path("README.md").read_text("utf-8")
    head = f"Metadata-Version: 2.1\nName: smallvoice\nVersion: {version}\nDescription-Content-Type: text/markdown\n"
    return f"{head}\n{readme}".encode()


def digest(data):
    """Return the hash as RECORD files spell it."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
