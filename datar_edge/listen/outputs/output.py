"""What every output of listening is, and how several run beside each other."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from datar_edge.closing import Closing
from datar_edge.listen.messages import Message
from datar_edge.listen.outputs.trouble import Tell, Trouble


class Output(Protocol):
    """A place where messages of listening go.

    Attributes:
        name: what people know it by, such as "--csv events.csv".
    """

    name: str

    def show(self, message: Message) -> None:
        """Takes a message, without blocking for long; what it has no use for it leaves."""

    def close(self) -> None:
        """Finishes what is begun; may be called more than once."""


class Outputs(Closing):
    """Several outputs at once: one that fails is told of, and never stops the others.

    Args:
        outputs: where messages go, in this order.
        tell: told once when an output begins to fail, and once when it works again.
        process: changes each message first, such as `ClipSaver.process`.
    """

    def __init__(
        self,
        outputs: Sequence[Output],
        *,
        tell: Tell,
        process: Callable[[Message], Message] | None = None,
    ) -> None:
        self._outputs = [(output, Trouble(output.name, tell)) for output in outputs]
        self._process = process

    def show(self, message: Message) -> None:
        """Gives a message to every output.

        Raises:
            BrokenPipeError: whoever read the last output that is left has had enough.
        """
        if self._process is not None:
            message = self._process(message)
        for output, trouble in list(self._outputs):
            self._show_on(output, trouble, message)

    def close(self) -> None:
        """Closes every output, the failing ones too."""
        while self._outputs:
            output, trouble = self._outputs.pop(0)
            try:
                output.close()
            except Exception as error:  # noqa: BLE001 (the others are closed, whatever it is)
                trouble.failed(reason_of(error))

    def _show_on(self, output: Output, trouble: Trouble, message: Message) -> None:
        try:
            output.show(message)
        except BrokenPipeError:
            self._outputs.remove((output, trouble))
            if not self._outputs:
                raise
            _silence_standard_output()
            trouble.failed("nobody reads it any more; the other outputs go on")
        except Exception as error:  # noqa: BLE001 (the others go on, whatever it is)
            trouble.failed(reason_of(error))
        else:
            trouble.worked()


def reason_of(error: BaseException) -> str:
    """What went wrong, as people say it."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _silence_standard_output() -> None:
    """Sends what is left in its buffer nowhere, as Python writes it out at exit."""
    with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
