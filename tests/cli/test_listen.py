from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from datar_edge.audio import read_audio
from datar_edge.cli import main

Capture = pytest.CaptureFixture[str]
LISTEN = [sys.executable, "-m", "datar_edge", "listen"]


def told_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--fast"], "--fast is given without --input"),
        (["--input", "none.wav"], "none.wav does not exist"),
        (["--input", "a.wav", "--device", "1"], "--device and --input are both given"),
        (["--input", "a.wav", "--gain-db", "3"], "--gain-db is given without a microphone or"),
        (["--input", "a.wav", "--input-rate", "8000"], "--input-rate is given without --input -"),
        (["--gain-db", "99"], "the gain is 99.0 dB. Allowed: -60 to 60"),
        (["--input", "-", "--channel", "2"], "channel 2 is not there: standard input has 1"),
        (["--input", "-", "--input-format", "mp3"], "the sample format is 'mp3'. Allowed: s16le"),
        (["--input", "-", "--input-rate", "5"], "standard input has a sample rate of 5 Hz"),
        (["--start-threshold", "2"], "start_threshold is 2.0"),
        (["--hop", "-1", "--fast", "--input", "rain.ogg"], "the hop is -1.0 s"),
        (["--allow", "Rian", "--fast", "--input", "rain.ogg"], "Did you mean Rain?"),
    ],
)
def test_wrong_options_are_refused_before_listening(
    arguments: list[str],
    told: str,
    examples: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(examples)
    monkeypatch.setitem(sys.modules, "sounddevice", None)  # none of these comes to a microphone
    assert main(["listen", *arguments]) == 2
    printed = capsys.readouterr()
    assert told in printed.err
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_raw_sound_in_a_pipe_is_heard_as_the_file_is(examples: Path) -> None:
    """In another rate, another format, and the second of two channels."""
    path = examples / "rooster.ogg"
    samples, rate_hz = soundfile.read(path, dtype="float32")
    raw = io.BytesIO()
    stereo = np.stack([np.zeros_like(samples), samples], axis=1)
    soundfile.write(raw, stereo, rate_hz, format="RAW", subtype="PCM_24", endian="LITTLE")
    common = ["--fast", "--json", "--scores"]
    pipe = subprocess.run(
        [
            *(*LISTEN, *common, "--input", "-", "--input-rate", str(rate_hz)),
            *("--input-format", "s24le", "--input-channels", "2", "--channel", "2"),
        ],
        input=raw.getvalue(),
        capture_output=True,
        check=True,
    )
    file = subprocess.run([*LISTEN, *common, "--input", str(path)], capture_output=True, check=True)
    assert pipe.stdout.decode() == file.stdout.decode()  # 24 bits are no audible change
    assert b"Rooster" in pipe.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_events_and_exits_well(examples: Path, number: signal.Signals) -> None:
    """Raw sound that does not end: the event is open when the signal comes."""
    rain = read_audio(examples / "rain.ogg", 16_000)
    process = subprocess.Popen(
        [*LISTEN, "--json", "--input", "-", "--input-format", "f32le", "--input-rate", "16000"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=False,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["state"] == "listening"
    process.stdin.write(rain.tobytes())
    process.stdin.flush()
    start = json.loads(process.stdout.readline())
    while start["type"] != "event_start":  # there may be a word on the haste of the pipe
        start = json.loads(process.stdout.readline())
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    told = told_of(output.decode())
    ends = [each["id"] for each in told if each["type"] == "event_end"]
    assert start["id"] in ends
    assert len(ends) == len(set(ends))
    assert told[-1]["state"] == "stopped"
    assert b"stopped: standard input" in errors


def test_what_comes_too_fast_is_skipped_unless_it_may_wait(examples: Path) -> None:
    rain = np.tile(read_audio(examples / "rain.ogg", 16_000), 20)
    windows = {}
    for option in ("--fast", "--json"):
        done = subprocess.run(
            [*LISTEN, "--json", option, "--input", "-", "--input-format", "f32le"],
            input=rain.tobytes(),
            capture_output=True,
            check=True,
        )
        windows[option] = told_of(done.stdout.decode())[-1]
    assert windows["--fast"]["dropped_s"] == 0.0
    assert windows["--json"]["dropped_s"] > 0.0
    assert windows["--json"]["time_s"] <= windows["--fast"]["time_s"]


@pytest.mark.parametrize(
    ("gain", "status", "problem"),
    [(0.0, 1, "zeros"), (1e-5, 1, "silence"), (0.5, 0, None), (8.0, 1, "clips")],
)
def test_the_level_is_judged(
    *,
    write_sound: Any,
    noise: Any,
    capsys: Capture,
    gain: float,
    status: int,
    problem: str | None,
) -> None:
    path = write_sound("a.wav", np.clip(gain * noise(5.0), -1.0, 1.0), subtype="FLOAT")
    arguments = ["listen", "--check", "--input", str(path), "--fast"]
    assert main([*arguments, "--json"]) == status
    found = json.loads(capsys.readouterr().out)
    assert (found["source"], found["problem"]) == (str(path), problem)
    assert main(arguments) == status
    assert ("only silence" in capsys.readouterr().out) == (problem in ("zeros", "silence"))


def test_nothing_of_torch_or_of_unused_outputs_is_imported(examples: Path) -> None:
    program = (
        "import sys\n"
        "for name in ('torch', 'paho', 'sounddevice', 'pyarrow', 'ray'):\n"
        "    sys.modules[name] = None\n"
        "from datar_edge.cli import main\n"
        f"sys.exit(main(['listen', '--fast', '--json', '--input', {str(examples / 'dog.ogg')!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert told_of(done.stdout)[1]["label"] == "Dog bark"


def test_the_default_device_is_marked(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    from types import SimpleNamespace  # noqa: PLC0415

    names = ("Built-in", "USB [red]")
    module = SimpleNamespace(
        default=SimpleNamespace(device=[1, 0]),
        query_devices=lambda: [
            {"name": n, "hostapi": 0, "max_input_channels": 1, "default_samplerate": 48_000.0}
            for n in names
        ],
        query_hostapis=lambda: [{"name": "ALSA"}],
    )
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    assert main(["devices"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith("default") for line in lines[1:]] == [False, True]
    assert "USB [red]" in lines[2]


def test_a_pipe_that_nobody_reads_ends_it(examples: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*LISTEN, "--fast", "--json", "--input", str(examples / "rain.ogg")],
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


def test_clips_hold_the_sound_of_their_events(
    examples: Path, write_sound: Any, tmp_path: Path, capsys: Capture
) -> None:
    """Heard fast, with several outputs at once; the clip is sample for sample what was heard."""
    rain = np.tile(read_audio(examples / "rain.ogg", 16_000), 2)
    sound = np.concatenate([np.zeros(32_000, np.float32), np.clip(rain, -1, 1), np.zeros(64_000)])
    path = write_sound("rain.wav", sound, subtype="PCM_16")
    table = tmp_path / "events.csv"
    arguments = ["--input", str(path), "--fast", "--json", "--csv", str(table)]
    assert main(["listen", *arguments, "--save-clips", str(tmp_path / "clips")]) == 0
    ends = [each for each in told_of(capsys.readouterr().out) if each["type"] == "event_end"]
    assert "Rain" in {end["label"] for end in ends}
    assert len(table.read_text().splitlines()) == 1 + len(ends)
    written, _ = soundfile.read(path, dtype="int16")
    for end in ends:
        clip, rate_hz = soundfile.read(end["clip"], dtype="int16")
        assert rate_hz == 16_000
        start, stop = (round(end[key] * rate_hz) for key in ("start_s", "end_s"))
        np.testing.assert_array_equal(clip, written[start:stop])
