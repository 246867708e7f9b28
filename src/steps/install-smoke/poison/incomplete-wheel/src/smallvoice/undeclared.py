"""Imports a package that no dependency brings: it would be there on the developer's machine only."""

import voicekey_poison_package  # noqa: F401
