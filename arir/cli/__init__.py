"""The command line: it parses, calls one documented function, and shows what that returns."""

from arir.cli.main import main

__all__ = ["main"]
