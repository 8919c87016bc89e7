"""The command line. Each command is a file here, loaded when it is called."""

from datar_edge.cli.main import main

__all__ = ["main"]
