from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from datar_edge.cli import main

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Three labelled recordings, and one that is no sound."""
    root = tmp_path / "recordings"
    for label, name in (
        ("Dog bark", "dog.ogg"),
        ("Rain", "rain.ogg"),
        ("Rooster", "rooster.ogg"),
    ):
        (root / label).mkdir(parents=True)
        shutil.copy(EXAMPLES / name, root / label)
    (root / "Rain" / "broken.wav").write_text("no sound")
    return root


def test_json_holds_shares_for_all_and_for_each_label(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--data", f"folder:{recordings}", "--json", "--hop", "0.5"]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert document["model"].endswith("datar-micro.tflite")
    assert (document["data"], document["folds"]) == ("recordings", [])
    assert (document["clips"], document["skipped"], document["hop_s"]) == (3, 1, 0.5)
    head = document["heads"]["class"]
    assert list(head["per_class"]) == ["Dog bark", "Rain", "Rooster"]
    assert document["top1"] == head["top1"]
    shares = [one["top1"] for one in head["per_class"].values()]
    assert set(shares) <= {0.0, 1.0}
    assert head["top1"] == pytest.approx(sum(shares) / 3, abs=1e-4)
    assert printed.err.count("\n") == 1
    assert "warning: left out: " in printed.err
    assert "broken.wav" in printed.err


def test_the_table_has_a_row_for_each_label_and_one_for_all(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--data", f"folder:{recordings}", "--limit", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "datar-micro.tflite on recordings, a window every" in lines[0]
    assert lines[2].split() == ["Class", "Clips", "Top-1", "Top-5"]
    assert [line.split("  ")[0] for line in lines[3:-1]] == ["Dog bark", "Rain", "Rooster", "all"]
    assert all(line.rstrip().endswith("%") for line in lines[3:-1])
    assert lines[-1].startswith("Mean average precision ")


def test_an_output_is_written_once(recordings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = recordings.parent / "accuracy.json"
    command = ["evaluate", "--data", f"folder:{recordings}", "--json", "--output", str(output)]
    assert main(command) == 0
    assert json.loads(output.read_text(encoding="utf-8"))["clips"] == 3
    assert capsys.readouterr().out == ""
    assert main(command) == 2
    assert "overwrite it with --force" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "audioset:x"], "unknown data set 'audioset:x'"),
        (["--data", "esc:nowhere"], "the data set's folder nowhere does not exist"),
        (["--data", "folder:{}", "--folds", "1"], "has no clip of fold 1"),
        (["--data", "folder:{}", "--folds", "one"], "has no clip of fold one. It has no folds."),
        (["--data", "folder:{}", "--limit", "0"], "the limit of clips is 0"),
        (["--data", "folder:{}", "--hop", "-1"], "the hop is -1.0 s"),
        (["none.tflite", "--data", "folder:{}"], "model file none.tflite does not exist"),
        ([], "Missing option '--data'"),
    ],
)
def test_wrong_input_is_told_in_one_line(
    recordings: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["evaluate", *(each.format(recordings) for each in arguments)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err


def test_a_checkpoint_without_torch_names_the_extra(recordings: Path, tmp_path: Path) -> None:
    header = b'{"__metadata__":{}}'
    checkpoint = tmp_path / "model.safetensors"
    checkpoint.write_bytes(len(header).to_bytes(8, "little") + header)
    without_torch = "import sys; sys.modules['torch'] = None; from datar_edge.cli import main; "
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{without_torch} sys.exit(main())",
            "evaluate",
            str(checkpoint),
            "--data",
            f"folder:{recordings}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "needs the package 'torch'" in done.stderr
    assert "pip install 'datar-edge[train]'" in done.stderr
