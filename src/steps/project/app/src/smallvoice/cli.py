"""The command line."""

import argparse
import importlib.resources


def main() -> int:
    """Print the phrases that the application knows."""
    argparse.ArgumentParser(prog="smallvoice", description="Prints the phrases.").parse_args()
    print(importlib.resources.files("smallvoice").joinpath("data/phrases.list").read_text("utf-8"), end="")
    return 0
