from __future__ import annotations

from pathlib import Path

import pytest

from datar_edge.data.esc import read_esc
from datar_edge.errors import DataError

ESC_10 = Path(__file__).parents[3] / "shared" / "esc10"

HEADER = "filename,fold,target,category,esc10,src_file,take\n"
ROWS = (
    "1-17150-A-12.wav,1,12,crackling_fire,True,17150,A\n"
    "2-100032-A-0.wav,2,0,dog,True,100032,A\n"
    "3-110389-A-0.wav,3,0,dog,True,110389,A\n"
)


def write_folders(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def write_table(root: Path, text: str) -> Path:
    (root / "meta").mkdir()
    (root / "meta" / "esc50.csv").write_text(text, encoding="utf-8")
    return root


def test_folders_give_label_fold_and_order(tmp_path: Path) -> None:
    write_folders(
        tmp_path,
        "010 - Fire crackling/4-9-A.ogg",
        "002 - Rain/2-2-A.ogg",
        "002 - Rain/1-1-A.ogg",
        "002 - Rain/.1-hidden.ogg",
        "002 - Rain/notes.txt",
        "somewhere else/1-1-A.ogg",
    )
    clip_set = read_esc(tmp_path)
    assert clip_set.heads == {"class": ("Rain", "Fire crackling")}
    assert [(c.path.name, c.targets["class"], c.fold) for c in clip_set.clips] == [
        ("1-1-A.ogg", "Rain", 1),
        ("2-2-A.ogg", "Rain", 2),
        ("4-9-A.ogg", "Fire crackling", 4),
    ]
    assert (clip_set.name, clip_set.licence) == ("ESC-10", "CC BY 3.0")
    assert "10.1145/2733373.2806390" in clip_set.attribution


def test_folders_of_esc_50_are_known_by_their_numbers(tmp_path: Path) -> None:
    clip_set = read_esc(write_folders(tmp_path, "101 - Dog/1-1-A.ogg"))
    assert (clip_set.name, clip_set.licence) == ("ESC-50", "CC BY-NC 3.0")


def test_a_table_gives_labels_in_the_order_of_targets(tmp_path: Path) -> None:
    clip_set = read_esc(write_table(tmp_path, HEADER + ROWS))
    assert clip_set.heads == {"class": ("dog", "crackling_fire")}
    assert clip_set.clips[0].path == tmp_path / "audio" / "1-17150-A-12.wav"
    assert [(c.targets["class"], c.fold) for c in clip_set.clips] == [
        ("crackling_fire", 1),
        ("dog", 2),
        ("dog", 3),
    ]
    assert (clip_set.name, clip_set.licence) == ("ESC-10", "CC BY 3.0")


def test_one_clip_outside_esc_10_makes_the_set_esc_50(tmp_path: Path) -> None:
    text = HEADER + ROWS + "4-1-A-7.wav,4,7,rooster,False,1,A\n"
    clip_set = read_esc(write_table(tmp_path, text))
    assert (clip_set.name, clip_set.licence) == ("ESC-50", "CC BY-NC 3.0")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("filename,fold,category\n", r"esc50\.csv, line 1: there is no column 'target'"),
        (HEADER, "lists no clip"),
        (HEADER + "a.wav,one,0,dog\n", r"line 2, column 'fold' is 'one'"),
        (HEADER + ROWS + "a.wav,1,-,dog\n", r"line 5, column 'target' is '-'"),
        (HEADER + ROWS + "a.wav,1,0\n", r"line 5, column 'category' is empty"),
        (HEADER + ROWS + "a.wav,1,0,cat\n", r"'cat', but target 0 was 'dog' before"),
        ("", "there is no column 'filename'"),
    ],
)
def test_a_table_that_is_wrong_says_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_esc(write_table(tmp_path, text))


def test_a_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither folders such as"):
        read_esc(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="esc10 does not exist"):
        read_esc(tmp_path / "esc10")
    (tmp_path / "esc10").touch()
    with pytest.raises(DataError, match="esc10 is not a folder"):
        read_esc(tmp_path / "esc10")


def test_a_file_without_a_fold_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"bark\.ogg does not start with its fold"):
        read_esc(write_folders(tmp_path, "001 - Dog bark/bark.ogg"))


def test_a_class_without_clips_is_named(tmp_path: Path) -> None:
    (tmp_path / "001 - Dog bark").mkdir()
    with pytest.raises(DataError, match="001 - Dog bark holds no sound file"):
        read_esc(tmp_path)


@pytest.mark.skipif(not ESC_10.is_dir(), reason=f"the clips of {ESC_10} are not there")
def test_the_real_esc_10_has_32_clips_a_class() -> None:
    clip_set = read_esc(ESC_10)
    assert clip_set.folds == (1, 2, 3, 4)
    assert {label: sum(count.values()) for label, count in clip_set.counts().items()} == {
        "Dog bark": 32,
        "Rain": 32,
        "Sea waves": 32,
        "Baby cry": 32,
        "Clock tick": 32,
        "Person sneeze": 32,
        "Helicopter": 32,
        "Chainsaw": 32,
        "Rooster": 32,
        "Fire crackling": 32,
    }
