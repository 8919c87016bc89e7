"""Writes testdata/toy.pte: a small ExecuTorch file with a card, for the tests that read cards.

    python android_demo/tools/toy_pte.py

It is committed, since the bundled model's own takes minutes to export. Needs the developer's
environment (`make dev`).
"""

from __future__ import annotations

import demo
import torch
from torch import Tensor, nn

from datar_edge.card import ModelCard
from datar_edge.config import FbankConfig
from datar_edge.export.executorch.target import ExecuTorchTarget
from datar_edge.quantize.recipes import recipe_for
from datar_edge.runtime.seal import sealed

PLACE = demo.DEMO / "testdata" / "toy.pte"
SAMPLES = 400
CARD = ModelCard(
    preset="toy",
    heads={"class": ("Dog bark", "Rain")},
    fbank=FbankConfig(sample_rate_hz=8_000, num_mel_bins=8, window_s=0.05, num_frames=16),
)


class Toy(nn.Module):
    """Two classes from one linear layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.layer = nn.Linear(SAMPLES, 2)

    def forward(self, waveform: Tensor) -> tuple[Tensor, ...]:
        """Scores of a window: `[1, samples]` to `[1, 2]`."""
        return (self.layer(waveform).softmax(dim=-1),)


def main() -> None:
    """Lowers the model and writes it with its card."""
    target = ExecuTorchTarget()
    recipe = recipe_for("executorch", "none")
    content = target.lower(Toy().eval(), SAMPLES, recipe=recipe, calibration=())  # type: ignore[arg-type]
    PLACE.write_bytes(sealed(target.with_card, content, CARD))
    print(PLACE)


if __name__ == "__main__":
    main()
