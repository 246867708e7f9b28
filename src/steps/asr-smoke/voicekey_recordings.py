"""Reads the application's recordings and what is said in them, and finds everything that is wrong with them before anything is run.

Standard library only, Python 3.10 and later. Files are taken as hostile: nothing is read that a recording of a minute could not be.
"""

import json
import os
import re
import struct

RATE = 16_000
LONGEST_SECONDS = 60
# Besides the samples: chunks that describe them.
LARGEST = LONGEST_SECONDS * RATE * 2 + 1_048_576
LARGEST_LIST = 4_194_304
KIND = re.compile(r"[a-z0-9][a-z0-9_-]*")
KEYS = {"file", "text", "kind", "expect", "speech_end_ms"}


def load(expected):
    """Recordings, problems and names of recordings that nobody lists. `expected` is the path of the JSON list; the recordings stand beside it.

    A recording is {file, path, text, kind, expect, speech_end_ms (or None), ms, pcm}; `expect` is `text` where the list has none. A problem is
    {file, message}, the file relative to the list's folder.
    """
    folder, name = os.path.split(expected)
    folder = folder or "."
    entries, problems = read_list(expected, name)
    recordings = []
    for entry in entries:
        path = os.path.join(folder, entry["file"])
        pcm, problem = read_wav(path)
        ms = len(pcm) * 1000 // (RATE * 2)
        end = entry.get("speech_end_ms")
        if problem is None and end is not None and end > ms:
            problem = f"its speech is said to end at {end} ms, but it is only {ms} ms long"
        if problem is not None:
            problems.append({"file": entry["file"], "message": problem})
            continue
        recordings.append(
            {
                "file": entry["file"],
                "path": os.path.abspath(path),
                "text": entry["text"],
                "kind": entry["kind"],
                "expect": entry.get("expect", entry["text"]),
                "speech_end_ms": end,
                "ms": ms,
                "pcm": pcm,
            }
        )
    if entries and not any(entry["kind"] == "clean" for entry in entries):
        problems.append({"file": name, "message": "lists no recording of the kind `clean`"})
    listed = {entry["file"] for entry in entries}
    beside = os.listdir(folder) if os.path.isdir(folder) else []
    unlisted = sorted(one for one in beside if one.lower().endswith(".wav") and one not in listed)
    return recordings, problems, unlisted


def read_list(path, name):
    """The well-formed entries, and every problem of the list."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(LARGEST_LIST + 1)
        if len(data) > LARGEST_LIST:
            raise ValueError("is larger than any list of recordings")
        value = json.loads(data.decode("utf-8"))
    except FileNotFoundError:
        return [], [{"file": name, "message": "is not there"}]
    except OSError as error:
        return [], [{"file": name, "message": f"cannot be read: {error.strerror}"}]
    except UnicodeDecodeError:
        return [], [{"file": name, "message": "is not UTF-8"}]
    except json.JSONDecodeError as error:
        return [], [{"file": name, "message": f"is not JSON: {error.msg} in line {error.lineno}"}]
    except (ValueError, RecursionError) as error:
        return [], [{"file": name, "message": str(error)[:200]}]
    if not isinstance(value, list) or not value:
        return [], [{"file": name, "message": "is not a JSON list with at least one entry"}]
    entries, problems, seen = [], [], set()
    for number, entry in enumerate(value, 1):
        wrong = entry_problem(entry)
        if wrong is None and entry["file"].casefold() in seen:
            wrong = f"lists {entry['file']} twice"
        if wrong is not None:
            problems.append({"file": name, "message": f"entry {number}: {wrong}"})
            continue
        seen.add(entry["file"].casefold())
        entries.append(entry)
    return entries, problems


def entry_problem(entry):
    if not isinstance(entry, dict):
        return "is not an object"
    for key in ("file", "text", "kind"):
        if not isinstance(entry.get(key), str):
            return f"has no text `{key}`"
    unknown = sorted(set(entry) - KEYS)
    if unknown:
        return f"has an unknown key `{unknown[0][:50]}`; known are {', '.join(sorted(KEYS))}"
    if not entry["file"] or re.search(r"[/\\\x00-\x1f]", entry["file"]) or entry["file"] in (".", ".."):
        return "`file` is not the name of a file beside the list"
    if not KIND.fullmatch(entry["kind"]):
        return "`kind` must be lower-case letters, digits, `-` and `_`"
    if not isinstance(entry.get("expect", ""), str):
        return "`expect` is not a text"
    if not entry["text"].strip() and "expect" not in entry:
        return "`text` is empty"
    end = entry.get("speech_end_ms", 0)
    if isinstance(end, bool) or not isinstance(end, int) or end < 0:
        return "`speech_end_ms` is not a whole number of milliseconds"
    return None


def read_wav(path):
    """The samples, and what is wrong with the file (None where nothing is)."""
    try:
        size = os.stat(path).st_size
        if not os.path.isfile(path):
            return b"", "is not a file"
        with open(path, "rb") as stream:
            # Of a larger one the header tells what it is.
            data = stream.read(LARGEST if size <= LARGEST else 4096)
    except FileNotFoundError:
        return b"", "is not there"
    except (OSError, ValueError) as error:
        return b"", f"cannot be read: {error}"
    if size == 0:
        return b"", "is empty"
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return b"", "is not a WAV file (no RIFF/WAVE header)"
    return samples_of(data, size)


def samples_of(data, size):
    layout, at = None, 12
    while at + 8 <= len(data):
        name, length = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        start = at + 8
        if name == b"fmt " and length >= 16 and start + 16 <= len(data):
            layout = struct.unpack_from("<HHIIHH", data, start)
        if name == b"data":
            return judged(layout, data, start, length, size)
        at = start + length + length % 2
    return b"", "holds no samples (no `data` chunk)" if layout else "is cut off in its header"


def judged(layout, data, start, length, size):
    if layout is None:
        return b"", "does not say how its samples are written (no `fmt ` chunk before them)"
    code, channels, rate, _, _, bits = layout
    wrong = []
    if code not in (1, 0xFFFE):
        wrong.append(f"its samples are compressed or floating point (format {code}); they must be PCM")
    if channels != 1:
        wrong.append(f"it has {channels} channels; it must be mono")
    if rate != RATE:
        wrong.append(f"it has {rate} samples a second; it must be {RATE}")
    if bits != 16:
        wrong.append(f"it has {bits} bits a sample; it must be 16")
    seconds = length / max(1, rate * channels * bits // 8)
    if seconds > LONGEST_SECONDS:
        wrong.append(f"it is {seconds:.0f} s long; it must be at most {LONGEST_SECONDS} s")
    if length == 0:
        wrong.append("it holds no samples")
    if start + length > size:
        wrong.append(f"it is truncated: its header promises {length} bytes of samples, {size - start} are there")
    elif length % 2:
        wrong.append("its last sample is incomplete")
    return (b"", "; ".join(wrong)) if wrong else (data[start : start + length], None)
