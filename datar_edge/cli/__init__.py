"""The command line: one module per command, imported when the command is used."""

from __future__ import annotations

from datar_edge.cli.app import main

__all__ = ["main"]
