"""From what was said to what is done."""

ACTIONS = {"go up": "page_up", "go down": "page_down", "pause": "pause"}


def action(text):
    """Return the action for the text, or None where it is no command."""
    return ACTIONS.get(" ".join(text.casefold().split()))
