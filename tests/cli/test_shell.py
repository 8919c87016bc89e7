"""The options that surround every command."""

from __future__ import annotations

import inspect
from typing import Annotated

import pytest
import typer

from datar_edge.cli.shell import shielded
from datar_edge.errors import ConfigError

HELP = typer.Option("--input", help="Hear a file.")


def command(*, name: Annotated[str | None, HELP] = None) -> None:
    """Fails as it is told to."""
    if name == "wrong":
        raise ConfigError("the name is 'wrong'", fix="Allowed: others.")
    if name == "broken":
        raise RuntimeError("two\nlines")


def test_an_option_that_defaults_to_none_keeps_its_name() -> None:
    """Python 3.10's get_type_hints wraps it in Optional, and hides the option's name."""
    hint = inspect.signature(shielded(command)).parameters["name"].annotation
    assert hint.__metadata__ == (HELP,)


def test_every_command_can_be_debugged() -> None:
    assert [*inspect.signature(shielded(command)).parameters] == ["name", "debug", "verbose"]


@pytest.mark.parametrize(
    ("name", "status", "line"),
    [
        ("wrong", 2, "error: the name is 'wrong'. Allowed: others.\n"),
        (
            "broken",
            1,
            "error: RuntimeError: two lines. To see where it happened, add --debug\n",
        ),
    ],
)
def test_an_error_is_one_line(
    name: str, status: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left:
        shielded(command)(name=name, debug=False, verbose=False)
    assert left.value.exit_code == status
    assert capsys.readouterr().err == line


def test_debug_shows_the_error_itself() -> None:
    with pytest.raises(RuntimeError):
        shielded(command)(name="broken", debug=True, verbose=False)
