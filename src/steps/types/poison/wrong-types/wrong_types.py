"""Planted: an assignment and an argument of the wrong type."""

count: int = "three"


def voicekey_poison_double(number: int) -> int:
    """Return twice the number."""
    return number * 2


voicekey_poison_double("two")
