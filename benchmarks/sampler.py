"""What the form of the sampler costs, by target and layer; writes the table of `--sampler auto`.

    python benchmarks/sampler.py [--target tflite …] [--write]

Every row is a small model around one deformable layer of the presets, exported once a form and
verified as any export is. Every round runs each form once, in turn, so that a machine that slows
down slows all of them. One thread.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import numpy as np
import torch

from datar_edge.audio.files import read_audio
from datar_edge.bundled import verification_sounds
from datar_edge.config import DatarConfig, DeformableConfig, FbankConfig, SamplerForm, StageConfig
from datar_edge.export import export
from datar_edge.export.sampler_row import SamplerRow
from datar_edge.export.sampler_table import MEASURED
from datar_edge.export.target import load_target
from datar_edge.models import Checkpoint, build
from datar_edge.models.deformable_attention import DeformableAttention
from datar_edge.runtime import open_session

LAYERS = {
    "datar-micro, stage 3": ((4, 16), 128, 4, 1),
    "datar-micro, stage 4": ((2, 8), 256, 8, 2),
    "datar-tiny, stage 3": ((8, 64), 384, 12, 3),
    "datar-tiny, stage 4": ((4, 32), 768, 24, 6),
}
"""(H, W), channels, heads and offset groups of the presets' deformable layers."""

TABLE = Path(__file__).parents[1] / "export" / "sampler_table.py"
_HEAD = '''"""The measured table behind `--sampler auto`: `python benchmarks/sampler.py --write`."""

from __future__ import annotations

from datar_edge.export.sampler_row import SamplerRow

MEASURED: tuple[SamplerRow, ...] = (
'''


def one_layer(map_size: tuple[int, int], dim: int, heads: int, groups: int) -> Checkpoint:
    """A model with random weights of one stage with one deformable block, its MLP made tiny."""
    torch.manual_seed(11)
    height, width = map_size
    frames = 4 * width
    config = DatarConfig(
        preset="one-layer",
        fbank=FbankConfig(
            num_mel_bins=4 * height, num_frames=frames, window_s=(frames - 2) * 0.01 + 0.025
        ),
        stages=(
            StageConfig(
                embed_dim=dim,
                num_heads=heads,
                blocks=("deformable",),
                window=map_size,
                deformable=DeformableConfig(groups=groups),
            ),
        ),
        mlp_ratio=4 / dim,
    )
    model = build(config, heads={"class": 10}).eval()
    model.set_normalisation(-8.0, 4.0)
    for module in model.modules():
        if isinstance(module, DeformableAttention):
            torch.nn.init.normal_(module.bias_table)
            torch.nn.init.normal_(module.offsets.to_offset.weight)
    return Checkpoint(model=model, heads={"class": tuple("abcdefghij")})


def measure(
    checkpoint: Checkpoint, target: str, *, rounds: int, folder: Path
) -> Mapping[SamplerForm, list[float]]:
    """Milliseconds of a window by form and round."""
    forms: tuple[SamplerForm, ...] = get_args(SamplerForm)
    sessions = {}
    for form in forms:
        print(f"  exporting {form} for {target}", file=sys.stderr)
        output = folder / f"{form}{load_target(target).suffix}"
        made = export(checkpoint, target=target, sampler=form, output=output)
        sessions[form] = open_session(made.artifact)
    card = sessions["native"].card
    sound = read_audio(verification_sounds()[0], card.sample_rate_hz)
    waveform = np.resize(sound, (1, card.window_samples))
    times: dict[SamplerForm, list[float]] = {form: [] for form in forms}
    for number in range(rounds + rounds // 10 + 1):
        for form, session in sessions.items():
            began_s = time.perf_counter()
            session.run(waveform)
            if number > rounds // 10:  # the first ones warm up
                times[form].append(1_000 * (time.perf_counter() - began_s))
    for session in sessions.values():
        session.close()
    return times


def told(name: str, target: str, times: Mapping[SamplerForm, list[float]]) -> str:
    """One line of the Markdown table."""
    cells = []
    for form, taken in times.items():
        ratios = sorted(a / b for a, b in zip(times["native"], taken, strict=True))
        low, high = ratios[len(ratios) // 10], ratios[-(len(ratios) // 10) - 1]
        ratio = "" if form == "native" else f" ({low:.2f} to {high:.2f})"
        cells.append(
            f"{statistics.median(taken):.2f} ms, {statistics.median(ratios):.2f}{ratio}"
            if ratio
            else f"{statistics.median(taken):.2f} ms"
        )
    return f"| {name} | {target} | " + " | ".join(cells) + " |"


def written(rows: list[SamplerRow]) -> str:
    """The table as Python."""
    lines = []
    for row in rows:
        lines.append("    SamplerRow(")
        for field in dataclasses.fields(row):
            value = getattr(row, field.name)
            if field.name == "median_ms":
                value = {form: round(ms, 2) for form, ms in value.items()}
            lines.append(f"        {field.name}={value!r},".replace("'", '"'))
        lines.append("    ),")
    return _HEAD + "\n".join(lines) + "\n)\n"


def main() -> None:
    """Prints a row for each layer and target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", action="append", choices=["tflite", "executorch", "onnx"])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--write", action="store_true", help=f"replace {TABLE.name}")
    options = parser.parse_args()
    targets = options.target or ["tflite", "executorch", "onnx"]
    rows = [row for row in MEASURED if row.target not in targets]  # as they were measured before
    print("Milliseconds of a window, and native ÷ this with its 10th to 90th percentile.")
    print("| layer | target | " + " | ".join(get_args(SamplerForm)) + " |")
    print("| --- | --- |" + " --- |" * len(get_args(SamplerForm)))
    for target in targets:
        for name, (map_size, dim, heads, groups) in LAYERS.items():
            with tempfile.TemporaryDirectory() as folder:
                times = measure(
                    one_layer(map_size, dim, heads, groups),
                    target,
                    rounds=options.rounds,
                    folder=Path(folder),
                )
            print(told(name, target, times), flush=True)
            medians = {form: statistics.median(taken) for form, taken in times.items()}
            rows.append(
                SamplerRow(
                    target=target,
                    map_size=map_size,
                    embed_dim=dim,
                    num_heads=heads,
                    groups=groups,
                    median_ms=medians,
                )
            )
    if options.write:
        TABLE.write_text(written(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
