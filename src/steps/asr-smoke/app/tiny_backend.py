"""A PEP 517 backend of one page, so that building the bundled application needs no package and no network."""

import base64
import hashlib
import pathlib
import zipfile

METADATA = "Metadata-Version: 2.1\nName: tinyvoice\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: tiny\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def build_wheel(folder, config_settings=None, metadata_directory=None):
    """Write the wheel into the folder and return its name."""
    name, info = "tinyvoice-1.0-py3-none-any.whl", "tinyvoice-1.0.dist-info"
    source = pathlib.Path("src")
    files = {path.relative_to(source).as_posix(): path.read_bytes() for path in sorted(source.rglob("*.py"))}
    files |= {f"{info}/METADATA": METADATA.encode(), f"{info}/WHEEL": WHEEL.encode()}
    record = "".join(f"{path},sha256={digest(data)},{len(data)}\n" for path, data in files.items()) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as archive:
        for path, data in [*files.items(), (f"{info}/RECORD", record.encode())]:
            archive.writestr(zipfile.ZipInfo(path), data)
    return name


def digest(data):
    """Return the hash as RECORD files spell it."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
