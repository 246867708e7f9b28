"""Both paths: the local recogniser, and the network where that one is not sure and the mode allows it."""

from tinyvoice import parser, recogniser

SURE = 0.5


def understand(pcm, settings):
    """Return text, source and action; TransportError where the network was asked in vain."""
    text, share = recogniser.recognise(pcm)
    source = "local"
    if share < SURE:
        text = ""
        if settings.mode == "hybrid":
            # Not imported before: what is local-only has no use for sockets.
            from tinyvoice import transport

            text, source = transport.recognise(pcm, settings), "network"
    return {"text": text, "source": source, "action": parser.action(text)}
