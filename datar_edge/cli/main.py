"""Finds the command, runs it, and turns whatever goes wrong into one line and an exit status."""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import os
import sys
from typing import Annotated, Any, NoReturn

import typer
import typer.core
import typer.main

from datar_edge.errors import DatarEdgeError

COMMANDS = {
    "tag": "datar_edge.cli.tag",
    "listen": "datar_edge.cli.listen",
    "devices": "datar_edge.cli.devices",
    "info": "datar_edge.cli.info",
    "train": "datar_edge.cli.train",
    "evaluate": "datar_edge.cli.evaluate",
    "export": "datar_edge.cli.export",
}
"""Module of each command; it holds a function of the command's name."""

# Typer carries its own copy of click, whose classes it does not name in public but by descent:
# BadParameter, UsageError, ClickException.
_UsageError: Any = typer.BadParameter.__mro__[1]
_ClickException: Any = typer.BadParameter.__mro__[2]

_debug = False


def _set_debug(value: bool) -> None:
    global _debug  # noqa: PLW0603 (one process runs one command)
    _debug = _debug or value


def _set_verbose(value: bool) -> None:
    level = logging.INFO if value else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", force=True)


def _shared(
    debug: Annotated[
        bool, typer.Option("--debug", callback=_set_debug, help="Show tracebacks.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", callback=_set_verbose, help="Log to stderr.")
    ] = False,
) -> None:
    """Options that all commands have; their callbacks do all that there is to do."""


def _build(function: Any, name: str) -> Any:
    single = typer.Typer(add_completion=False, rich_markup_mode="rich")
    single.command(name, no_args_is_help=False)(function)
    return typer.main.get_command(single)


class _LazyGroup(typer.core.TyperGroup):
    """Imports a command's module when the command is asked for, and not before."""

    def list_commands(self, _ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        function = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        command = _build(function, cmd_name)
        for option in _build(_shared, "shared").params:
            option.expose_value = False
            command.params.append(option)
        return command


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"datar-edge {importlib.metadata.version('datar-edge')}")
        raise typer.Exit


app = typer.Typer(cls=_LazyGroup, no_args_is_help=True, rich_markup_mode="rich")


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print version."),
    ] = False,
) -> None:
    """Audio events heard by a deformable audio transformer: train, export, tag, listen.

    Try: datar-edge tag recording.wav
    """


def main() -> NoReturn:
    """Runs the command line; exit status 0, 1 for a failure, 2 for wrong input."""
    try:
        status = app(standalone_mode=False)
        sys.stdout.flush()
    except typer.Exit as stop:
        status = stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        status = _fail("stopped", 130)
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except DatarEdgeError as error:
        status = _fail(str(error), error.exit_status)
    except _ClickException as error:
        status = _fail(f"{error.format_message()} {_hint(error)}", 2)
    except Exception as error:  # noqa: BLE001 (the last resort, told as what it is)
        problem = f"{type(error).__name__}: {error}".splitlines()[0]
        status = _fail(f"unexpected {problem}. Run again with --debug, and please report it.", 1)
    sys.exit(status if isinstance(status, int) else 0)


def _hint(error: Any) -> str:
    context = getattr(error, "ctx", None)
    return f"See: {context.command_path} --help" if context else "See: datar-edge --help"


def _fail(message: str, status: int) -> int:
    if _debug and sys.exc_info()[1] is not None:
        raise  # noqa: PLE0704 (called from the handlers of main alone)
    typer.echo(f"error: {message}", err=True)
    return status
