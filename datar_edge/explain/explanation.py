"""All that a picture shows, computed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from datar_edge.card import ModelCard
from datar_edge.explain.axes import SpectrogramAxes
from datar_edge.explain.captured import AttentionLayer, CapturedWindow
from datar_edge.explain.departure import Departure
from datar_edge.explain.sound import HeardSound
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.messages import EventEnd
from datar_edge.runtime.tags import Tag

if TYPE_CHECKING:
    from datar_edge.report.layers import LayerReport

_NAMED_TAGS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """An exported file beside the float model.

    Attributes:
        file: its name.
        quantize: what its card says.
        departure: the differences of scores; None where all of the sound is silence.
        layers: layer by layer; None where that was not asked for.
    """

    file: str
    quantize: str
    departure: Departure | None
    layers: LayerReport | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """A sound, a model, and what the model computes on the sound.

    Attributes:
        name: of the sound.
        model: name of the checkpoint.
        card: of the model.
        head: whose scores are shown.
        sound: the recording with its scores; the float model's, then those of the file compared.
        event_config: what makes an event.
        events: those of each model's scores.
        window: what the float model computes on the window that is looked into.
        stages: whose attention is shown; empty for all.
        comparison: with an exported file; None where there is none.
    """

    name: str
    model: str
    card: ModelCard
    head: str
    sound: HeardSound
    event_config: EventConfig
    events: tuple[tuple[EventEnd, ...], ...]
    window: CapturedWindow
    stages: tuple[int, ...] = ()
    comparison: Comparison | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the head."""
        return self.card.heads[self.head]

    @property
    def layers(self) -> tuple[AttentionLayer, ...]:
        """The deformable attentions that are shown."""
        return tuple(
            layer for layer in self.window.layers if not self.stages or layer.stage in self.stages
        )

    @property
    def axes(self) -> SpectrogramAxes:
        """Of the window's spectrogram."""
        start_s = self.sound.shown.start / self.card.sample_rate_hz
        return SpectrogramAxes(fbank=self.card.fbank, start_s=start_s)

    @property
    def shown_s(self) -> tuple[float, float]:
        """Start and end of the sound in the window."""
        shown = self.sound.shown
        start_s = shown.start / self.card.sample_rate_hz
        return start_s, start_s + shown.valid / self.card.sample_rate_hz

    def best_tags(self) -> tuple[Tag, ...]:
        """The best labels of the window."""
        scores = self.window.scores[self.head]
        order = scores.argsort()[::-1][:_NAMED_TAGS]
        return tuple(Tag(self.labels[index], float(scores[index])) for index in order)
