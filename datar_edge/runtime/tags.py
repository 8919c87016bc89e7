"""Scores as tags: which labels count, how many, and from which score on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Tag:
    """A label with its score, 0 to 1."""

    label: str
    score: float


class TagChooser:
    """Picks the tags of one head.

    Args:
        card: of the model.
        head: name of the head; None for the first.
        allow: labels that count; empty for all.
        deny: labels that do not count.
        threshold: least score of a tag.
        max_results: tags at most; None for all.

    Raises:
        LabelError: a label that the head does not have.
        ConfigError: no such head, no label left, or a value out of its range.
    """

    def __init__(
        self,
        card: ModelCard,
        *,
        head: str | None = None,
        allow: Iterable[str] = (),
        deny: Iterable[str] = (),
        threshold: float = 0.0,
        max_results: int | None = None,
    ) -> None:
        self.head = _known_head(card, head)
        self.threshold = checked_threshold(threshold)
        if max_results is not None and max_results < 1:
            raise ConfigError(f"max_results is {max_results}", fix="Allowed: 1 or more.")
        self._max_results = max_results
        self._labels = card.heads[self.head]
        allowed = {card.index_of(label, self.head) for label in allow}
        denied = {card.index_of(label, self.head) for label in deny}
        self._indices = np.array(sorted((allowed or set(range(len(self._labels)))) - denied), int)
        if not len(self._indices):
            raise ConfigError("no label is left", fix="Deny fewer labels, or allow more.")

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that count, in the model's order."""
        return tuple(self._labels[index] for index in self._indices)

    def best(self, scores: NDArray[np.floating]) -> tuple[Tag, ...]:
        """The tags of float `[labels]`, best first."""
        considered = scores[self._indices]
        order = np.argsort(-considered, kind="stable")[: self._max_results]
        return tuple(
            Tag(self._labels[self._indices[i]], float(considered[i]))
            for i in order
            if considered[i] >= self.threshold
        )

    def all(self, scores: NDArray[np.floating]) -> tuple[Tag, ...]:
        """Every label that counts with its score, in the order of `labels`."""
        return tuple(Tag(self._labels[i], float(scores[i])) for i in self._indices)


def checked_threshold(value: float) -> float:
    """A threshold that is a score.

    Raises:
        ConfigError: it is below 0 or above 1.
    """
    if not 0.0 <= value <= 1.0:
        raise ConfigError(f"the threshold is {value!r}", fix="Allowed: 0 to 1.")
    return value


def _known_head(card: ModelCard, head: str | None) -> str:
    if head is None:
        return card.main_head
    if head not in card.heads:
        raise ConfigError(
            f"the model has no head {head!r}", fix=f"Its heads: {', '.join(card.heads)}."
        )
    return head
