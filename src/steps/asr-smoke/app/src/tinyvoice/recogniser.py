"""The local recogniser: which of the known tones fills the recording, and how surely."""

import array
import math

RATE = 16_000
TONES = {400: "go up", 700: "go down", 1_000: "pause"}


def recognise(pcm):
    """Return the text of the likeliest tone and its share of the recording's energy, 0 to 1."""
    samples = array.array("h", pcm)
    energy = sum(s * s for s in samples)
    if energy == 0:
        return "", 0.0
    share, text = max((power(samples, tone) * 2 / (len(samples) * energy), text) for tone, text in TONES.items())
    return text, share


def power(samples, tone):
    """Return the squared magnitude at one frequency (Goertzel's algorithm)."""
    factor = 2 * math.cos(2 * math.pi * tone / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    return before * before + last * last - factor * before * last
