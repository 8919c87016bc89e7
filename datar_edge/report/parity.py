"""An exported file against the float model, on the real clips of a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio import read_audio
from datar_edge.audio.windows import clip_windows, hop_in_samples
from datar_edge.card import ModelCard
from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.errors import AudioError, CardError, DataError, LabelError
from datar_edge.export.verify import BOUNDS, Bound, Parity, ParityMeter, logits_of
from datar_edge.models.session import TorchSession
from datar_edge.report.clips import mean_scores
from datar_edge.report.reference import check_same_kind
from datar_edge.runtime import Session, open_session

Scores = Mapping[str, NDArray[np.float32]]
"""Float32 `[labels]` by head."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipParity:
    """What both models made of one clip.

    Attributes:
        path: the recording.
        label: its label in the model's first head, as the data set has it.
        max_abs_logit_diff: largest difference of any logit in any of its windows.
        reference_best: the float model's best label of the first head.
        artifact_best: the exported file's.
        agrees: whether the best labels of all heads are the same.
    """

    path: Path
    label: str
    max_abs_logit_diff: float
    reference_best: str
    artifact_best: str
    agrees: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ParityReport:
    """How near an exported file is to the float model on a data set.

    Attributes:
        clips: every clip that was compared, furthest first: other best labels before the rest,
            then by the difference of logits.
        windows: differences over all windows that count in a clip's score.
        top1_agreement: share of clips with the same best label, 0 to 1, the worst head's.
        reference_top1: accuracy of the float model's first head; None where the model lacks
            labels of the data set.
        artifact_top1: accuracy of the exported file's.
        skipped: why each of the other clips was not compared.
    """

    clips: tuple[ClipParity, ...]
    windows: Parity
    top1_agreement: float
    reference_top1: float | None
    artifact_top1: float | None
    skipped: tuple[str, ...]


def measure_parity(
    artifact: Session,
    reference: Session,
    clip_set: ClipSet,
    *,
    hop_s: float | None = None,
    progress: Callable[[Sequence[Clip]], Iterable[Clip]] = iter,
) -> ParityReport:
    """Runs both models on the windows of every clip, cut and averaged as `evaluate` does.

    Args:
        artifact: the exported file.
        reference: the float model, with the same heads and input.
        clip_set: the recordings.
        hop_s: seconds between windows; None for what the card says.
        progress: wraps the clips in a progress bar.

    Raises:
        ConfigError: the hop is out of its range.
        DataError: not one clip could be read.
        VerificationError: the exported file gives a score that is not finite.
    """
    card = artifact.card
    hop = hop_in_samples(card.hop_s if hop_s is None else hop_s, card.sample_rate_hz)
    meter = ParityMeter()
    clips: list[ClipParity] = []
    agreeing: list[list[bool]] = []
    skipped: list[str] = []
    for clip in progress(clip_set.clips):
        try:
            samples = [
                each.samples[np.newaxis]
                for each in clip_windows(
                    waveform_of(clip, card), window=card.window_samples, hop=hop
                )
            ]
        except AudioError as error:
            skipped.append(str(error))
            continue
        ours = [artifact.run(each) for each in samples]
        theirs = [reference.run(each) for each in samples]
        for one, other in zip(ours, theirs, strict=True):
            meter.add(one, other)
        best = {head: _best(mean_scores(ours), mean_scores(theirs), head) for head in card.heads}
        agreeing.append([mine == wanted for mine, wanted in best.values()])
        mine, wanted = best[card.main_head]
        clips.append(
            ClipParity(
                path=clip.path,
                label=clip.targets.get(card.main_head, ""),
                max_abs_logit_diff=max(map(_logit_difference, ours, theirs)),
                reference_best=card.labels[wanted],
                artifact_best=card.labels[mine],
                agrees=all(agreeing[-1]),
            )
        )
    if not clips:
        raise DataError(
            f"no clip of {clip_set.name} could be read, of {len(clip_set.clips)}",
            fix=f"The first: {skipped[0]}" if skipped else "Check the folder.",
        )
    known = _knows(card, clip_set)
    return ParityReport(
        clips=tuple(sorted(clips, key=lambda each: (each.agrees, -each.max_abs_logit_diff))),
        windows=meter.parity,
        top1_agreement=float(np.array(agreeing).mean(axis=0).min()),
        reference_top1=_share_right([each.reference_best for each in clips], clips, known),
        artifact_top1=_share_right([each.artifact_best for each in clips], clips, known),
        skipped=tuple(skipped),
    )


