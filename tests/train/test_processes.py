"""Two processes learn what one does, and a killed run ends as an undisturbed one."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from datar_edge.models import Checkpoint, build, load_checkpoint, save_checkpoint
from datar_edge.presets import preset
from datar_edge.variants import varied

RATE_HZ = 16_000
# Random masks are drawn for each process's own examples, so they are switched off here; and
# batch-norm, which the patch stem lacks, has statistics of each process's own on CPUs.
SCRIPT = """
import sys
from pathlib import Path
from datar_edge.data.readers import open_dataset
from datar_edge.train.config import TrainConfig
from datar_edge.train.placement import Placement
from datar_edge.train.run import train
folder, output, devices, accumulate, start = sys.argv[1:]
clips = open_dataset("folder:" + folder)
config = TrainConfig(
    variants=("patch-stem",), epochs=2, batch_size=4, val_every=1, seed=5,
    dropout=0.0, drop_path=0.0, data="folder:x",
    start=start, head_epochs=1 if start else 0,
)
placement = Placement(devices=int(devices), accumulate=int(accumulate))
train(
    config, train_clips=clips, val_clips=clips, output=Path(output), placement=placement,
    start=start or None,
)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(1)
    times = np.arange(3 * RATE_HZ) / RATE_HZ
    for label in ("hiss", "hum"):
        (root / label).mkdir()
        for index in range(4):
            hum = 0.3 * np.sin(2 * np.pi * (100 + 20 * index) * times)
            sound = hum if label == "hum" else rng.normal(0.0, 0.1, len(times))
            soundfile.write(root / label / f"{index}.wav", sound, RATE_HZ)
    return root


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def _losses(output: Path) -> list[float]:
    (metrics,) = output.glob("metrics/*/metrics.csv")
    with metrics.open() as file:
        return [float(row["loss"]) for row in csv.DictReader(file) if row["loss"]]


def _trained(
    folder: Path, output: Path, *, devices: int, accumulate: int = 1, start: Path | None = None
) -> Path:
    script = output.with_suffix(".py")
    script.write_text(SCRIPT)
    more = (str(devices), str(accumulate), "" if start is None else str(start))
    command = [sys.executable, script, folder, output, *more]
    subprocess.run(command, check=True, env=_environment(), timeout=300)
    return output


@pytest.mark.slow
def test_two_processes_learn_what_one_does(folder: Path, tmp_path: Path) -> None:
    alone = _trained(folder, tmp_path / "alone", devices=1)
    two = _trained(folder, tmp_path / "two", devices=2)
    assert len(_losses(alone)) == 2
    # Sums are taken in another order.
    assert _losses(two) == pytest.approx(_losses(alone), abs=1e-5)
    one, other = (load_checkpoint(run / "model.safetensors").model for run in (alone, two))
    for name, tensor in one.state_dict().items():
        assert torch.allclose(tensor, other.state_dict()[name], atol=2e-4), name


@pytest.mark.slow
def test_two_processes_train_heads_first_as_one_does(folder: Path, tmp_path: Path) -> None:
    """What is frozen in one epoch and learns in the next is shared between processes then."""
    torch.manual_seed(3)
    model = build(varied(preset("datar-micro"), ("patch-stem",)), heads={"other": 3})
    model.set_normalisation(-7.0, 4.0)
    start = tmp_path / "start.safetensors"
    save_checkpoint(start, Checkpoint(model=model.eval(), heads={"other": ("a", "b", "c")}))
    alone = _trained(folder, tmp_path / "alone", devices=1, start=start)
    two = _trained(folder, tmp_path / "two", devices=2, start=start)
    assert _losses(two) == pytest.approx(_losses(alone), abs=1e-5)
    before, one, other = (
        load_checkpoint(path).model.state_dict()
        for path in (start, alone / "model.safetensors", two / "model.safetensors")
    )
    for name, tensor in one.items():
        assert torch.allclose(tensor, other[name], atol=2e-4), name
    assert not torch.equal(
        one["stages.3.1.mlp.expand.weight"], before["stages.3.1.mlp.expand.weight"]
    )


def _command(folder: Path, output: Path, *more: str) -> list[str]:
    options = ["--epochs", "6", "--batch-size", "4", "--threads", "1", "--seed", "7"]
    data = ["--data", f"folder:{folder}", "--output", str(output)]
    return [sys.executable, "-m", "datar_edge", "train", *data, *options, *more]


@pytest.mark.slow
def test_three_kills_change_nothing(folder: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(_command(folder, whole), check=True, env=_environment(), timeout=300)
    more: list[str] = []
    for kill in range(3):
        process = subprocess.Popen(_command(folder, killed, *more), env=_environment())
        last = killed / "checkpoints" / "last.ckpt"
        seen = last.stat().st_mtime_ns if last.exists() else 0
        end = time.monotonic() + 120
        while time.monotonic() < end and process.poll() is None:
            if last.exists() and last.stat().st_mtime_ns != seen:
                break
            time.sleep(0.01)
        time.sleep(0.03 * kill)  # somewhere in the next epoch
        assert process.poll() is None, "it ended before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        more = ["--resume"]
    subprocess.run(_command(folder, killed, "--resume"), check=True, env=_environment())
    first, second = (load_checkpoint(run / "model.safetensors").model for run in (whole, killed))
    assert all(
        torch.equal(tensor, second.state_dict()[name])
        for name, tensor in first.state_dict().items()
    )
