"""The Python face: a model that tags waveforms, files and streams."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.files import AudioReader
from datar_edge.audio.resample import Resampler
from datar_edge.card import ModelCard
from datar_edge.closing import Closing
from datar_edge.errors import AudioError
from datar_edge.listen.engine import HISTORY_S, Listener
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.segments import Segment, merged_segments, window_segments
from datar_edge.listen.sources.source import Source
from datar_edge.runtime import Session, open_session
from datar_edge.runtime.scorer import MIN_LEVEL_DBFS, WindowScorer, WindowScores
from datar_edge.runtime.tags import TagChooser

_MAX_RATE_HZ = 768_000


class Tagger(Closing):
    """A model with the choices of how to use it; a context manager that closes the model.

    Args:
        session: the model; closed by `close`.
        hop_s: distance between windows in seconds; None for the card's.
        head: the head to show; None for the first.
        allow: labels that count; empty for all.
        deny: labels that do not count.
        threshold: least score of a tag.
        max_results: tags of a segment at most; None for all.
        min_level_dbfs: windows below this RMS level are silence and have no tags.

    Raises:
        LabelError: a label that the model does not know.
        ConfigError: another value is out of its range.
    """

    def __init__(
        self,
        session: Session,
        *,
        hop_s: float | None = None,
        head: str | None = None,
        allow: Iterable[str] = (),
        deny: Iterable[str] = (),
        threshold: float = 0.0,
        max_results: int | None = None,
        min_level_dbfs: float = MIN_LEVEL_DBFS,
    ) -> None:
        self._session = session
        self._hop_s = hop_s
        self._min_level_dbfs = min_level_dbfs
        self._chooser = TagChooser(
            session.card,
            head=head,
            allow=allow,
            deny=deny,
            threshold=threshold,
            max_results=max_results,
        )
        self._scorer()  # so that a wrong hop or level is told now

    @property
    def card(self) -> ModelCard:
        """What the model says of itself: labels, sample rate, window, origin."""
        return self._session.card

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that count."""
        return self._chooser.labels

    @property
    def hop_s(self) -> float:
        """Distance between windows, whole samples of it."""
        return self._scorer().hop / self.card.sample_rate_hz

    def tag(
        self, waveform: NDArray[np.floating], sample_rate_hz: int, *, merge: bool = True
    ) -> list[Segment]:
        """Tags of a sound in memory.

        Args:
            waveform: float `[samples]` in [-1, 1], mono.
            sample_rate_hz: its rate; it is resampled where the model expects another.
            merge: neighbouring windows with the same best label become one segment; False for
                each window by itself.

        Returns:
            Segments in the order of time; none for a sound of no samples.

        Raises:
            AudioError: the waveform is not mono, not float or not finite.
        """
        samples = np.asarray(waveform)
        if samples.ndim != 1 or samples.dtype.kind != "f":
            raise AudioError(
                f"the waveform is {samples.dtype} {list(samples.shape)}",
                fix="Give float samples in [-1, 1] of shape [samples], one channel.",
            )
        if not np.isfinite(samples).all():
            raise AudioError(f"sample {int(np.argmin(np.isfinite(samples)))} is not finite")
        if not 1 <= sample_rate_hz <= _MAX_RATE_HZ:
            raise AudioError(
                f"the sample rate is {sample_rate_hz} Hz", fix=f"Allowed: 1 to {_MAX_RATE_HZ}."
            )
        resampler = Resampler(from_hz=sample_rate_hz, to_hz=self.card.sample_rate_hz)
        resampled = resampler.push(samples.astype(np.float32), last=True)
        return list(self._segments(self._scorer().score_all([resampled]), merge=merge))

    def tag_file(
        self,
        path: str | os.PathLike[str],
        *,
        merge: bool = True,
        progress: Callable[[float], None] | None = None,
    ) -> list[Segment]:
        """Tags of a sound file, which is not loaded whole.

        Args:
            path: a file of any format, rate and number of channels that libsndfile reads.
            merge: see `tag`.
            progress: told the share of the file that is done, 0 to 1, from time to time.

        Returns:
            Segments in the order of time, the last one ends where the file does.

        Raises:
            AudioError: the file is missing, no sound, empty, cut off or not finite.
        """
        with AudioReader(path) as reader:
            blocks = reader.blocks(self.card.sample_rate_hz)
            windows = self._scorer().score_all(blocks)
            if progress is not None:
                windows = _reporting(windows, reader.duration_s, progress)
            return list(self._segments(windows, merge=merge))

    def stream(
        self,
        source: Source | None = None,
        *,
        events: EventConfig | None = None,
        history_s: float = HISTORY_S,
    ) -> Listener:
        """Listens until the source ends or is stopped.

        Args:
            source: where the sound comes from, closed at the end; None for the microphone.
            events: what makes an event; None for the start threshold of the model's card.
            history_s: seconds of the sound that are kept, for recordings of events.

        Returns:
            To iterate over, for `Status`, `Scores`, `EventStart` and `EventEnd` as the sound is
            heard; a context manager, for those who leave its loop early.

        Raises:
            DeviceError: no PortAudio, or no device.
            ConfigError: `history_s` is out of its range.
        """
        return Listener(
            _microphone() if source is None else source,
            sample_rate_hz=self.card.sample_rate_hz,
            scorer=self._scorer(),
            chooser=self._chooser,
            config=EventConfig.of_card(self.card) if events is None else events,
            history_s=history_s,
        )

    def close(self) -> None:
        """Gives the model's memory back."""
        self._session.close()

    def _scorer(self) -> WindowScorer:
        return WindowScorer(self._session, hop_s=self._hop_s, min_level_dbfs=self._min_level_dbfs)

    def _segments(self, windows: Iterable[WindowScores], *, merge: bool) -> Iterator[Segment]:
        make = merged_segments if merge else window_segments
        return make(windows, self._chooser)


def load(
    path: str | os.PathLike[str] | None = None,
    *,
    threads: int = 1,
    hop_s: float | None = None,
    head: str | None = None,
    allow: Iterable[str] = (),
    deny: Iterable[str] = (),
    threshold: float = 0.0,
    max_results: int | None = None,
    min_level_dbfs: float = MIN_LEVEL_DBFS,
) -> Tagger:
    """A tagger from a model file.

    Args:
        path: a .tflite file that datar-edge exported; None for the bundled model.
        threads: that the runtime may use.
        hop_s: see `Tagger`, as for all that follow.
        head: the head to show.
        allow: labels that count.
        deny: labels that do not count.
        threshold: least score of a tag.
        max_results: tags of a segment at most.
        min_level_dbfs: level of silence.

    Raises:
        ModelFileError: the file is missing, broken, or not one that a device runs.
        CardError: its card is missing, malformed or contradicts the model.
        LabelError: a label that the model does not know.
        ConfigError: another value is out of its range.
    """
    session = open_session(path, threads=threads)
    try:
        return Tagger(
            session,
            hop_s=hop_s,
            head=head,
            allow=allow,
            deny=deny,
            threshold=threshold,
            max_results=max_results,
            min_level_dbfs=min_level_dbfs,
        )
    except Exception:
        session.close()
        raise


def _reporting(
    windows: Iterable[WindowScores], duration_s: float, progress: Callable[[float], None]
) -> Iterator[WindowScores]:
    for window in windows:
        yield window
        progress(min(1.0, window.end_s / duration_s))


def _microphone() -> Source:
    from datar_edge.listen.sources.microphone import MicrophoneSource  # noqa: PLC0415 (needs PortAudio)

    return MicrophoneSource()
