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
from typing import Annotated, Any, get_type_hints

import typer

from datar_edge.errors import DatarEdgeError

_INTERRUPTED = 130
_FAILED = 1

_Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
_Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log to standard error.")]


def say(kind: str, text: str) -> None:
    """Prints one line on standard error, such as "error: …" or "note: …"."""
    typer.echo(f"{kind}: {' '.join(text.split())}", err=True)


def say_unexpected(error: Exception) -> int:
    """Tells of an error that nobody foresaw; gives the exit status."""
    say("error", f"{type(error).__name__}: {error}. To see where it happened, add --debug")
    return _FAILED


def shielded(command: Callable[..., None]) -> Callable[..., None]:
    """A command with `--debug` and `--verbose`, whose errors come out as one line."""
    hints = get_type_hints(command, include_extras=True)
    shared = {"debug": _Debug, "verbose": _Verbose}

    @functools.wraps(command)
    def run(*, debug: bool, verbose: bool, **values: Any) -> None:
        logging.basicConfig(
            level=logging.DEBUG if verbose else logging.WARNING,
            format="%(levelname)s %(name)s: %(message)s",
        )
        with contextlib.nullcontext() if debug else _errors_as_lines():
            command(**values)
            sys.stdout.flush()

    signature = inspect.signature(command)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=hint)
        for name, hint in shared.items()
    ]
    own = [p.replace(annotation=hints[p.name]) for p in signature.parameters.values()]
    run.__signature__ = signature.replace(parameters=own + options)  # type: ignore[attr-defined]
    run.__annotations__ = {**hints, **shared}
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
