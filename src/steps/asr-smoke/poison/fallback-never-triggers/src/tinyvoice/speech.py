"""Poison: a mode that nobody sets, so that the network is never asked, however unsure the local recogniser is."""

from tinyvoice import parser, recogniser

SURE = 0.5


def understand(pcm, settings):
    """Return text, source and action."""
    text, share = recogniser.recognise(pcm)
    source = "local"
    if share < SURE:
        text = ""
        if settings.mode == "hybird":
            from tinyvoice import transport

            text, source = transport.recognise(pcm, settings), "network"
    return {"text": text, "source": source, "action": parser.action(text)}
