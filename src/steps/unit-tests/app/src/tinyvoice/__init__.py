"""The application beneath poison that needs no other application: green by itself."""


def command(text: str) -> str:
    """Return the action for what was said."""
    if text == "pause":
        return "pausing"
    return f"typing {text}"
