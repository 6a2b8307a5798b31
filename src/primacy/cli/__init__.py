"""The command line: thin over the library. Heavy modules are imported inside the commands that need them."""

from primacy.cli.app import main

__all__ = ["main"]
