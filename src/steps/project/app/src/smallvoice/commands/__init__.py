"""What a phrase does."""


def action(phrase: str) -> str:
    """Return the name of the action."""
    return phrase.replace(" ", "-")
