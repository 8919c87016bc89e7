"""`tag --events`: real sounds become the right events, and what holds nothing becomes none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from datar_edge.audio.files import AudioReader, read_audio
from datar_edge.cli import main
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.events import events_of
from datar_edge.runtime import open_session
from datar_edge.runtime.scorer import WindowScorer
from datar_edge.runtime.tags import TagChooser

Write = Callable[..., Path]
Capture = pytest.CaptureFixture[str]
THRESHOLD = ("--start-threshold", "0.7")
RATE_HZ = 16_000


def events(capsys: Capture, *arguments: object) -> list[dict[str, object]]:
    assert main(["tag", "--events", "--json", *map(str, arguments)]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("name", "label"), [("dog", "Dog bark"), ("rain", "Rain"), ("rooster", "Rooster")]
)
def test_a_recording_is_one_event_as_a_file_and_in_a_quiet_room(
    examples: Path, write_sound: Write, capsys: Capture, name: str, label: str
) -> None:
    """The room is pink noise of -65 dBFS, so the event lies where the recording does."""
    [path] = examples.glob(f"{name}.*g")
    [told] = events(capsys, path, *THRESHOLD)
    assert (told["label"], told["start_s"]) == (label, 0.0)

    sound = read_audio(path, RATE_HZ)
    room = pink_noise(len(sound) + 8 * RATE_HZ, -65.0)
    room[4 * RATE_HZ : 4 * RATE_HZ + len(sound)] += sound
    [told] = events(capsys, write_sound("room.wav", room), *THRESHOLD)
    assert told["label"] == label
    assert told["start_s"] < 4.0 + len(sound) / RATE_HZ
    assert told["end_s"] > 4.0


def pink_noise(samples: int, level_dbfs: float) -> np.ndarray:
    spectrum = np.fft.rfft(np.random.default_rng(5).standard_normal(samples))
    sound = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)), samples)
    return (sound / np.std(sound) * 10 ** (level_dbfs / 20)).astype(np.float32)


@pytest.mark.parametrize("level_dbfs", [-90.0, -65.0, -50.0])
def test_a_quiet_room_is_no_event(write_sound: Write, capsys: Capture, level_dbfs: float) -> None:
    path = write_sound("room.wav", pink_noise(20 * RATE_HZ, level_dbfs), subtype="FLOAT")
    assert events(capsys, path) == []


def test_digital_silence_is_no_event_at_any_threshold(write_sound: Write, capsys: Capture) -> None:
    path = write_sound("zeros.wav", np.zeros(10 * RATE_HZ, np.float32))
    assert events(capsys, path, "--start-threshold", "1e-6", "--confirmation", "0") == []


def test_events_of_windows_are_those_of_the_command(examples: Path, capsys: Capture) -> None:
    path = examples / "rain.ogg"
    with open_session(None) as session:
        config = EventConfig(start_threshold=0.6, confirmation_s=1.0)
        with AudioReader(path) as reader:
            windows = WindowScorer(session).score_all(reader.blocks(session.card.sample_rate_hz))
            [expected] = events_of(windows, TagChooser(session.card), config)
    options = ["--start-threshold", 0.6, "--confirmation", 1]
    [told] = events(capsys, path, *options)
    assert told["label"] == expected.label
    times = [told[key] for key in ("start_s", "end_s", "max_score")]
    wanted = [expected.start_s, expected.end_s, expected.max_score]
    assert times == pytest.approx(wanted, abs=1e-3)


def test_a_file_has_a_label_s_own_values(examples: Path, tmp_path: Path, capsys: Capture) -> None:
    config = tmp_path / "events.toml"
    config.write_text("start_threshold = 0.7\n[labels.Rain]\nmin_duration_s = 60\n")
    paths = [examples / "rain.ogg", examples / "rooster.ogg"]
    labels = [event["label"] for event in events(capsys, *paths, "--event-config", config)]
    assert labels == ["Rooster"]


def test_denied_labels_are_no_events(examples: Path, capsys: Capture) -> None:
    assert events(capsys, examples / "rain.ogg", *THRESHOLD, "--deny", "rain") == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--start-threshold", "-0.1"], "start_threshold is -0.1. Allowed: above 0 to 1."),
        (
            ["--start-threshold", "0.5", "--stop-threshold", "0.6"],
            "stop_threshold 0.6 is above start_threshold 0.5",
        ),
        (["--min-duration", "1e9"], "min_duration_s is 1000000000.0. Allowed: 0 to 3600 seconds."),
        (["--smoothing", "nan"], "smoothing_s is nan"),
        (["--event-config", "missing.toml"], "event configuration missing.toml cannot be read"),
        (["--event-config", "{file}"], "line 2, labels.Dog park: unknown label 'Dog park'. Did"),
    ],
)
def test_wrong_values_are_one_line_and_status_2(
    examples: Path, tmp_path: Path, capsys: Capture, options: list[str], told: str
) -> None:
    file = tmp_path / "events.toml"
    file.write_text("\n[labels.'Dog park']\n")
    given = [option.format(file=file) for option in options]
    assert main(["tag", str(examples / "dog.ogg"), "--events", *given]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    [line] = captured.err.strip().splitlines()
    assert line.startswith("error: ")
    assert told in line
