"""Accuracy of a model file on a data set, through the runtime that will run the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio import read_audio
from datar_edge.audio.windows import hop_in_samples
from datar_edge.card import ModelCard
from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.errors import AudioError, DataError
from datar_edge.extras import require
from datar_edge.report.calibration import expected_calibration_error
from datar_edge.report.clips import clip_scores
from datar_edge.runtime import Session, open_session
from datar_edge.runtime.open import kind_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Accuracy:
    """How often the right label was among the best.

    Attributes:
        clips: how many were asked.
        top1: share whose best label was right, 0 to 1.
        top5: share whose right label was among the five best, 0 to 1.
    """

    clips: int
    top1: float
    top5: float


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadAccuracy:
    """Accuracy of one head.

    Attributes:
        overall: over all clips.
        per_class: over the clips of each label that has any, in the order of the card.
        mean_average_precision: over those labels, as in AudioSet's evaluation, 0 to 1.
        calibration_error: of the clips' best scores, see `expected_calibration_error`, 0 to 1.
        confusion: int `[labels, labels]`, clips of the row's label whose best was the column's.
    """

    overall: Accuracy
    per_class: Mapping[str, Accuracy]
    mean_average_precision: float
    calibration_error: float
    confusion: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """What an evaluation came to.

    Attributes:
        clips: how many were scored.
        all_right: share of clips whose best label was right in every head, 0 to 1.
        heads: accuracy by head, in the order of the card.
        skipped: why each of the other clips was not scored.
    """

    clips: int
    all_right: float
    heads: Mapping[str, HeadAccuracy]
    skipped: tuple[str, ...]


def open_model(path: Path | None, *, threads: int = 1) -> Session:
    """Opens what can be evaluated: an exported file, or a checkpoint where torch is installed.

    Args:
        path: the file; None for the bundled model.
        threads: that the runtime may use.

    Raises:
        ModelFileError: the file is missing, broken or of another kind.
        MissingExtraError: it is a checkpoint, and torch is not installed.
    """
    if path is not None and path.is_file() and kind_of(path) == "checkpoint":
        models = require("datar_edge.models.session", extra="train", purpose="running a checkpoint")
        session: Session = models.TorchSession(path, threads=threads)
        return session
    return open_session(path, threads=threads)


def evaluate(
    session: Session,
    clip_set: ClipSet,
    *,
    hop_s: float | None = None,
    progress: Callable[[Sequence[Clip]], Iterable[Clip]] = iter,
) -> Evaluation:
    """Scores every clip and counts the right ones; clips that cannot be read are left out.

    Args:
        session: the model.
        clip_set: what it is asked.
        hop_s: seconds between windows; None for what its card says.
        progress: wraps the clips in a progress bar.

    Raises:
        ConfigError: the hop is out of its range.
        DataError: the model lacks a head of the data set, or not one clip could be read.
        LabelError: the model lacks a label of the data set.
    """
    card = session.card
    hop = hop_in_samples(card.hop_s if hop_s is None else hop_s, card.sample_rate_hz)
    _check_labels(card, clip_set)
    heads = [head for head in card.heads if head in clip_set.heads]
    asked: list[list[int]] = []
    given: dict[str, list[NDArray[np.float32]]] = {head: [] for head in heads}
    skipped: list[str] = []
    for clip in progress(clip_set.clips):
        try:
            scores = _scores_of(session, clip, hop)
        except AudioError as error:
            skipped.append(str(error))
            continue
        indices = {head: card.index_of(clip.targets[head], head) for head in heads}
        asked.append(list(indices.values()))
        for head in heads:
            given[head].append(scores[head])
    if not asked:
        raise DataError(
            f"no clip of {clip_set.name} could be read, of {len(clip_set.clips)}",
            fix=f"The first: {skipped[0]}" if skipped else "Check the folder.",
        )
    targets = np.array(asked)
    scores_of = {head: np.stack(given[head]) for head in heads}
    ranks = np.stack(
        [_ranks(scores_of[head], targets[:, i]) for i, head in enumerate(heads)], axis=1
    )
    return Evaluation(
        clips=len(asked),
        all_right=float((ranks == 0).all(axis=1).mean()),
        heads={
            head: _head_accuracy(
                card.heads[head], scores_of[head], targets[:, column], ranks[:, column]
            )
            for column, head in enumerate(heads)
        },
        skipped=tuple(skipped),
    )


def _scores_of(session: Session, clip: Clip, hop: int) -> dict[str, NDArray[np.float32]]:
    waveform = read_audio(
        clip.path,
        session.card.sample_rate_hz,
        start_s=clip.start_s,
        duration_s=clip.duration_s,
    )
    return clip_scores(session, waveform, hop=hop)


def rank_of(scores: NDArray[np.float32], index: int) -> int:
    """How many labels come before one, best first; of equal scores the earlier label comes first.

    Args:
        scores: `[labels]`.
        index: the label's position.
    """
    better = int((scores > scores[index]).sum())
    equal_before = int((scores[:index] == scores[index]).sum())
    return better + equal_before


def _ranks(scores: NDArray[np.float32], targets: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.array([rank_of(row, index) for row, index in zip(scores, targets, strict=True)])


def average_precision(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """The mean, over the positive examples, of the precision at each one's score.

    Examples of equal score count together, so that their order does not matter.

    Args:
        scores: `[N]` of one label.
        positive: bool `[N]`, at least one of them true.
    """
    order = np.argsort(-scores, kind="stable")
    sorted_scores, hits = scores[order], np.cumsum(positive[order])
    last = np.searchsorted(-sorted_scores, -sorted_scores, side="right")  # of the equal ones
    precision = hits[last - 1] / last
    return float(precision[positive[order]].mean())


def _check_labels(card: ModelCard, clip_set: ClipSet) -> None:
    for head, labels in clip_set.heads.items():
        if head not in card.heads:
            raise DataError(
                f"the model has no head {head!r}, which {clip_set.name} asks for",
                fix=f"Its heads are {', '.join(card.heads)}.",
            )
        for label in labels:
            card.index_of(label, head)


def _head_accuracy(
    labels: Sequence[str],
    scores: NDArray[np.float32],
    targets: NDArray[np.int64],
    ranks: NDArray[np.int64],
) -> HeadAccuracy:
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(confusion, (targets, scores.argmax(axis=1)), 1)
    precisions = [average_precision(scores[:, i], targets == i) for i in np.unique(targets)]
    return HeadAccuracy(
        overall=_accuracy(ranks),
        per_class={
            label: _accuracy(ranks[targets == index])
            for index, label in enumerate(labels)
            if (targets == index).any()
        },
        mean_average_precision=float(np.mean(precisions)),
        calibration_error=expected_calibration_error(scores, targets),
        confusion=confusion,
    )


def _accuracy(ranks: NDArray[np.int64]) -> Accuracy:
    return Accuracy(
        clips=len(ranks), top1=float((ranks < 1).mean()), top5=float((ranks < 5).mean())
    )
