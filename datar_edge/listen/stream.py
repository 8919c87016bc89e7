"""Sound in, scores out, window by window; the same for a file, a stream and a microphone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from datar_edge.audio.windows import SILENCE_DBFS, Window, Windower, hop_samples, level_dbfs
from datar_edge.errors import ConfigError, LabelError
from datar_edge.listen.source import Block
from datar_edge.runtime import Session


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredWindow:
    """What a model makes of one window.

    Attributes:
        start_s: start of the window in seconds of the stream.
        end_s: its end, not beyond the end of the sound.
        scores: by label, 0 to 1; empty where the window is silence.
        padded: whether the sound ended within the window.
        level_dbfs: root mean square of its sound in decibels of full scale.
    """

    start_s: float
    end_s: float
    scores: Mapping[str, float]
    padded: bool
    level_dbfs: float


class WindowScorer:
    """Runs a model on the windows of one stream.

    Args:
        session: the model.
        hop_s: seconds between windows; None for the model's own.
        silence_dbfs: windows quieter than this are not run and have no scores.
        head: which head's scores; None for the first.
        allow: labels to keep; all where empty.
        deny: labels to leave out.

    Raises:
        ConfigError: hop or head is not one.
        LabelError: a label is not the model's.
    """

    def __init__(
        self,
        session: Session,
        *,
        hop_s: float | None = None,
        silence_dbfs: float = SILENCE_DBFS,
        head: str | None = None,
        allow: Sequence[str] = (),
        deny: Sequence[str] = (),
    ) -> None:
        card = session.card
        self._session = session
        self._head = card.main_head if head is None else head
        if self._head not in card.heads:
            raise ConfigError(
                f"the model has no head {head!r}", fix=f"Heads: {', '.join(card.heads)}."
            )
        self._labels = card.heads[self._head]
        self._kept = _kept_labels(self._labels, allow, deny)
        self._rate_hz = card.sample_rate_hz
        self._silence_dbfs = silence_dbfs
        hop = hop_samples(card.hop_s if hop_s is None else hop_s, self._rate_hz)
        self._windower = Windower(card.window_samples, hop)

    @property
    def position_s(self) -> float:
        """Seconds of the stream so far, lost ones included."""
        return self._windower.position / self._rate_hz

    def push(self, block: Block) -> Iterator[ScoredWindow]:
        """Takes sound and gives the windows that it completes."""
        if block.lost:
            self._windower.skip(block.lost)
        yield from map(self._score, self._windower.push(block.samples))

    def finish(self) -> Iterator[ScoredWindow]:
        """Ends the stream: gives the last window, if sound is left."""
        yield from map(self._score, self._windower.finish())

    def run(self, blocks: Iterable[Block]) -> Iterator[ScoredWindow]:
        """All windows of a stream that ends."""
        for block in blocks:
            yield from self.push(block)
        yield from self.finish()

    def _score(self, window: Window) -> ScoredWindow:
        level = level_dbfs(window.samples[: window.valid])
        scores: dict[str, float] = {}
        if level >= self._silence_dbfs:
            values = self._session.run(window.samples[np.newaxis])[self._head]
            scores = {self._labels[index]: float(values[index]) for index in self._kept}
        return ScoredWindow(
            start_s=window.start / self._rate_hz,
            end_s=(window.start + window.valid) / self._rate_hz,
            scores=scores,
            padded=window.valid < len(window.samples),
            level_dbfs=level,
        )


def _kept_labels(
    labels: Sequence[str], allow: Sequence[str], deny: Sequence[str]
) -> tuple[int, ...]:
    positions = {label.casefold(): index for index, label in enumerate(labels)}
    for label in (*allow, *deny):
        if label.casefold() not in positions:
            raise LabelError(label, labels)
    allowed = {positions[label.casefold()] for label in allow} or set(positions.values())
    return tuple(sorted(allowed - {positions[label.casefold()] for label in deny}))
