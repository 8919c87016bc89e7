"""The float model that an exported file was made from, found by the hash in the file's card."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from datar_edge.bundled import bundled_checkpoint
from datar_edge.card import ModelCard
from datar_edge.errors import ConfigError, ModelFileError

HASH_KEY = "checkpoint_sha256"
"""Entry of a card's provenance: the SHA-256 of the checkpoint's file."""

_NAME_IT = "Name it with --reference CHECKPOINT."


def find_reference(artifact: Path, card: ModelCard) -> Path:
    """The checkpoint whose hash the card tells: the bundled one, or one beside the file.

    Args:
        artifact: the exported file.
        card: its card.

    Raises:
        ModelFileError: the card tells no hash, or no checkpoint has it.
    """
    wanted = card.provenance.get(HASH_KEY)
    if not wanted:
        raise ModelFileError(
            f"the card of {artifact} does not tell which checkpoint it was made from", fix=_NAME_IT
        )
    for path in _candidates(artifact.parent):
        if sha256_of(path) == wanted:
            return path
    raise ModelFileError(
        f"{artifact} was made from a checkpoint with SHA-256 {wanted[:12]}…, which is neither the "
        f"bundled one nor beside it in {artifact.parent}",
        fix=_NAME_IT,
    )


def check_same_kind(card: ModelCard, reference: ModelCard) -> None:
    """Refuses to compare what has other labels or another input.

    Args:
        card: of the exported file.
        reference: of the checkpoint.

    Raises:
        ConfigError: they differ in heads, labels or front-end.
    """
    if dict(card.heads) != dict(reference.heads):
        raise ConfigError(
            f"the reference has other labels than the exported file: {_told(reference)}, not "
            f"{_told(card)}",
            fix="Give the checkpoint that the file was made from.",
        )
    if card.fbank != reference.fbank:
        raise ConfigError(
            "the reference has another front-end than the exported file "
            f"(preset {reference.preset}, not {card.preset})",
            fix="Give the checkpoint that the file was made from.",
        )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _candidates(folder: Path) -> Iterator[Path]:
    yield bundled_checkpoint()
    yield from sorted(folder.glob("*.safetensors"))


def _told(card: ModelCard) -> str:
    return "; ".join(
        f"{head}: {', '.join(labels[:3])}{', …' if len(labels) > 3 else ''}"
        for head, labels in card.heads.items()
    )
