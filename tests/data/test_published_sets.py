"""The paper's data sets, in small trees written in their own formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from datar_edge.config import FbankConfig
from datar_edge.data.dataset import Clip
from datar_edge.data.readers import open_dataset
from datar_edge.data.spectrograms import load_spectrograms
from datar_edge.errors import DataError

FBANK = FbankConfig(num_mel_bins=16, window_s=0.3, num_frames=32)


def write_tone(path: Path, *, seconds: float, rate_hz: int = 16_000, channels: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    tone = 0.1 * np.sin(2 * np.pi * 440 * times)
    soundfile.write(path, np.repeat(tone[:, None], channels, axis=1), rate_hz)


@pytest.fixture
def vggsound(tmp_path: Path) -> Path:
    (tmp_path / "vggsound.csv").write_text(
        '---g-f_I2yQ,1,"people marching",train\n'
        '--0PQM4-hqg,30,"waterfall burbling, far",train\n'
        "--56QUhyDQM,185,playing tennis,train\n"
        "--5OkAjCI7g,40,people belly laughing,test\n"
        "--5OkAjCI7g,40,people belly laughing,test\n"
    )
    write_tone(tmp_path / "audio/---g-f_I2yQ_000001.wav", seconds=1.0, rate_hz=44_100, channels=2)
    write_tone(tmp_path / "audio/deeper/--0PQM4-hqg_30.flac", seconds=0.01)  # below one frame
    write_tone(tmp_path / "audio/--5OkAjCI7g_000040.ogg", seconds=0.5, rate_hz=8_000)
    return tmp_path


def test_vggsound(vggsound: Path) -> None:
    clip_set = open_dataset(f"vggsound:{vggsound}")
    assert clip_set.folds == ("test", "train")
    assert len(clip_set.heads["class"]) == 4  # those of the table, also where sound is missing
    assert [problem.partition(": ")[2] for problem in clip_set.left_out] == [
        "there is no sound of --56QUhyDQM at 185 s",
        "--5OkAjCI7g at 40 s stands in the table before",
    ]
    train = open_dataset(f"vggsound:{vggsound}", folds=["train"])
    assert {clip.path.name for clip in train.clips} == {
        "---g-f_I2yQ_000001.wav",
        "--0PQM4-hqg_30.flac",
    }
    loaded = load_spectrograms(clip_set, FBANK)
    assert loaded.unreadable == ()
    frames = {c.path.suffix: loaded.log_mel(i) for i, c in enumerate(loaded.clips)}
    assert {suffix: len(values) for suffix, values in frames.items()} == {
        ".ogg": 48,
        ".wav": 98,
        ".flac": 1,
    }


def test_an_empty_and_a_broken_file_are_left_out_with_the_reason(vggsound: Path) -> None:
    (vggsound / "audio/--56QUhyDQM_000185.wav").touch()
    (vggsound / "audio/deeper/--0PQM4-hqg_30.flac").write_bytes(b"fLaC, but not much of it")
    loaded = load_spectrograms(open_dataset(f"vggsound:{vggsound}"), FBANK)
    assert len(loaded.clips) == 2
    assert sorted(problem.partition(".wav ")[2][:20] for problem in loaded.unreadable) == [
        "",
        "is empty: 0 bytes. R",
    ]


def test_kinetics_sounds(tmp_path: Path) -> None:
    header = "label,youtube_id,time_start,time_end,split\n"
    (tmp_path / "train.csv").write_text(
        header
        + "playing organ,aaaaaaaaaaa,5,15,train\n"
        + "abseiling,bbbbbbbbbbb,0,10,train\n"
        + '"tapping pen",ccccccccccc,107,117,train\n'
    )
    (tmp_path / "validate.csv").write_text(header + "tickling,ddddddddddd,20,30,validate\n")
    write_tone(tmp_path / "train/playing organ/aaaaaaaaaaa_000005_000015.wav", seconds=0.5)
    write_tone(tmp_path / "ddddddddddd.wav", seconds=0.5)
    clip_set = open_dataset(f"kinetics-sounds:{tmp_path}")
    assert {(c.path.name, c.targets["class"], c.fold) for c in clip_set.clips} == {
        ("aaaaaaaaaaa_000005_000015.wav", "playing organ", "train"),
        ("ddddddddddd.wav", "tickling", "validate"),
    }
    assert len(clip_set.heads["class"]) == 31
    assert len(clip_set.left_out) == 1
    (tmp_path / "classes.txt").write_text("tickling\n\nplaying organ\n")
    assert open_dataset(f"kinetics-sounds:{tmp_path}").heads["class"] == (
        "tickling",
        "playing organ",
    )
    (tmp_path / "classes.txt").write_text("tickling\ntickling\n")
    with pytest.raises(DataError, match="names the class 'tickling' twice"):
        open_dataset(f"kinetics-sounds:{tmp_path}")


EPIC_HEADER = (
    "narration_id,participant_id,video_id,narration_timestamp,start_timestamp,stop_timestamp,"
    "start_frame,stop_frame,narration,verb,verb_class,noun,noun_class,all_nouns,all_noun_classes\n"
)


def epic_row(
    number: int, start: str, stop: str, verb: int, noun: int, *, video: str = "P01_01"
) -> str:
    return (
        f"{video}_{number},P01,{video},00:00:01.089,{start},{stop},8,202,open door,open,{verb},"
        f"door,{noun},['door'],[{noun}]\n"
    )


@pytest.fixture
def epic(tmp_path: Path) -> Path:
    (tmp_path / "EPIC_100_train.csv").write_text(
        EPIC_HEADER
        + epic_row(0, "00:00:00.25", "00:00:00.75", 3, 3)
        + epic_row(1, "00:00:01.00", "00:00:01.50", 0, 114)
        + epic_row(2, "00:00:00.00", "00:00:01.00", 0, 3, video="P02_07")
        + epic_row(3, "01:00:00.00", "01:00:01.00", 0, 3)
    )
    (tmp_path / "EPIC_100_validation.csv").write_text(
        EPIC_HEADER
        + epic_row(4, "00:00:00.50", "00:00:01.10", 0, 3)
        + epic_row(5, "00:00:00.50", "00:00:01.10", 0, 299)
    )
    (tmp_path / "EPIC_100_verb_classes.csv").write_text(
        "id,key,instances,category\n0,take,\"['take']\",retrieve\n3,open,\"['open']\",access\n"
    )
    write_tone(tmp_path / "audio/P01_01.wav", seconds=2.0, rate_hz=24_000)
    return tmp_path


def test_epic_kitchens(epic: Path) -> None:
    clip_set = open_dataset(f"epic-kitchens:{epic}")
    assert clip_set.heads == {"verb": ("take", "open"), "noun": ("noun 3", "noun 114")}
    path = epic / "audio/P01_01.wav"
    assert (
        Clip(
            path=path,
            targets={"verb": "open", "noun": "noun 3"},
            fold="train",
            start_s=0.25,
            duration_s=0.5,
        )
        in clip_set.clips
    )
    assert [problem.partition(": ")[2] for problem in clip_set.left_out] == [
        "there is no sound of the video P02_07",
        "the noun 299 has no action to train on",
    ]
    loaded = load_spectrograms(clip_set, FBANK)
    assert [x.frames for x in loaded.extents if x.frames == 48] == [
        48,
        48,
    ]  # half a second of 24 kHz
    assert len(loaded.unreadable) == 1  # an hour into a file of two seconds
    assert "no sound at 3600 s" in loaded.unreadable[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("00:00:00.25", "00:00"), "column 'start_timestamp' is '00:00'"),
        (("00:00:00.75", "00:00:00.20"), "column 'stop_timestamp' is '00:00:00.20'"),
        ((",open,3,", ",open,three,"), "column 'verb_class' is 'three'"),
        (("narration_id", "id"), "there is no column 'narration_id'"),
    ],
)
def test_a_garbled_table_is_told_by_line_and_column(
    epic: Path, change: tuple[str, str], told: str
) -> None:
    table = epic / "EPIC_100_train.csv"
    table.write_text(table.read_text().replace(*change, 1))
    with pytest.raises(DataError, match=told) as error:
        open_dataset(f"epic-kitchens:{epic}")
    assert "EPIC_100_train.csv, line" in str(error.value)


@pytest.mark.parametrize("kind", ["vggsound", "kinetics-sounds", "epic-kitchens"])
def test_folders_without_tables_or_sound(tmp_path: Path, kind: str) -> None:
    with pytest.raises(DataError, match="nowhere does not exist"):
        open_dataset(f"{kind}:{tmp_path}/nowhere")
    with pytest.raises(DataError, match="holds no sound file"):
        open_dataset(f"{kind}:{tmp_path}")
    write_tone(tmp_path / "some.wav", seconds=0.1)
    with pytest.raises(DataError, match=r"cannot be read|holds no \.csv"):
        open_dataset(f"{kind}:{tmp_path}")
