"""Writes the recordings anew: `python make_recordings.py`. Tones with silence around them, the same bytes each time."""

import array
import json
import math
import pathlib
import wave

RATE = 16_000
LEAD_MS, TONE_MS, TRAIL_MS = 60, 180, 120
# The last one is no tone that the local recogniser knows.
RECORDINGS = {
    "up.wav": (400, "go up", "clean"),
    "down.wav": (700, "go down", "clean"),
    "unsure.wav": (2_300, "pause", "doubtful"),
}


def main():
    """Write every recording, and what is said in them."""
    folder = pathlib.Path(__file__).parent / "recordings"
    expected = []
    for name, (tone, text, kind) in RECORDINGS.items():
        with wave.open(str(folder / name), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(samples(tone).tobytes())
        entry = {"file": name, "text": text, "kind": kind, "speech_end_ms": LEAD_MS + TONE_MS}
        # What local-only mode has to answer: that it did not understand.
        expected.append({**entry, "expect": ""} if kind == "doubtful" else entry)
    (folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")


def samples(tone):
    """Return silence, the tone, silence."""
    spoken = [round(9_000 * math.sin(2 * math.pi * tone * n / RATE)) for n in range(RATE * TONE_MS // 1000)]
    return array.array("h", [0] * (RATE * LEAD_MS // 1000) + spoken + [0] * (RATE * TRAIL_MS // 1000))


main()
