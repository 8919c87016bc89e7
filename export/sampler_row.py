"""One measurement of the forms of φ: a deformable layer on a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datar_edge.config import SamplerForm


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplerRow:
    """What a small model around one deformable layer took by form of φ, all forms in one run.

    Attributes:
        target: the export target.
        map_size: (H, W) of the layer's map; there is a point on every pixel.
        embed_dim: channels.
        num_heads: heads.
        groups: offset groups.
        median_ms: milliseconds of one window, by form.
    """

    target: str
    map_size: tuple[int, int]
    embed_dim: int
    num_heads: int
    groups: int
    median_ms: Mapping[SamplerForm, float]

    @property
    def size(self) -> int:
        """Queries times points times heads."""
        return (self.map_size[0] * self.map_size[1]) ** 2 * self.num_heads
