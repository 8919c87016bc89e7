"""What a network computed on one window, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.explain.axes import PixelScale

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class AttentionLayer:
    """One deformable attention: where it sampled, and how much it looked there.

    G: offset groups, M: heads, Q: queries, N: points. Group g serves heads g·M/G to (g+1)·M/G.

    Attributes:
        path: of its module in the network, such as "stages.2.2.attention".
        stage: number of its stage, from 1.
        block: number of its block in the stage, from 1.
        map_size: height and width of the stage's map.
        scale: where the map's pixels lie in the spectrogram.
        reference_px: `[N, 2]`, the regular grid, as (y, x) in pixels of the map.
        points_px: `[G, N, 2]`, the same points where their offsets moved them.
        weights: `[M, Q, N]`, the attention weights; those of a head and query sum to 1.
    """

    path: str
    stage: int
    block: int
    map_size: tuple[int, int]
    scale: PixelScale
    reference_px: Array
    points_px: Array
    weights: Array

    @property
    def groups(self) -> int:
        """Offset groups."""
        return len(self.points_px)

    @property
    def heads_per_group(self) -> int:
        """Heads that share a group's points."""
        return len(self.weights) // self.groups

    def mean_weights(self) -> Array:
        """`[G, N]`: the mean over all queries and over the heads of a group; a group sums to 1."""
        grouped = self.weights.reshape(self.groups, -1, self.weights.shape[-1])
        mean: Array = grouped.mean(axis=1)
        return mean

    def sees(self) -> NDArray[np.bool_]:
        """`[G, N]`: whether anything of the map is sampled; a pixel or more beyond it is zero."""
        beyond = (self.points_px <= -1.0) | (self.points_px >= np.array(self.map_size))
        sees: NDArray[np.bool_] = np.logical_not(beyond.any(axis=-1))
        return sees

    def mean_shift_px(self) -> tuple[float, float]:
        """How far points are moved on average, along frequency and time, in pixels of the map."""
        along_y, along_x = np.abs(self.points_px - self.reference_px).mean(axis=(0, 1))
        return float(along_y), float(along_x)


@dataclass(frozen=True, kw_only=True, slots=True)
class CapturedWindow:
    """What a network computed on one window of sound.

    Attributes:
        log_mel: `[frames, num_mel_bins]`, natural logarithm, as the front-end gives it.
        network_input: `[num_mel_bins, num_frames]`, normalised and filled up, before the adaptor.
        added: of the same shape: what the adaptor adds to it; None where it adds nothing.
        layers: the deformable attentions, in the order that they run in; none where there is none.
        scores: `[labels]` by head.
    """

    log_mel: Array
    network_input: Array
    added: Array | None
    layers: tuple[AttentionLayer, ...]
    scores: dict[str, Array]

    @property
    def added_share(self) -> float:
        """RMS of what the adaptor adds over the RMS of what it is added to."""
        if self.added is None:
            return 0.0
        return float(np.sqrt(np.square(self.added).mean() / np.square(self.network_input).mean()))
