"""A training step of one deformable block, ours and as DAT's code computes it, paired in one run.

    python benchmarks/train_step.py

"As DAT's code" is written here after its description: 1x1 convolutions on channels-first maps,
einops to split heads and groups, `F.grid_sample` of the features, and of the table of relative
positions expanded to every example and query. Both blocks have the same weights and give the same.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import einops
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from datar_edge.config import DatarConfig
from datar_edge.models import build
from datar_edge.models.deformable_attention import DeformableAttention, set_sampler
from datar_edge.models.sampling import SAMPLERS
from datar_edge.presets import preset

WARM_UP = 2


class AsInDat(nn.Module):
    """Deformable attention the way DAT's code computes it, on the weights of ours."""

    def __init__(self, ours: DeformableAttention) -> None:
        super().__init__()
        self.ours = ours

    def forward(self, features: Tensor) -> Tensor:
        """`[B, H, W, C]` gives the same shape."""
        ours, (height, width) = self.ours, self.ours.grid.map_size
        groups, heads = ours.offsets.groups, ours.num_heads
        x = einops.rearrange(features, "b h w c -> b c h w")
        query = self._conv(ours.query.linear, x)
        offsets = ours.offsets(einops.rearrange(query, "b c h w -> b h w c"))
        points = ours.reference + offsets
        size = torch.tensor([height - 1, width - 1], dtype=points.dtype)
        normal = (points / size * 2 - 1).flip(-1)  # (x, y), -1 to 1
        grid = einops.rearrange(normal, "b g n two -> (b g) n 1 two")
        sampled = F.grid_sample(
            einops.rearrange(x, "b (g c) h w -> (b g) c h w", g=groups), grid, align_corners=True
        )
        sampled = einops.rearrange(sampled, "(b g) c n 1 -> b (g c) n 1", g=groups)
        key, value = self._conv(ours.key.linear, sampled), self._conv(ours.value.linear, sampled)
        key = key * ours.key.scale
        split = "b (m d) h w -> (b m) (h w) d"
        q, k, v = (einops.rearrange(t, split, m=heads) for t in (query, key, value))
        logits = torch.einsum("b q d, b n d -> b q n", q, k)
        logits = logits + self._bias(points, size, len(features))
        out = torch.einsum("b q n, b n d -> b q d", logits.softmax(dim=-1), v)
        out = einops.rearrange(out, "(b m) (h w) d -> b (m d) h w", m=heads, h=height)
        return einops.rearrange(self._conv(ours.project, out), "b c h w -> b h w c")

    @staticmethod
    def _conv(linear: nn.Linear, x: Tensor) -> Tensor:
        return F.conv2d(x, linear.weight[:, :, None, None], linear.bias)

    def _bias(self, points: Tensor, size: Tensor, batch: int) -> Tensor:
        ours = self.ours
        groups = ours.offsets.groups
        rows, columns = (torch.arange(n, dtype=points.dtype) for n in ours.grid.map_size)
        queries = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=-1).flatten(0, 1)
        moved = (queries[:, None] - points.flatten(0, 1)[:, None]) / size  # [B G, Q, N, 2], -1 to 1
        table = einops.repeat(ours.bias_table, "(g m) h w -> (b g) m h w", b=batch, g=groups)
        bias = F.grid_sample(table, moved.flip(-1), align_corners=True)
        return einops.rearrange(bias, "(b g) m q n -> (b g m) q n", b=batch)


def step_of(block: nn.Module, features: Tensor) -> Callable[[], None]:
    """Forward, backward and AdamW."""
    optimizer = torch.optim.AdamW(block.parameters(), lr=1e-4)

    def step() -> None:
        optimizer.zero_grad()
        block(features).square().mean().backward()
        optimizer.step()

    return step


def attention_of(name: str) -> tuple[DeformableAttention, tuple[int, ...]]:
    """The first deformable attention of a preset, and the shape of its map."""
    config = preset(name)
    assert isinstance(config, DatarConfig)
    model = build(config, heads={"class": 10})
    attention = next(m for m in model.modules() if isinstance(m, DeformableAttention))
    stage = next(i for i, s in enumerate(config.stages) if "deformable" in s.blocks)
    return attention, (*config.map_size(stage), config.stages[stage].embed_dim)


def paired(steps: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each by turns, so that what else the machine does meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(WARM_UP + rounds):
        for name, step in steps.items():
            begun_s = time.perf_counter()
            step()
            if turn >= WARM_UP:
                times[name].append(1e3 * (time.perf_counter() - begun_s))
    return times


def block_table(name: str, *, batch: int, rounds: int) -> None:
    """Prints milliseconds a step of one block in each form."""
    torch.manual_seed(0)
    attention, shape = attention_of(name)
    features = torch.randn(batch, *shape)
    expected = AsInDat(attention)(features)
    steps = {"as DAT's code": step_of(AsInDat(attention), features)}
    for form in SAMPLERS:
        ours, _ = attention_of(name)
        ours.load_state_dict(attention.state_dict())
        set_sampler(ours, form)
        difference = (ours(features) - expected).abs().max().item()
        assert difference < 1e-4, (form, difference)
        steps[form] = step_of(ours, features)
    times = paired(steps, rounds)
    base = times["as DAT's code"]
    print(f"\n{name}, one deformable attention, map {shape}, batch {batch}, ms a step")
    for form, values in times.items():
        ratios = [b / v for b, v in zip(base, values, strict=True)]
        print(
            f"  {form:14} {statistics.median(values):8.1f}   {statistics.median(ratios):5.2f} x"
            f"   peak {peak_mb(name, form, batch)} MB"
        )


def peak_mb(name: str, form: str, batch: int) -> int:
    """Peak resident memory of a process of its own that takes two steps."""
    command = [sys.executable, __file__, "--memory", name, form, str(batch)]
    finished = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return int(finished.stdout)


def print_memory(name: str, form: str, batch: int) -> None:
    """Takes two steps and prints the peak of this process."""
    attention, shape = attention_of(name)
    block: nn.Module = AsInDat(attention)
    if form in SAMPLERS:
        set_sampler(attention, form)  # type: ignore[arg-type]
        block = attention
    step = step_of(block, torch.randn(batch, *shape))
    step()
    step()
    status = Path("/proc/self/status").read_text(encoding="utf-8")  # ru_maxrss is the parent's too
    print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)


def model_table(name: str, *, batch: int, rounds: int) -> None:
    """Prints steps a second of a whole model in each form."""
    config = preset(name)
    log_mel = torch.randn(batch, config.fbank.frames_in_window, config.fbank.num_mel_bins)
    steps = {}
    for form in ("native", "banded"):
        model = build(config, heads={"class": 10})
        set_sampler(model, form)  # type: ignore[arg-type]

        class Whole(nn.Module):
            def __init__(self, inner: nn.Module) -> None:
                super().__init__()
                self.inner = inner

            def forward(self, x: Tensor) -> Tensor:
                result: Tensor = self.inner(x)["class"]
                return result

        steps[form] = step_of(Whole(model.train()), log_mel)
    print(f"\n{name}, whole, batch {batch}, steps a second")
    for form, values in paired(steps, rounds).items():
        print(f"  {form:14} {1e3 / statistics.median(values):8.2f}")


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.memory:
        name, form, batch = options.memory
        print_memory(name, form, int(batch))
        return
    for name in ("datar-micro", "datar-tiny"):
        block_table(name, batch=options.batch, rounds=options.rounds)
    model_table("datar-micro", batch=options.batch, rounds=options.rounds)


if __name__ == "__main__":
    main()
