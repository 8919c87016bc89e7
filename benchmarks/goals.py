"""What the project aims at in speed and size, measured in pairs: writes `docs/benchmarks.md`.

    python benchmarks/goals.py [--only NAME …] [--folder runs/bench] [--rounds 15]

Files are exported once and kept in the folder, so that a run that was stopped goes on. With
`--only`, rows that are not measured stay on the page as they stand. Every ratio
is of two files that were run in turns, each in a process of its own, on one thread. Weights of
datar-tiny and ast-base are random: what a file costs does not hang on them, what it hears does, so
accuracy is measured elsewhere, on the bundled datar-micro.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from datar_edge.bundled import bundled_checkpoint
from datar_edge.config import DatarConfig
from datar_edge.errors import DatarEdgeError
from datar_edge.export import export
from datar_edge.export.target import load_target
from datar_edge.models import Checkpoint, build, load_checkpoint
from datar_edge.models.count import count_macs, count_parameters
from datar_edge.models.deformable_attention import DeformableAttention
from datar_edge.presets import preset
from datar_edge.report.benchmark import Measurement, Pair, Plan, measure, measure_pair
from datar_edge.report.machine import machine, told_by_machine

NOTES = Path(__file__).parents[1] / "docs" / "benchmarks_notes.md"
"""What is said below the table."""
TARGETS = ("tflite", "executorch", "onnx")
LABELS = tuple(f"label {number}" for number in range(10))
PAPER_MACS_AST = 103.4e9
"""The paper's count for AST, which leaves out the products inside attention."""


def random_checkpoint(name: str) -> Checkpoint:
    """A preset with random weights; "datar-tiny-2.5s" is datar-tiny on a quarter of its window."""
    torch.manual_seed(5)
    config = preset(name.removesuffix("-2.5s"))
    if name.endswith("-2.5s"):
        assert isinstance(config, DatarConfig)
        fbank = dataclasses.replace(config.fbank, window_s=2.5, num_frames=256)
        config = dataclasses.replace(config, preset=name, fbank=fbank)
    model = build(config, heads={"class": len(LABELS)}).eval()
    model.set_normalisation(-8.0, 4.0)
    for module in model.modules():
        if isinstance(module, DeformableAttention):
            torch.nn.init.normal_(module.offsets.to_offset.weight)
    return Checkpoint(model=model, heads={"class": LABELS})


@dataclass
class Files:
    """Exports each file when it is asked for first."""

    folder: Path

    def get(self, name: str, target: str, quantize: str = "none", sampler: str = "auto") -> Path:
        """The file of a preset; "datar-micro" has its bundled weights."""
        suffix = load_target(target).suffix
        path = self.folder / f"{name}-{target}-{quantize}-{sampler}{suffix}"
        if not path.exists():
            print(f"exporting {path.name}", file=sys.stderr, flush=True)
            trained = name == "datar-micro"
            export(
                load_checkpoint(bundled_checkpoint()) if trained else random_checkpoint(name),
                target=target,
                quantize=quantize,
                sampler=sampler,
                output=path,
                # Of random weights no label is the best by more than chance.
                allow_drift=not trained and quantize != "none",
            )
        return path


Measure = Callable[[Files, Plan], Iterator[str]]
"""Gives rows of the table."""


def matmul_gmacs() -> float:
    """The machine's own rate: PyTorch's product of a layer of datar-tiny, one thread, G/s."""
    torch.set_num_threads(1)
    rows, inner, columns = 512, 384, 1_536
    a, b = torch.randn(rows, inner), torch.randn(inner, columns)
    best_s = float("inf")
    for _ in range(200):
        began_s = time.perf_counter()
        a @ b
        best_s = min(best_s, time.perf_counter() - began_s)
    return rows * inner * columns / best_s / 1e9


def row(what: str, aim: str, reached: str) -> str:
    """A line of the table."""
    return f"| {what} | {aim} | {reached} |"


def spread(pair: Pair) -> str:
    """A ratio with its 10th to 90th percentile."""
    ratio = pair.ratio
    return f"{ratio.median:.2f} ({ratio.p10:.2f} to {ratio.p90:.2f})"


def calls(one: Measurement) -> str:
    """Delegate calls and share."""
    if one.ops is None or one.delegated_ops is None:
        return "not told"
    return f"{one.delegate_calls} ({one.delegated_ops / one.ops:.1%} of {one.ops} operators)"


def speed(files: Files, plan: Plan) -> Iterator[str]:
    """datar-tiny in float32: the samplers, AST, the machine's own rate, sizes, delegates."""
    tiny, ast = random_checkpoint("datar-tiny"), random_checkpoint("ast-base")
    parameters, macs, ast_macs = (
        count_parameters(tiny.model),
        count_macs(tiny.model),
        count_macs(ast.model),
    )
    ours: dict[str, Measurement] = {}
    for target, aim in zip(TARGETS, ("≥ 10", "≥ 1.8", "≥ 1.5"), strict=True):
        fast = files.get("datar-tiny", target)
        pair = measure_pair(fast, files.get("datar-tiny", target, sampler="native"), plan)
        ours[target] = pair.measured
        yield row(
            f"datar-tiny {target} float32: `--sampler native` ÷ auto ({pair.measured.sampler})",
            aim,
            f"{spread(pair)}: {pair.against.latency.median:.0f} → "
            f"{pair.measured.latency.median:.0f} ms",
        )
    pair = measure_pair(files.get("datar-tiny", "tflite"), files.get("ast-base", "tflite"), plan)
    for name, count in (("as the paper counts AST", PAPER_MACS_AST), ("all products", ast_macs)):
        yield row(
            f"ms per GMAC, datar-tiny ÷ ast-base, TFLite, {name}",
            "≤ 0.95",
            f"{count / macs / pair.ratio.median:.2f} ({macs / 1e9:.1f} G in "
            f"{pair.measured.latency.median:.0f} ms, {count / 1e9:.1f} G in "
            f"{pair.against.latency.median:.0f} ms)",
        )
    rate = matmul_gmacs()
    reached = macs / pair.measured.latency.median / 1e6
    yield row(
        "share of the machine's own matmul rate, datar-tiny TFLite",
        "≥ 65 %",
        f"{reached / rate:.0%} ({reached:.1f} of {rate:.1f} GMAC/s)",
    )
    for target in TARGETS:
        one = ours[target]
        yield row(
            f"float32 file ÷ (4 bytes × parameters), {target}",
            "≤ 1.05",
            f"{one.size_bytes / 4 / parameters:.3f} ({one.size_bytes / 1e6:.1f} MB)",
        )
        yield row(
            f"delegate calls, {target}",
            {"tflite": "1", "executorch": "≤ 3", "onnx": ""}[target],
            calls(one),
        )


