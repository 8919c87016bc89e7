"""Two models of the kinds that sample at learned points, with random weights.

B: batch, C: channels, H and W: a map, L: levels, M: heads, P: points, Q: queries.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SpatialTransformer(nn.Module):
    """A classifier that first turns, scales and shifts its image (Jaderberg et al., 2015).

    Args:
        size: of the image, square.
        channels: of the image.
        classes: to tell apart.
        interpolation: of the sampling.
        padding: outside the image.
    """

    def __init__(
        self,
        *,
        size: int = 28,
        channels: int = 1,
        classes: int = 10,
        interpolation: str = "bilinear",
        padding: str = "zeros",
    ) -> None:
        super().__init__()
        self.interpolation = interpolation
        self.padding = padding
        self.localization = nn.Sequential(
            nn.Conv2d(channels, 8, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(8, 10, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(10, 6),
        )
        placement = cast(nn.Linear, self.localization[-1])
        with torch.no_grad():  # turned and shifted, so that some points lie outside the image
            placement.bias.copy_(torch.tensor([1.0, 0.3, 0.2, -0.3, 1.1, -0.1]))
        self.classifier = nn.Sequential(
            nn.Conv2d(channels, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(16 * ((size + 1) // 2) ** 2, classes),
        )

    def forward(self, image: Tensor) -> Tensor:
        """`[B, C, H, W]` gives scores, `[B, classes]`."""
        placement = self.localization(image).view(-1, 2, 3)
        grid = F.affine_grid(placement, list(image.shape), align_corners=False)
        placed = F.grid_sample(
            image, grid, mode=self.interpolation, padding_mode=self.padding, align_corners=False
        )
        return cast(Tensor, self.classifier(placed))


class MultiScaleDeformableAttention(nn.Module):
    """Attention to a few learned points of maps of several sizes (Zhu et al., 2021, Eq. 3).

    Args:
        dim: of queries and maps.
        heads: of the attention.
        points: that a head looks at in each map.
        sizes: (H, W) of each map.
    """

    def __init__(
        self,
        *,
        dim: int = 32,
        heads: int = 4,
        points: int = 3,
        sizes: tuple[tuple[int, int], ...] = ((12, 10), (6, 5), (3, 3)),
    ) -> None:
        super().__init__()
        self.heads, self.points, self.sizes = heads, points, sizes
        per_query = heads * len(sizes) * points
        self.offsets = nn.Linear(dim, per_query * 2)
        self.weights = nn.Linear(dim, per_query)
        self.value = nn.Linear(dim, dim)
        self.output = nn.Linear(dim, dim)
        nn.init.uniform_(self.offsets.bias, -2.0, 2.0)  # in pixels: beyond the edges too
        self.register_buffer("shapes", torch.tensor([(width, height) for height, width in sizes]))

    def forward(self, queries: Tensor, places: Tensor, maps: Tensor) -> Tensor:
        """Args are queries `[B, Q, dim]`, places `[B, Q, 2]` in 0 to 1, maps `[B, Σ H·W, dim]`."""
        batch, count, dim = queries.shape
        levels = len(self.sizes)
        value = self.value(maps).view(batch, -1, self.heads, dim // self.heads)
        offsets = self.offsets(queries).view(batch, count, self.heads, levels, self.points, 2)
        weights = self.weights(queries).view(batch, count, self.heads, levels * self.points)
        weights = weights.softmax(-1).transpose(1, 2).reshape(batch * self.heads, 1, count, -1)
        scale = cast(Tensor, self.shapes)[None, None, None, :, None, :]
        grids = 2.0 * (places[:, :, None, None, None, :] + offsets / scale) - 1.0
        sampled = []
        pixels = [height * width for height, width in self.sizes]
        # litert-torch 0.10 cannot lower a split into one part.
        parts = value.split(pixels, dim=1) if levels > 1 else (value,)
        for level, part in enumerate(parts):
            one = part.flatten(2).transpose(1, 2)
            one = one.reshape(batch * self.heads, dim // self.heads, *self.sizes[level])
            grid = grids[:, :, :, level].transpose(1, 2).flatten(0, 1)
            sampled.append(F.grid_sample(one, grid, align_corners=False))
        mixed = (torch.stack(sampled, dim=-2).flatten(-2) * weights).sum(-1)
        return cast(Tensor, self.output(mixed.view(batch, dim, count).transpose(1, 2)))


def attention_inputs(
    model: MultiScaleDeformableAttention, *, queries: int = 20
) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, places and maps of one image for a model."""
    dim = model.value.in_features
    pixels = sum(height * width for height, width in model.sizes)
    return torch.randn(1, queries, dim), torch.rand(1, queries, 2), torch.randn(1, pixels, dim)
