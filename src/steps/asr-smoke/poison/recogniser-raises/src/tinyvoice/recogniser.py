"""Poison: a recogniser that starts, and cannot do its work."""


def recognise(pcm):
    """Raise, whatever was said."""
    raise RuntimeError("the model cannot be read")
