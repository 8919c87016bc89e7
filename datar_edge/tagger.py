"""The Python face: load a model, tag sound, follow a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from datar_edge.audio.files import Resampler
from datar_edge.card import ModelCard
from datar_edge.errors import AudioError
from datar_edge.listen.events import Event, EventConfig, EventTracker
from datar_edge.listen.source import Block, FileSource, Source
from datar_edge.listen.stream import ScoredWindow, WindowScorer
from datar_edge.runtime import Session, open_session


@dataclass(frozen=True, slots=True)
class Tag:
    """A label and its score, 0 to 1."""

    label: str
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """A stretch of sound with one best label.

    Attributes:
        start_s: its start in seconds.
        end_s: its end.
        tags: best first; empty where it is silence.
        padded: whether the sound was shorter than the model's window.
    """

    start_s: float
    end_s: float
    tags: tuple[Tag, ...]
    padded: bool = False


class Tagger:
    """A model that tags sound. A context manager, which gives the model's memory back.

    Args:
        session: the model.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def card(self) -> ModelCard:
        """What the model says of itself: labels, rate, window, provenance."""
        return self._session.card

    def tag(self, waveform: NDArray[np.float32], sample_rate_hz: int) -> list[Segment]:
        """Tags samples.

        Args:
            waveform: float `[samples]` or `[samples, channels]` in [-1, 1].
            sample_rate_hz: its rate.

        Returns:
            Neighbouring windows with the same best label as one segment, in order.

        Raises:
            AudioError: the waveform is empty, has a wrong shape, or is not finite.
        """
        samples = np.asarray(waveform, dtype=np.float32)
        if samples.ndim == 2:
            samples = samples.mean(axis=1, dtype=np.float32)
        if samples.ndim != 1 or not len(samples):
            raise AudioError(
                f"the waveform has the shape {list(np.shape(waveform))}",
                fix="Allowed: [samples] or [samples, channels], at least one sample.",
            )
        if not np.isfinite(samples).all():
            raise AudioError("the waveform holds values that are not finite (NaN or infinite)")
        resample = Resampler(sample_rate_hz, self.card.sample_rate_hz)
        block = Block(resample(samples, last=True))
        return merge(list(WindowScorer(self._session).run([block])))

    def tag_file(self, path: str | Path, *, hop_s: float | None = None) -> list[Segment]:
        """Tags a file, which is streamed and never held whole.

        Args:
            path: a sound file of any format, rate and channel count that libsndfile reads.
            hop_s: seconds between windows; None for the model's own.

        Raises:
            AudioError: the file is missing, not audio, empty, truncated, or not finite.
        """
        return merge(list(self.windows(FileSource(Path(path)), hop_s=hop_s)))

    def windows(self, source: Source, *, hop_s: float | None = None) -> Iterator[ScoredWindow]:
        """The scores of each window of a source, as they come."""
        scorer = WindowScorer(self._session, hop_s=hop_s)
        yield from scorer.run(source.blocks(self.card.sample_rate_hz))

    def stream(
        self, source: Source, *, hop_s: float | None = None, config: EventConfig | None = None
    ) -> Iterator[Event]:
        """The events of a source, as they start and end; each start has exactly one end.

        Args:
            source: such as `datar_edge.listen.source.MicrophoneSource()`.
            hop_s: seconds between windows; None for the model's own.
            config: thresholds; the model's own where None.
        """
        tracker = EventTracker(config or EventConfig.from_threshold(self.card.threshold))
        for window in self.windows(source, hop_s=hop_s):
            yield from tracker.update(window.scores, start_s=window.start_s, end_s=window.end_s)
        yield from tracker.finish()

    def close(self) -> None:
        """Gives the model's memory back."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def load(path: str | Path | None = None, *, threads: int = 1) -> Tagger:
    """Loads a model file.

    Args:
        path: the file; None for the bundled model.
        threads: of the runtime.

    Raises:
        ModelFileError: missing, or not a model that a runtime here takes.
        CardError: it has no card of ours.
        MissingExtraError: its runtime is not installed.
    """
    return Tagger(open_session(None if path is None else Path(path), threads=threads))


def tags_of(window: ScoredWindow) -> tuple[Tag, ...]:
    """The tags of one window, best first."""
    ranked = sorted(window.scores.items(), key=lambda item: -item[1])
    return tuple(Tag(label, score) for label, score in ranked)


def merge(windows: Sequence[ScoredWindow]) -> list[Segment]:
    """Joins neighbouring windows with the same best label; scores are means over them."""
    segments: list[Segment] = []
    for run in _runs(windows):
        means = {
            label: sum(window.scores[label] for window in run) / len(run) for label in run[0].scores
        }
        ranked = sorted(means.items(), key=lambda item: -item[1])
        # Windows overlap: where the next run begins, this one ends.
        segments.append(
            Segment(
                start_s=run[0].start_s,
                end_s=run[-1].end_s,
                tags=tuple(Tag(label, score) for label, score in ranked),
                padded=len(windows) == 1 and run[0].padded,
            )
        )
    return segments


def _runs(windows: Sequence[ScoredWindow]) -> Iterator[list[ScoredWindow]]:
    run: list[ScoredWindow] = []
    for window in windows:
        if run and _best(window) != _best(run[-1]):
            yield run
            run = []
        run.append(window)
    if run:
        yield run


def _best(window: ScoredWindow) -> str | None:
    return max(window.scores, key=lambda label: window.scores[label], default=None)
