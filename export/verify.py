"""A written file against the float model, on real sound, before it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.files import read_audio
from datar_edge.audio.windows import clip_windows
from datar_edge.card import ModelCard
from datar_edge.errors import VerificationError
from datar_edge.runtime import Session

_LEAST_SCORE = 1e-30
"""Where scores are cut before the logarithm; float32 holds them down to 1e-38."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """How far a file may be from the float model on real sound and be kept.

    Attributes:
        max_abs_logit_diff: largest difference of any logit.
        top1_agreement: least share of windows with the same best label, 0 to 1.
    """

    max_abs_logit_diff: float
    top1_agreement: float


BOUNDS: Mapping[str, Bound] = {
    # float32 sums of a few thousand terms in another order differ by about 1e-5 in a logit, and a
    # wrong operator shows as 1e-2 and more.
    "none": Bound(max_abs_logit_diff=1e-4, top1_agreement=1.0),
    # Weights of 11 bits: about 5e-4 of each product, which no trained model's labels hang on.
    "fp16": Bound(max_abs_logit_diff=0.1, top1_agreement=0.99),
    # Eight bits move logits by tenths; what counts is whether the labels stay.
    "int8-dynamic": Bound(max_abs_logit_diff=float("inf"), top1_agreement=0.98),
    "int8": Bound(max_abs_logit_diff=float("inf"), top1_agreement=0.98),
}
"""By quantization."""


@dataclass(frozen=True, kw_only=True)
class Parity:
    """How near a file is to the float model.

    Logits are the logarithms of the scores: what a softmax was given, up to a constant that it
    takes away.

    Attributes:
        windows: windows compared.
        max_abs_logit_diff: largest difference of any logit.
        max_abs_score_diff: largest difference of any score.
        top1_agreement: share of windows with the same best label, 0 to 1, the worst head's.
        sqnr_db: power of the float model's logits, their mean over the labels taken off, over the
            power of the differences, in decibels; infinity where there is no difference.
    """

    windows: int
    max_abs_logit_diff: float
    max_abs_score_diff: float
    top1_agreement: float
    sqnr_db: float


@dataclass
class ParityMeter:
    """Adds up differences, window by window."""

    _count: int = 0
    _logit: float = 0.0
    _score: float = 0.0
    _signal: float = 0.0
    _noise: float = 0.0
    _agreeing: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        ours: Mapping[str, NDArray[np.float32]],
        reference: Mapping[str, NDArray[np.float32]],
    ) -> None:
        """Compares the scores of one window, or of one clip, `[labels]` by head.

        Raises:
            VerificationError: a score of ours is not finite.
        """
        self._count += 1
        for head, expected in reference.items():
            if not np.isfinite(ours[head]).all():
                raise VerificationError("the exported file gives scores that are not finite")
            logits, wanted = logits_of(ours[head]), logits_of(expected)
            differences = logits - wanted
            self._score = max(self._score, float(np.abs(ours[head] - expected).max()))
            self._logit = max(self._logit, float(np.abs(differences).max()))
            self._signal += float(np.square(wanted - wanted.mean()).sum())
            self._noise += float(np.square(differences - differences.mean()).sum())
            same = int(ours[head].argmax() == expected.argmax())
            self._agreeing[head] = self._agreeing.get(head, 0) + same

    @property
    def parity(self) -> Parity:
        """What has been added so far.

        Raises:
            VerificationError: nothing has.
        """
        if not self._count:
            raise VerificationError("there is no sound to compare the exported file on")
        ratio = self._signal / self._noise if self._noise else np.inf
        return Parity(
            windows=self._count,
            max_abs_logit_diff=self._logit,
            max_abs_score_diff=self._score,
            top1_agreement=min(self._agreeing.values()) / self._count,
            sqnr_db=float(10.0 * np.log10(ratio)) if ratio > 0.0 else 0.0,
        )


def logits_of(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logits of a softmax's scores `[labels]`, up to a constant."""
    return np.log(np.maximum(scores.astype(np.float64), _LEAST_SCORE))


def recording_windows(paths: Sequence[Path], card: ModelCard) -> Iterator[NDArray[np.float32]]:
    """Back-to-back windows of recordings, the last padded: `[1, window_samples]` each.

    Those that are far quieter than their recording's loudest are left out, as `evaluate` does:
    they are padding, which has no right label.
    """
    size = card.window_samples
    for path in paths:
        waveform = read_audio(path, card.sample_rate_hz)
        for window in clip_windows(waveform, window=size, hop=size):
            yield window.samples[np.newaxis]


def edge_windows(card: ModelCard) -> Iterator[NDArray[np.float32]]:
    """Silence, a click and full scale: what recordings seldom hold and devices do."""
    size = card.window_samples
    yield np.zeros((1, size), np.float32)
    click = np.zeros((1, size), np.float32)
    click[0, size // 2] = 1.0
    yield click
    half_period = max(1, card.sample_rate_hz // 880)
    square = np.where(np.arange(size) // half_period % 2 == 0, 1.0, -1.0)
    yield square.astype(np.float32)[np.newaxis]


def compare(
    artifact: Session, reference: Session, windows: Iterable[NDArray[np.float32]]
) -> Parity:
    """Runs both on the same windows.

    Args:
        artifact: the written file.
        reference: the float model.
        windows: float32 `[1, window_samples]` each.

    Raises:
        VerificationError: a score is not finite, or there is no window.
    """
    meter = ParityMeter()
    for window in windows:
        meter.add(artifact.run(window), reference.run(window))
    return meter.parity


_KEEP_IT = "Look where with datar-edge parity --per-layer, or keep it with --allow-drift."


def check_parity(parity: Parity, bound: Bound) -> None:
    """Refuses a file that is too far from the float model.

    Raises:
        VerificationError: it is, with the figure and the bound.
    """
    problems = []
    if parity.max_abs_logit_diff > bound.max_abs_logit_diff:
        problems.append(
            f"a logit differs by {parity.max_abs_logit_diff:.2e} "
            f"(at most {bound.max_abs_logit_diff:.0e})"
        )
    if parity.top1_agreement < bound.top1_agreement:
        problems.append(
            f"{parity.top1_agreement:.1%} of {parity.windows} windows have the same best label "
            f"(at least {bound.top1_agreement:.0%})"
        )
    if problems:
        raise VerificationError(
            f"the exported file differs from the model: {'; '.join(problems)}; it was not kept",
            fix=_KEEP_IT,
        )


def check_edges(edges: Parity, bound: Bound) -> None:
    """Refuses a file that is too far from the float model where no sound is.

    What is not sound has no right label, so that only its logits are held to the bound.

    Args:
        edges: of `edge_windows`.
        bound: what its quantization allows.

    Raises:
        VerificationError: it is, with the figure and the bound.
    """
    if edges.max_abs_logit_diff > bound.max_abs_logit_diff:
        raise VerificationError(
            f"on silence, a click or full scale the exported file differs from the model: a logit "
            f"by {edges.max_abs_logit_diff:.2e} (at most {bound.max_abs_logit_diff:.0e}); it was "
            "not kept",
            fix=_KEEP_IT,
        )
