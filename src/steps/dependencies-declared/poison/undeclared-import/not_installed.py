"""Planted: an import of a package that is not there."""

import voicekey_poison_not_installed

NAME = voicekey_poison_not_installed.__name__
