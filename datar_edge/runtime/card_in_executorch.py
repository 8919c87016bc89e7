"""The model card inside an ExecuTorch file, read without ExecuTorch."""

from __future__ import annotations

import mmap
from pathlib import Path

from datar_edge.card import ModelCard
from datar_edge.errors import CardError, ModelFileError
from datar_edge.runtime.flatbuffer import FlatbufferError
from datar_edge.runtime.pte import CARD_METHOD, Pte

_FIX = "Copy it again, or export it with datar-edge export --target executorch."


def read_card(path: Path) -> ModelCard:
    """Reads the card of an ExecuTorch file without loading the model.

    Raises:
        CardError: the file has no card, or one that cannot be read.
        ModelFileError: the file is damaged.
    """
    try:
        with path.open("rb") as file:
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        text = Pte(content).text(CARD_METHOD)
    except FlatbufferError as error:
        raise ModelFileError(f"{path} is damaged or cut off: {error}", fix=_FIX) from error
    except (OSError, ValueError) as error:
        raise ModelFileError(f"{path} cannot be read: {error}", fix=_FIX) from error
    if text is None or not text.value:
        raise CardError(f"{path} has no datar-edge card: another program made it", fix=_FIX)
    return ModelCard.from_json(text.value)
