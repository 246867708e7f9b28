"""Settings, from the environment alone."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What the environment says."""

    mode: str
    endpoint: str
    key: str
    timeout: float


def read(mode):
    """Read the settings; the mode of the command line wins."""
    return Settings(
        mode or os.environ.get("TINYVOICE_MODE", "local"),
        os.environ.get("TINYVOICE_ENDPOINT", ""),
        os.environ.get("TINYVOICE_KEY", ""),
        float(os.environ.get("TINYVOICE_TIMEOUT", "2")),
    )
