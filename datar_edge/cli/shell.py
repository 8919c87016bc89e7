"""What surrounds each command: errors as one line, exit statuses, logging."""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from datar_edge.errors import DatarEdgeError

_INTERRUPTED = 130
_FAILED = 1

_DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
_VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log to standard error.")]
_SHARED = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=option)
    for name, option in (("debug", _DebugOption), ("verbose", _VerboseOption))
)


def say(kind: str, text: str) -> None:
    """Prints one line on standard error, such as "error: …" or "note: …"."""
    # Not typer.echo, which would go around a live display that holds the terminal.
    sys.stderr.write(f"{kind}: {' '.join(text.split())}\n")
    sys.stderr.flush()


def say_unexpected(error: Exception) -> int:
    """Tells of an error that nobody foresaw; gives the exit status."""
    say("error", f"{type(error).__name__}: {error}. To see where it happened, add --debug")
    return _FAILED


def shielded(command: Callable[..., None]) -> Callable[..., None]:
    """A command with `--debug` and `--verbose`, whose errors come out as one line."""

    @functools.wraps(command)
    def run(*, debug: bool, verbose: bool, **values: Any) -> None:
        logging.basicConfig(
            level=logging.DEBUG if verbose else logging.WARNING,
            format="%(levelname)s %(name)s: %(message)s",
        )
        with contextlib.nullcontext() if debug else _errors_as_lines():
            command(**values)
            sys.stdout.flush()

    # typer reads the options off the signature, and their types off the annotations.
    signature = inspect.signature(command, eval_str=True)
    parameters = [*signature.parameters.values(), *_SHARED]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


@contextlib.contextmanager
def _errors_as_lines() -> Iterator[None]:
    try:
        yield
    except DatarEdgeError as error:
        say("error", str(error))
        raise typer.Exit(error.exit_status) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(_INTERRUPTED) from error
    except BrokenPipeError as error:  # whoever read our output has had enough
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        raise typer.Exit(_FAILED) from error
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        raise typer.Exit(say_unexpected(error)) from error