def quantized(name: str, kinds: Sequence[str]) -> Measure:
    """Each quantization of a preset against float32, for each target."""

    def rows(files: Files, plan: Plan) -> Iterator[str]:
        for target in TARGETS:
            for kind in kinds:
                try:
                    small = files.get(name, target, kind)
                except DatarEdgeError as error:  # a file that does not hold what it must
                    yield row(f"{name} {target} {kind}", "", f"no file: {error.problem}")
                    continue
                pair = measure_pair(small, files.get(name, target), plan)
                size = pair.measured.size_bytes / pair.against.size_bytes
                yield row(
                    f"{name} {target} {kind}: float32 ÷ {kind} latency",
                    "≥ 2.5" if kind.startswith("int8") else "",
                    f"{spread(pair)}; delegate calls {calls(pair.measured)}",
                )
                aim = "≤ 0.30" if kind.startswith("int8") else ""
                yield row(f"{name} {target}: {kind} ÷ float32 size", aim, f"{size:.3f}")

    return rows


def memory(files: Files, plan: Plan) -> Iterator[str]:
    """What a form of the sampler takes."""
    for sampler in ("native", "dense", "auto"):
        one = measure(files.get("datar-tiny", "tflite", sampler=sampler), plan)
        added = one.added_rss_bytes or 0
        yield row(
            f"memory: most that load and invoke take ÷ file size, datar-tiny TFLite, {sampler}",
            "state it, shrink it",
            f"{added / one.size_bytes:.2f} ({added / 1e6:.0f} MB)",
        )


def long_window(files: Files, plan: Plan) -> Iterator[str]:
    """What four times the window costs."""
    pair = measure_pair(
        files.get("datar-tiny-2.5s", "tflite"), files.get("datar-tiny", "tflite"), plan
    )
    yield row("cost of a window of 10 s ÷ 2.5 s, datar-tiny TFLite", "≤ 4.2", spread(pair))


MEASUREMENTS: Mapping[str, Measure] = {
    "speed": speed,
    "tiny-quantized": quantized("datar-tiny", ("int8", "int8-dynamic")),
    "micro-quantized": quantized("datar-micro", ("int8", "int8-dynamic", "fp16")),
    "memory": memory,
    "window": long_window,
}


def merged(page: str, rows: Sequence[str]) -> list[str]:
    """The rows of a page with new ones in their places, and behind them those that it lacks."""
    new = {line.split(" | ")[0]: line for line in rows}
    table = page.partition("\n## Aims\n")[2].partition("\n## ")[0]
    stood = [line for line in table.splitlines() if line.startswith("| ")]
    lines = [new.pop(line.split(" | ")[0], line) for line in stood[2:]]
    return [*lines, *new.values()]


def head(page: str, measured: Sequence[str]) -> str:
    """What was measured on what; rows of a page that stay keep their machine."""
    facts = machine()
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    here = (
        f"{facts['cpu']}, {facts['cores']} cores, {facts['memory_gb']} GB, {facts['os']}, "
        f"Python {facts['python']}; {versions}"
    )
    told = "\n".join(told_by_machine(page.partition("\n## ")[0], measured, here))
    return (
        "# Benchmarks\n\nWritten by `make bench` (`python benchmarks/goals.py`): a ratio is of two"
        "\nfiles run in turns, one thread: the median, and the 10th to 90th percentile.\n\n"
        f"{told}\n\n## Aims\n\n"
    )


def main() -> None:
    """Prints the rows as they come, and writes the page when it is whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", metavar="NAME", choices=tuple(MEASUREMENTS))
    parser.add_argument("--folder", type=Path, default=Path("runs/bench"))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--output", type=Path, default=Path("docs/benchmarks.md"))
    options = parser.parse_args()
    plan = Plan(rounds=options.rounds, seconds=120.0, warmup=2)
    rows, names = [], []
    for name, rows_of in MEASUREMENTS.items():
        if options.only and name not in options.only:
            continue
        names.append(name)
        for line in rows_of(Files(options.folder), plan):
            print(line, flush=True)
            rows.append(line)
    stands = options.output.exists() and options.only
    page = options.output.read_text(encoding="utf-8") if stands else ""
    notes = "\n" + NOTES.read_text(encoding="utf-8")
    table = ["| figure | aim | measured |", "| --- | --- | --- |"]
    table += merged(page, rows)
    partial = options.output.with_suffix(".part")
    partial.write_text(head(page, names) + "\n".join([*table, ""]) + notes, encoding="utf-8")
    partial.replace(options.output)


if __name__ == "__main__":
    main()
