"""The model card inside a TFLite file.

TFLite metadata appends associated files to the flatbuffer as a zip archive, the card among them.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from pathlib import Path

from datar_edge.card import CARD_FILE_NAME, ModelCard
from datar_edge.errors import CardError, ModelFileError

_MAX_CARD_BYTES = 4 << 20
# What zipfile lets through when single bits of an archive are wrong: of a packed entry, of an
# offset, of the flags that mean "encrypted" and "packed by a newer method".
_DAMAGED = (OSError, EOFError, ValueError, RuntimeError, struct.error, zlib.error, lzma.LZMAError)


def read_card(path: Path) -> ModelCard:
    """Reads the card of a TFLite file without loading the model.

    Raises:
        CardError: the file has no card, or one that cannot be read.
        ModelFileError: the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(CARD_FILE_NAME)
            if info.file_size > _MAX_CARD_BYTES:
                raise CardError(f"the card of {path} has {info.file_size} bytes")
            text = archive.read(info)
    except (zipfile.BadZipFile, KeyError) as error:
        raise CardError(
            f"{path} has no datar-edge card: another program made it, or it is cut off",
            fix="Export it with datar-edge export, or copy it again.",
        ) from error
    except _DAMAGED as error:
        raise ModelFileError(f"{path} is damaged: {error}", fix="Copy it again.") from error
    return ModelCard.from_json(text)
