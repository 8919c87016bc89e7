"""Where the time of datar-tiny goes in TFLite: every kind of block alone, and what it multiplies.

    python benchmarks/blocks.py [PRESET]

The least of the runs, one thread, float32. The rate of a plain linear layer of the same runtime
stands at the end: what a block takes above that is what is no product, or a product of a bad shape.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
import time
import warnings
from pathlib import Path

import litert_torch
import torch
from ai_edge_litert.interpreter import Interpreter
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from datar_edge.config import DatarConfig
from datar_edge.export.sampler_choice import apply_forms, choose_forms
from datar_edge.export.tflite.rewrites import for_tflite
from datar_edge.models import Datar, WaveformModel, build
from datar_edge.models.block import Block
from datar_edge.models.deformable_attention import set_sampler
from datar_edge.native_log import native_log_held


def least_ms(module: nn.Module, example: torch.Tensor, rounds: int = 40) -> float:
    """The fastest of the runs of a module in TFLite."""
    chatter = contextlib.redirect_stdout(io.StringIO())
    with tempfile.TemporaryDirectory() as folder, chatter, native_log_held():
        path = str(Path(folder) / "block.tflite")
        litert_torch.convert(module.eval(), (example,)).export(path)
        interpreter = Interpreter(path, num_threads=1)
        interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], example.numpy())
    taken = []
    for _ in range(rounds):
        began_s = time.perf_counter()
        interpreter.invoke()
        taken.append(1_000 * (time.perf_counter() - began_s))
    return min(taken)


def gmacs(module: nn.Module, example: torch.Tensor) -> float:
    """Multiply-accumulates of the definition, without those of a form of φ."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        module(example)
    return counter.get_total_flops() / 2e9


def main() -> None:
    """Prints a row for each kind of block."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("preset", nargs="?", default="datar-tiny")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    network = build(options.preset, heads={"class": 10}).eval()
    assert isinstance(network, Datar)
    config = network.config
    assert isinstance(config, DatarConfig)
    forms = choose_forms(network, "auto", "tflite")
    set_sampler(network, "native")
    counted = WaveformModel(network).eval()
    apply_forms(network, forms)
    lowered = for_tflite(counted)
    set_sampler(network, "native")
    print("| part | times | GMAC | ms | GMAC/s |\n| --- | --- | --- | --- | --- |")
    wave = torch.zeros(1, config.fbank.window_samples)
    rows = [("front-end", 1, gmacs(counted.fbank, wave), least_ms(lowered.fbank, wave))]
    for index, stage in enumerate(config.stages):
        height, width = config.map_size(index)
        example = torch.randn(1, height, width, stage.embed_dim)
        for kind in dict.fromkeys(stage.blocks):
            paths = [
                f"model.stages.{index}.{place}"
                for place, block in enumerate(network.stages[index])
                if isinstance(block, Block) and stage.blocks[place - (index > 0)] == kind
            ]
            path = paths[0]
            macs = gmacs(counted.get_submodule(path), example)
            took = least_ms(lowered.get_submodule(path), example)
            rows.append((f"stage {index + 1}, {kind}", len(paths), macs, took))
    for name, times, macs, took in rows:
        print(f"| {name} | {times} | {macs:.2f} | {took:.1f} | {1_000 * macs / took:.1f} |")
    all_ms = sum(times * took for _, times, _, took in rows)
    print(f"| these together | | | {all_ms:.0f} | |")
    layer, tokens = nn.Linear(384, 1_536), torch.randn(1, 512, 384)
    macs = gmacs(layer, tokens)
    took = least_ms(layer, tokens)
    print(f"| linear, 512 x 384 x 1536 | | {macs:.2f} | {took:.1f} | {1e3 * macs / took:.1f} |")


if __name__ == "__main__":
    main()