def compare_file(
    artifact: Path,
    reference: Path,
    clip_set: ClipSet,
    *,
    hop_s: float | None = None,
    threads: int = 1,
    progress: Callable[[Sequence[Clip]], Iterable[Clip]] = iter,
) -> ParityReport:
    """`measure_parity` of an exported file and a checkpoint.

    Args:
        artifact: the exported file.
        reference: the checkpoint; its form of φ is the definition, `F.grid_sample`.
        clip_set: the recordings.
        hop_s: seconds between windows; None for what the card says.
        threads: that each runtime may use.
        progress: wraps the clips in a progress bar.

    Raises:
        ConfigError: the two have other labels or front-ends, or a value is out of its range.
        DataError: not one clip could be read.
        ModelFileError: a file is missing, broken or of another kind.
        VerificationError: the exported file gives a score that is not finite.
    """
    with (
        open_session(artifact, threads=threads) as session,
        TorchSession(reference, threads=threads) as float_model,
    ):
        check_same_kind(session.card, float_model.card)
        return measure_parity(session, float_model, clip_set, hop_s=hop_s, progress=progress)


def bound_of(card: ModelCard) -> Bound:
    """How far a file of that quantization may be from the float model.

    Raises:
        CardError: the card names a quantization that there is not.
    """
    if card.quantize not in BOUNDS:
        raise CardError(
            f"the card says quantization {card.quantize!r}", fix=f"Known: {', '.join(BOUNDS)}."
        )
    return BOUNDS[card.quantize]


def drift_of(report: ParityReport, bound: Bound) -> list[str]:
    """What is outside the bound, a phrase each; nothing where the file is near enough.

    Args:
        report: what was measured.
        bound: of the file's quantization; its agreement is asked of clips, whose best label is
            what the file is for.
    """
    problems = []
    if report.windows.max_abs_logit_diff > bound.max_abs_logit_diff:
        problems.append(
            f"a logit differs by {report.windows.max_abs_logit_diff:.2e} "
            f"(at most {bound.max_abs_logit_diff:.0e})"
        )
    if report.top1_agreement < bound.top1_agreement:
        problems.append(
            f"{report.top1_agreement:.1%} of {len(report.clips)} clips have the same best label "
            f"(at least {bound.top1_agreement:.0%})"
        )
    return problems


def waveform_of(clip: Clip, card: ModelCard) -> NDArray[np.float32]:
    """A clip as float32 `[samples]` at the model's rate.

    Raises:
        AudioError: it cannot be read.
    """
    return read_audio(
        clip.path, card.sample_rate_hz, start_s=clip.start_s, duration_s=clip.duration_s
    )


def _best(ours: Scores, theirs: Scores, head: str) -> tuple[int, int]:
    return int(ours[head].argmax()), int(theirs[head].argmax())


def _logit_difference(ours: Scores, theirs: Scores) -> float:
    return max(
        float(np.abs(logits_of(ours[head]) - logits_of(theirs[head])).max()) for head in theirs
    )


def _knows(card: ModelCard, clip_set: ClipSet) -> bool:
    """Whether the model has all labels that its first head is asked for."""
    try:
        for label in clip_set.heads.get(card.main_head, ("",)):
            card.index_of(label)
    except LabelError:
        return False
    return True


def _share_right(best: Sequence[str], clips: Sequence[ClipParity], known: bool) -> float | None:
    if not known:
        return None
    right = [a.casefold() == clip.label.casefold() for a, clip in zip(best, clips, strict=True)]
    return float(np.mean(right))
