"""The application beneath poison of the packaging checks."""

__version__ = "1.0.0"
