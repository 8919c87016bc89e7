"""What `rewrite_grid_sample` gains two models in three runtimes, all forms paired in one run.

    python benchmarks/grid_sample.py                 # both models in every form
    python benchmarks/grid_sample.py --crossover     # dense against gather by the size of the map

Every round runs each form once, in turn, so that a machine that slows down slows all of them. One
thread. The ratio is the median over rounds, its spread from the tenth to the ninetieth percentile.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from datar_edge.export import rewrite_grid_sample
from datar_edge.native_log import native_log_held

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "export" / "grid_sample"))
from sampling_models import (
    MultiScaleDeformableAttention,
    SpatialTransformer,
    attention_inputs,
)
from sampling_runtimes import RUNTIMES

FORMS = ("native", "gather", "dense", "auto")
CROSSOVER_SIZES = (4, 8, 12, 16)
Run = Callable[[Sequence[NDArray[np.float32]]], NDArray[np.float32]]


def models() -> dict[str, tuple[nn.Module, tuple[Tensor, ...]]]:
    """The two models of the tests at sizes that are used, each with an input."""
    transformer = SpatialTransformer(size=64, channels=3).eval()
    attention = MultiScaleDeformableAttention(
        dim=128, heads=8, points=4, sizes=((32, 32), (16, 16), (8, 8))
    ).eval()
    return {
        "spatial transformer, 3×64×64": (transformer, (torch.randn(1, 3, 64, 64),)),
        "deformable attention, 32², 16², 8²": (attention, attention_inputs(attention, queries=300)),
    }


def one_map(size: int) -> tuple[nn.Module, tuple[Tensor, ...]]:
    """Deformable attention to one map."""
    model = MultiScaleDeformableAttention(dim=128, heads=8, points=4, sizes=((size, size),)).eval()
    return model, attention_inputs(model, queries=300)


def lowered(
    runtime: str, model: nn.Module, example: tuple[Tensor, ...], forms: Sequence[str], folder: Path
) -> dict[str, Run]:
    """The model in a runtime, in each form."""
    program = torch.export.export(model, example)
    runs = {}
    for form in forms:
        path = folder / f"{runtime}-{form}"
        chatter = contextlib.redirect_stdout(io.StringIO())
        with chatter, native_log_held(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runs[form] = RUNTIMES[runtime](rewrite_grid_sample(program, form), example, path)
    return runs


def timed(runs: dict[str, Run], inputs: Sequence[NDArray[np.float32]], rounds: int) -> list[dict]:
    """Milliseconds of each form in each round, the first tenth left out to warm up."""
    times = []
    for _ in range(rounds + rounds // 10):
        one = {}
        for form, run in runs.items():
            began_s = time.perf_counter()
            run(inputs)
            one[form] = 1_000 * (time.perf_counter() - began_s)
        times.append(one)
    return times[rounds // 10 :]


def main() -> None:
    """Prints a row for each model, runtime and form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--crossover", action="store_true")
    parser.add_argument("--runtimes", nargs="+", choices=RUNTIMES, default=tuple(RUNTIMES))
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    base, forms = ("gather", ("gather", "dense")) if options.crossover else ("native", FORMS)
    cases = {f"one map, {n}²": one_map(n) for n in CROSSOVER_SIZES}
    print(f"| model | runtime | form | ms | {base} ÷ this | largest error |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, (model, example) in (cases if options.crossover else models()).items():
        inputs = [one.numpy() for one in example]
        wanted = model(*example).detach().numpy()
        for runtime in options.runtimes:
            with tempfile.TemporaryDirectory() as folder:
                runs = lowered(runtime, model, example, forms, Path(folder))
                errors = {form: np.abs(run(inputs) - wanted).max() for form, run in runs.items()}
                rounds = timed(runs, inputs, options.rounds)
            for form in forms:
                ratios = sorted(one[base] / one[form] for one in rounds)
                low, high = ratios[len(ratios) // 10], ratios[-len(ratios) // 10]
                print(
                    f"| {name} | {runtime} | {form} "
                    f"| {statistics.median(one[form] for one in rounds):.2f} "
                    f"| {statistics.median(ratios):.2f} ({low:.2f} to {high:.2f}) "
                    f"| {errors[form]:.0e} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
