from __future__ import annotations

from pathlib import Path

import pytest

from datar_edge.data.readers import open_dataset, parse_folds
from datar_edge.errors import DataError


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    root = tmp_path / "birds"
    for path in ("owl/night/1.flac", "owl/2.wav", "crow/3.OGG", "crow/.4.ogg", "crow/read.me"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    (root / ".cache").mkdir()
    return root


def test_a_folder_a_label(birds: Path) -> None:
    clip_set = open_dataset(f"folder:{birds}")
    assert clip_set.heads == {"class": ("crow", "owl")}
    assert [c.path.relative_to(birds).as_posix() for c in clip_set.clips] == [
        "crow/3.OGG",
        "owl/2.wav",
        "owl/night/1.flac",
    ]
    assert clip_set.name == "birds"
    assert clip_set.licence == "not stated"


def test_a_folder_has_no_folds_until_numbers_are_asked_for(birds: Path) -> None:
    assert open_dataset(f"folder:{birds}").folds == ()
    with pytest.raises(DataError, match=r"birds has no clip of fold train\. It has no folds\."):
        open_dataset(f"folder:{birds}", folds=["train"])
    assert {clip.path.name for clip in open_dataset(f"folder:{birds}", folds=[5]).clips} == {
        "3.OGG",
        "2.wav",
    }
    with pytest.raises(DataError, match=r"no clip of fold 3\. It has the folds 4, 5\."):
        open_dataset(f"folder:{birds}", folds=[3])


def test_recordings_in_a_subfolder_are_of_one_source(tmp_path: Path) -> None:
    for name in ("owl/1.wav", "owl/night/1.wav", "owl/night/deep/2.wav", "owl/wood/1.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    clips = open_dataset(f"folder:{tmp_path}").in_folds().clips
    folds = {clip.path.relative_to(tmp_path / "owl").as_posix(): clip.fold for clip in clips}
    assert folds["night/1.wav"] == folds["night/deep/2.wav"]
    assert len({folds["1.wav"], folds["night/1.wav"], folds["wood/1.wav"]}) == 3


def test_a_folder_without_folders_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no folders"):
        open_dataset(f"folder:{tmp_path}")


def test_folds_and_limit_reach_the_reader(tmp_path: Path) -> None:
    for name in ("001 - Dog bark/1-1-A.ogg", "001 - Dog bark/2-1-A.ogg", "002 - Rain/2-2-A.ogg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    clip_set = open_dataset(f"esc:{tmp_path}", folds=[2], limit=1)
    assert [clip.path.name for clip in clip_set.clips] == ["2-1-A.ogg"]


def test_a_tilde_is_the_home_folder(birds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(birds.parent))
    assert len(open_dataset("folder:~/birds").clips) == 3


@pytest.mark.parametrize("spec", ["audioset:/data", "/data", "esc", "esc:", ":/data", ""])
def test_an_unknown_data_set_is_told_the_known_ones(spec: str) -> None:
    with pytest.raises(
        DataError, match=r"unknown data set .* Known are: esc:DIR, folder:DIR, vggsound:DIR"
    ):
        open_dataset(spec)


def test_folds_are_read_from_a_list() -> None:
    assert parse_folds("1,2, 3") == (1, 2, 3)
    assert parse_folds("train") == ("train",)
    assert parse_folds(" ") == ()


@pytest.mark.parametrize("text", ["1,", "1-3", "-1", "1.5", "tr ain"])
def test_folds_that_are_neither_are_refused(text: str) -> None:
    with pytest.raises(DataError, match="is neither a number nor a name"):
        parse_folds(text)
