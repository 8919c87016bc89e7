"""From a sound and a checkpoint to all that is to be drawn."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from datar_edge.card import ModelCard
from datar_edge.errors import ConfigError
from datar_edge.explain.capture import capture, deformable_places
from datar_edge.explain.departure import departure
from datar_edge.explain.document import document_of
from datar_edge.explain.explanation import Comparison, Explanation
from datar_edge.explain.sound import HeardSound, hear
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.events import events_of
from datar_edge.models import Checkpoint, Network, load_checkpoint
from datar_edge.models.session import TorchSession, card_of
from datar_edge.report.reference import check_same_kind
from datar_edge.runtime import Session, open_session
from datar_edge.runtime.scorer import MIN_LEVEL_DBFS
from datar_edge.runtime.tags import TagChooser

__all__ = ["document_of", "explain", "load_checkpoint"]


def explain(
    sound: Path,
    checkpoint: Checkpoint,
    *,
    model: str,
    name: str,
    artifact: Path | None = None,
    head: str | None = None,
    hop_s: float | None = None,
    min_level_dbfs: float = MIN_LEVEL_DBFS,
    start_s: float | None = None,
    stages: Sequence[int] = (),
    events: Callable[[ModelCard], EventConfig] = EventConfig.of_card,
    threads: int = 1,
    progress: Callable[[float], None] = lambda _: None,
) -> Explanation:
    """Computes all that a picture shows, but for the layers of an exported file.

    Args:
        sound: the recording.
        checkpoint: the model.
        model: what the model is called.
        name: what the recording is called.
        artifact: an exported file to compare with; its card then says hop and thresholds.
        head: whose scores are shown; None for the first.
        hop_s: seconds between windows; None for the card's.
        min_level_dbfs: windows below this RMS level are silence.
        start_s: start of the window to look into; None for the one with the highest score.
        stages: whose attention is shown, from 1; empty for all.
        events: from a card to what makes an event.
        threads: of the exported file's runtime.
        progress: told the share of the sound that is done.

    Raises:
        AudioError: the sound cannot be read, or has none at `start_s`.
        CardError: the exported file has no card, or one that is malformed.
        ConfigError: there is no such head, or a stage has no deformable attention, a value is out
            of its range, or the exported file has other labels or another front-end.
        ModelFileError: the exported file is missing or of another kind.
    """
    check_stages(checkpoint.model, stages)
    with contextlib.ExitStack() as stack:
        sessions: list[Session] = [stack.enter_context(TorchSession(checkpoint))]
        if artifact is not None:
            sessions.append(stack.enter_context(open_session(artifact, threads=threads)))
        card = sessions[-1].card
        check_same_kind(card, card_of(checkpoint))
        chooser = TagChooser(card, head=head)
        config = events(card)
        heard = hear(
            sound,
            sessions,
            head=chooser.head,
            hop_s=card.hop_s if hop_s is None else hop_s,
            min_level_dbfs=min_level_dbfs,
            start_s=start_s,
            progress=progress,
        )
    return Explanation(
        name=name,
        model=model,
        card=card,
        head=chooser.head,
        sound=heard,
        event_config=config,
        events=tuple(tuple(events_of(scores, chooser, config)) for scores in heard.scores),
        window=capture(checkpoint, heard.shown.samples),
        stages=tuple(stages),
        comparison=None if artifact is None else _compared(artifact, card, heard, chooser.head),
    )


def check_stages(network: Network, stages: Sequence[int]) -> None:
    """Refuses stages without deformable attention.

    Raises:
        ConfigError: the network has none in one of them.
    """
    known = sorted({place.stage for place in deformable_places(network)})
    for stage in stages:
        if stage not in known:
            named = ", ".join(map(str, known)) or "none"
            raise ConfigError(
                f"stage {stage} of the model has no deformable attention",
                fix=f"Stages that have: {named}.",
            )


def _compared(artifact: Path, card: ModelCard, heard: HeardSound, head: str) -> Comparison:
    floats, files = heard.scores
    return Comparison(
        file=artifact.name,
        quantize=card.quantize,
        departure=departure(floats, files, head),
    )
