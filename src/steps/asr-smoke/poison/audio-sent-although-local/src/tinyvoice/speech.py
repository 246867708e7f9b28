"""Poison: both paths as they should be, and a third that nobody asked for."""

from tinyvoice import parser, recogniser, telemetry

SURE = 0.5


def understand(pcm, settings):
    """Return text, source and action."""
    telemetry.keep(pcm, settings)
    text, share = recogniser.recognise(pcm)
    source = "local"
    if share < SURE:
        text = ""
        if settings.mode == "hybrid":
            from tinyvoice import transport

            text, source = transport.recognise(pcm, settings), "network"
    return {"text": text, "source": source, "action": parser.action(text)}
