"""The commands are those that the program takes, their parts quoted where it must be."""

from __future__ import annotations

import shlex
from pathlib import Path

from datar_edge.cli.app import LazyGroup
from datar_edge.report.benchmark import Plan
from datar_edge.report.page import commands
from datar_edge.report.page.plan import SECTIONS, ReportPlan

PLAIN = ReportPlan(model=Path("model.safetensors"))
FULL = ReportPlan(
    model=Path("my runs/model's.safetensors"),
    artifacts=(Path("-a.tflite"), Path("b c.onnx")),
    data="esc:my sounds",
    folds=(4, 5),
    limit=12,
    hop_s=0.5,
    benchmark=Plan(rounds=7, seconds=2.5, threads=2),
    target="onnx",
    quantize="int8-dynamic",
    calibration_name="folder:x y",
)


def parsed(line: str) -> dict[str, object]:
    """What the program makes of a command line, by parameter."""
    program, name, *arguments = shlex.split(line)
    assert program == "datar-edge"
    command = LazyGroup().get_command(None, name)
    return dict(command.make_context(name, arguments).params)


def test_every_command_is_taken() -> None:
    for plan in (PLAIN, FULL):
        output = Path("out put.html")
        found = [commands.report(plan, section, output) for section in SECTIONS]
        lines = [
            commands.info(plan.model),
            commands.evaluate(plan),
            commands.parity(plan, None),
            commands.benchmark(plan, None),
            commands.sensitivity(plan, 40),
            *found,
        ]
        for line in lines:
            assert parsed(line)


def test_options_say_what_the_plan_says() -> None:
    told = parsed(commands.evaluate(FULL))
    assert told["model"] == FULL.model
    assert (told["data"], told["folds"], told["limit"]) == ("esc:my sounds", "4,5", 12)
    assert (told["hop"], told["threads"]) == (0.5, 2)
    told = parsed(commands.parity(FULL, Path("b c.onnx")))
    assert (told["artifact"], told["reference"]) == (Path("b c.onnx"), FULL.model)
    told = parsed(commands.benchmark(FULL, Path("b c.onnx")))
    assert told["files"] == [Path("b c.onnx")]
    assert (told["rounds"], told["seconds"], told["threads"]) == (7, 2.5, 2)
    told = parsed(commands.sensitivity(FULL, 12))
    assert (told["target"], told["quantize"]) == ("onnx", "int8-dynamic")
    assert (told["sensitivity"], told["limit"], told["calibration"]) == (True, 12, "folder:x y")
    told = parsed(commands.report(FULL, "sensitivity", Path("p.html")))
    assert told["artifacts"] == list(FULL.artifacts)
    assert (told["sections"], told["output"], told["force"]) == (
        *("sensitivity", Path("p.html")),
        True,
    )
    assert told["target"] == "onnx"
