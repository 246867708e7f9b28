"""What the build adds to the package: nothing."""


def generated():
    """Return text by the path that it is packed under."""
    return {}
