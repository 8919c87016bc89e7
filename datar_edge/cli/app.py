"""The program: its commands, found by name and loaded when they are used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from datar_edge.cli.shell import say, say_unexpected, shielded

COMMANDS: Mapping[str, tuple[str, str]] = {
    "tag": ("datar_edge.cli.tag", "tag"),
    "listen": ("datar_edge.cli.listen", "listen_to"),
    "devices": ("datar_edge.cli.devices", "devices"),
    "info": ("datar_edge.cli.info", "info"),
    "evaluate": ("datar_edge.cli.evaluate", "evaluate_model"),
    "parity": ("datar_edge.cli.parity", "parity"),
    "explain": ("datar_edge.cli.explain", "explain"),
    "benchmark": ("datar_edge.cli.benchmark", "benchmark_files"),
    "report": ("datar_edge.cli.report", "report"),
    "quantize": ("datar_edge.cli.quantize", "quantize_model"),
    "import-weights": ("datar_edge.cli.import_weights", "import_weights"),
    "train": ("datar_edge.cli.train", "train"),
    "reproduce": ("datar_edge.cli.reproduce", "reproduce"),
    "export": ("datar_edge.cli.export", "export_model"),
}
"""Command → module and function. The module imports heavy packages inside the function only."""

_PROGRAM = "datar-edge"
_USAGE_ERROR_STATUS = 2
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]
"""Of click, or of the copy of click that newer releases of typer hold."""


class LazyGroup(TyperGroup):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all commands, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, or None."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name]
        command = typer.Typer(add_completion=False)
        command.command(cmd_name)(shielded(getattr(importlib.import_module(module), function)))
        return typer.main.get_command(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        import importlib.metadata  # noqa: PLC0415 (30 ms that only --version needs)

        typer.echo(f"{_PROGRAM} {importlib.metadata.version('datar-edge')}")
        raise typer.Exit


def _program(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Tags sound with a deformable audio transformer, in files and live.

    Example: datar-edge tag recording.wav
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: without the program's name; None for those of the process.

    Returns:
        The exit status: 0, 1 for a failure, 2 for wrong input.
    """
    app = typer.Typer(cls=LazyGroup, invoke_without_command=True)
    app.callback()(_program)
    args = sys.argv[1:] if arguments is None else list(arguments)
    try:
        status = typer.main.get_command(app).main(
            args=args, prog_name=_PROGRAM, standalone_mode=False
        )
    except _UsageError as error:
        say("error", f"{_message(error)} {_where_to_look(args)}")
        return _USAGE_ERROR_STATUS
    except Exception as error:  # a command that could not even be loaded
        if "--debug" in args:
            raise
        return say_unexpected(error)
    return status if isinstance(status, int) else 0


def _message(error: Any) -> str:
    return str(error.format_message()).rstrip(".") + "."


def _where_to_look(args: Sequence[str]) -> str:
    command = next((name for name in args if name in COMMANDS), None)
    return f"See: {_PROGRAM} {command} --help" if command else f"See: {_PROGRAM} --help"
