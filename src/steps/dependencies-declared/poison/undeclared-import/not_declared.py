"""Planted: an import of what happens to be there, and is not declared."""

import voicekey_observe

NAME = voicekey_observe.__name__
