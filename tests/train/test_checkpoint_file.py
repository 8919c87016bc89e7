"""The file of a run that resuming starts from."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from datar_edge.errors import ConfigError
from datar_edge.train.checkpoint_file import WholeCheckpointIO


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond 100 kB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_it_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints" / "last.ckpt"
    for epoch in range(2):
        WholeCheckpointIO().save_checkpoint({"epoch": epoch}, path)
    assert torch.load(path, weights_only=True) == {"epoch": 1}
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_the_one_before_stays(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    WholeCheckpointIO().save_checkpoint({"epoch": 0}, path)
    with pytest.raises(ConfigError, match=r"last\.ckpt cannot be written: File too large"):
        WholeCheckpointIO().save_checkpoint({"epoch": 1, "weights": torch.zeros(100_000)}, path)
    assert torch.load(path, weights_only=True) == {"epoch": 0}
    assert list(tmp_path.iterdir()) == [path]
