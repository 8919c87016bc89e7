"""Every error that datar-edge raises on purpose.

DatarEdgeError                exit status 1: a failure of ours or of the machine
├── VerificationError         a written file does not do what it must
├── RuntimeFailureError       a runtime refused or failed while running a valid file
└── InputError                exit status 2: something given to us is wrong
    ├── AudioError            a sound file or stream: missing, broken, empty, not finite
    ├── CardError             a model card: missing, malformed, of another version
    ├── ConfigError           a configuration value out of its range
    ├── DataError             a data set: missing, empty, malformed
    ├── DeviceError           an audio device: none, unknown, busy
    ├── LabelError            a label that the model does not know
    ├── MissingExtraError     an optional dependency that is not installed
    └── ModelFileError        a model file: missing, broken, of another kind

Each message is one line: what was wrong, with the value, then what to do about it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DatarEdgeError(Exception):
    """Base of all errors raised on purpose.

    Args:
        problem: what is wrong, with the offending value, without a final full stop.
        fix: what the reader can do about it, as a sentence; empty when nothing is known.
    """

    exit_status: int = 1

    def __init__(self, problem: str, *, fix: str = "") -> None:
        self.problem = " ".join(problem.split()).rstrip(".")
        self.fix = " ".join(fix.split())
        super().__init__(f"{self.problem}. {self.fix}" if self.fix else self.problem)


class VerificationError(DatarEdgeError):
    """A file that was just written does not do what it must, and was not kept."""


class RuntimeFailureError(DatarEdgeError):
    """A runtime refused or failed to run a file that is otherwise valid."""


class InputError(DatarEdgeError):
    """Something that was given to datar-edge is wrong."""

    exit_status = 2


class AudioError(InputError):
    """A sound file or stream is missing, broken, empty or holds values that are not finite."""


class CardError(InputError):
    """A model card is missing, malformed or of a version this release does not read."""


class ConfigError(InputError):
    """A configuration value is out of its range or contradicts another."""


class DataError(InputError):
    """A data set is missing, empty or not laid out as its reader expects."""


class DeviceError(InputError):
    """An audio device is missing, unknown or cannot be opened."""


class LabelError(InputError):
    """A label that the model does not know.

    Args:
        label: the label that was asked for.
        known: the labels that exist; the nearest ones are named in the message.
    """

    def __init__(self, label: str, known: Iterable[str]) -> None:
        names = list(known)
        folded = {name.casefold(): name for name in names}
        near = [
            folded[match]
            for match in difflib.get_close_matches(label.casefold(), folded, n=3, cutoff=0.5)
        ]
        hint = f"Did you mean {', '.join(near)}?" if near else f"It knows: {', '.join(names)}."
        super().__init__(f"unknown label {label!r}", fix=hint)


class MissingExtraError(InputError):
    """An optional dependency is not installed.

    Args:
        package: the import that failed.
        extra: the extra of datar-edge that brings it.
        purpose: what needs it, such as "export to TFLite".
        platforms: that the package exists for; empty where it exists for all that we support.
    """

    def __init__(self, package: str, *, extra: str, purpose: str, platforms: str = "") -> None:
        where = f" on {platforms}, there is none for other systems" if platforms else ""
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed",
            fix=f"Install it with: pip install 'datar-edge[{extra}]'{where}",
        )


class ModelFileError(InputError):
    """A model file is missing, broken or of another kind than the command needs."""
