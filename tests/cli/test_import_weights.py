"""`datar-edge import-weights`, from a file that DAT's code could have saved to a checkpoint."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch

from datar_edge.cli import main
from datar_edge.models import load_checkpoint


class _Runs:
    """What a pickle from a stranger may hold."""

    def __reduce__(self) -> tuple[object, ...]:
        return (print, ("this ran",))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    state = {
        "module.patch_proj.0.weight": torch.randn(96, 3, 4, 4),
        "module.patch_proj.0.bias": torch.randn(96),
        "module.cls_head.weight": torch.randn(1000, 768),
    }
    path = tmp_path / "dat.pth"
    torch.save({"model": state, "epoch": 300}, path)
    return path


def test_a_checkpoint_and_a_table_of_every_tensor(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "nouns.txt"
    labels.write_text("tap\npan\n\nlid\n")
    output = tmp_path / "start.safetensors"
    arguments = ["--heads", "verb=2", "--heads", f"noun={labels}", "--output", str(output)]
    assert main(["import-weights", str(weights), *arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["tensors"]
    checkpoint = load_checkpoint(output)
    assert checkpoint.heads == {"verb": ("verb 0", "verb 1"), "noun": ("tap", "pan", "lid")}
    names = [row["name"] for row in told if row["fate"] != "left over"]
    assert names == list(checkpoint.model.state_dict())
    assert [row["name"] for row in told if row["fate"] == "left over"] == ["cls_head.weight"]
    summed = torch.load(weights, weights_only=True)["model"]["module.patch_proj.0.weight"]
    stem = checkpoint.model.state_dict()["stem.0.conv.weight"]
    assert torch.allclose(stem[:, 0], summed.sum(dim=1), atol=1e-5)
    assert (
        main(["import-weights", str(weights), *arguments, "--force", "--variant", "as-released"])
        == 0
    )
    assert "1 resized" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--heads", "class"], "--heads is 'class'"),
        (["--heads", "class=0"], "--heads is 'class=0'"),
        (["--heads", "class=nowhere.txt"], "nowhere.txt cannot be read"),
        (["--heads", "class=3", "--preset", "ast-base"], "no pyramid with a patch stem"),
        (["--heads", "class=3", "--preset", "datar-huge"], "unknown preset 'datar-huge'"),
    ],
)
def test_wrong_options_write_nothing(
    weights: Path,
    tmp_path: Path,
    arguments: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "start.safetensors"
    assert main(["import-weights", str(weights), *arguments, "--output", str(output)]) == 2
    assert told in capsys.readouterr().err
    assert not output.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (pickle.dumps({"model": _Runs()}), "no file of tensors that can be read safely"),
        (b"no weights at all", "no file of tensors that can be read safely"),
        (b"", "no file of tensors that can be read safely"),
    ],
)
def test_files_of_strangers_run_no_code(
    tmp_path: Path, content: bytes, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    arguments = ["--heads", "class=3", "--output", str(tmp_path / "out.safetensors")]
    assert main(["import-weights", str(path), *arguments]) == 2
    printed = capsys.readouterr()
    assert told in printed.err
    assert "this ran" not in printed.out


def test_values_that_are_no_numbers_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"patch_proj.0.bias": torch.full((96,), float("nan"))}, path)
    arguments = ["--heads", "class=3", "--output", str(tmp_path / "out.safetensors")]
    assert main(["import-weights", str(path), *arguments]) == 2
    assert "not finite, in tensor 'patch_proj.0.bias'" in capsys.readouterr().err
