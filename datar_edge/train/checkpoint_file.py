"""The file that a stopped run goes on from: always whole, whatever stops the writing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from datar_edge.errors import ConfigError
from datar_edge.half_written import beside


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes beside the place and renames; Lightning's own copies over the file that is there."""

    def save_checkpoint(
        self,
        checkpoint: Mapping[str, Any],
        path: str | os.PathLike[str],
        storage_options: Any = None,
    ) -> None:
        """Called by the trainer after each epoch.

        Args:
            checkpoint: everything that resuming needs.
            path: the file; the folder above it is made.
            storage_options: must be None.

        Raises:
            ConfigError: it cannot be written; the file of the epoch before is still there.
        """
        assert storage_options is None
        place = Path(path)
        try:
            with beside(place) as partial, partial.open("wb") as file:
                torch.save(checkpoint, file)
        except (OSError, RuntimeError) as error:
            raise ConfigError(
                f"{place} cannot be written: {_reason(error)}",
                fix="Make room, then go on with --resume.",
            ) from error


def _reason(error: Exception) -> str:
    """Torch's writer has an error of its own, raised while the file's was on its way."""
    cause = error if isinstance(error, OSError) else error.__context__
    return (isinstance(cause, OSError) and cause.strerror) or str(error).strip().splitlines()[0]
