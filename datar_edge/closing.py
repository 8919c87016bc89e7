"""Things that hold a file, a device or a model, and give it back."""

from __future__ import annotations

from types import TracebackType
from typing import TypeVar

_Held = TypeVar("_Held", bound="Closing")


class Closing:
    """A context manager that closes itself at the end of its block."""

    def close(self) -> None:
        """Gives back what is held; may be called more than once."""
        raise NotImplementedError

    def __enter__(self: _Held) -> _Held:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
