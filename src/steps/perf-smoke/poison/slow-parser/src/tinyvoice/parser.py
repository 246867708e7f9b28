"""From what was said to what is done, and not soon: the poison."""

import time

ACTIONS = {"go up": "page_up", "go down": "page_down", "pause": "pause"}


def action(text):
    """Return the action for the text, or None where it is no command."""
    time.sleep(0.3)
    return ACTIONS.get(" ".join(text.casefold().split()))
