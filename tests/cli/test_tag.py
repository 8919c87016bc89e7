"""`tag` on many files: formats, going on after an end, full disks, several processes."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyarrow import parquet

from datar_edge.cli import main
from datar_edge.cli.tag_formats import FormatName, text_writer
from datar_edge.listen.segments import Segment
from datar_edge.runtime.tags import Tag
from datar_edge.tagging.planned import PlannedFile
from datar_edge.tagging.result import FileResult

Capture = pytest.CaptureFixture[str]
FORMATS = ("csv", "json", "jsonl", "parquet", "txt")


def call(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


@pytest.fixture
def archive(tmp_path: Path, real_sounds: list[Path]) -> Path:
    """Sixteen recordings in four folders."""
    root = tmp_path / "archive"
    for index in range(16):
        sound = real_sounds[index % 4]
        folder = root / str(index // 4)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(sound, folder / f"{index:02}{sound.suffix}")
    return root


def rows_of(path: Path) -> list[tuple[str, float, float, str | None, float | None]]:
    """Rows of CSV, JSON, JSON lines or Parquet in one form."""
    if path.suffix == ".parquet":
        return [tuple(row.values()) for row in parquet.read_table(path).to_pylist()]
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return [
                (r["file"], float(r["start_s"]), float(r["end_s"]), *_told(r["label"], r["score"]))
                for r in csv.DictReader(file)
            ]
    text = path.read_text()
    items = json.loads(text) if path.suffix == ".json" else map(json.loads, text.splitlines())
    return [
        (item["file"], item["start_s"], item["end_s"], tag["label"], tag["score"])
        for item in items
        for tag in item["tags"] or [{"label": None, "score": None}]
    ]


def _told(label: str, score: str) -> tuple[str | None, float | None]:
    return (label, float(score)) if label else (None, None)


def test_all_formats_say_the_same(archive: Path, tmp_path: Path) -> None:
    for suffix in FORMATS[:4]:
        path = tmp_path / f"tags.{suffix}"
        assert call("tag", archive, "--threshold", "0.5", "--output", path) == 0
    rows = rows_of(tmp_path / "tags.csv")
    assert len({row[0] for row in rows}) == 16
    assert None in {row[3] for row in rows}  # nothing reaches 0.5 in one of them
    for suffix in FORMATS[1:4]:
        assert rows_of(tmp_path / f"tags.{suffix}") == rows


def test_a_document_is_what_json_makes_of_it(archive: Path, capsys: Capture) -> None:
    assert call("tag", archive, "--json") == 0
    printed = capsys.readouterr().out
    assert printed == json.dumps(json.loads(printed), indent=2, ensure_ascii=False) + "\n"


def test_parquet_has_types(archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "tags.parquet"
    assert call("tag", archive, "--output", path) == 0
    types = {field.name: str(field.type) for field in parquet.read_schema(path)}
    assert types == {
        "file": "string",
        "start_s": "double",
        "end_s": "double",
        "label": "string",
        "score": "double",
    }


def test_several_processes_write_the_same_file(archive: Path, tmp_path: Path) -> None:
    alone, together = tmp_path / "a.json", tmp_path / "b.json"
    assert call("tag", archive, "--output", alone) == 0
    assert call("tag", archive, "--output", together, "--jobs", 2) == 0
    assert together.read_bytes() == alone.read_bytes()


def test_events_are_those_that_listen_tells(archive: Path, tmp_path: Path, capsys: Capture) -> None:
    path = archive / "0" / "02.ogg"
    rules = ("--start-threshold", "0.3", "--confirmation", "0.5")
    assert call("tag", path, "--events", *rules, "--json") == 0
    tagged = json.loads(capsys.readouterr().out)
    assert call("listen", "--input", path, "--fast", "--json", *rules) == 0
    heard = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ended = [line for line in heard if line["type"] == "event_end"]
    assert tagged
    assert tagged == [
        {
            "file": str(path),
            **{key: line[key] for key in ("start_s", "end_s", "label", "max_score")},
        }
        for line in ended
    ]


@pytest.mark.parametrize("suffix", FORMATS)
def test_events_in_every_format(archive: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"events.{suffix}"
    assert call("tag", archive, "--events", "--output", path) == 0
    if suffix == "txt":
        assert path.read_text().split()[:4] == ["File", "Label", "Score", "Start"]
    elif suffix == "parquet":
        assert parquet.read_schema(path).names[-1] == "max_score"
        assert parquet.read_metadata(path).num_rows > 0
    else:
        assert "max_score" in path.read_text()


def started(*arguments: object, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "datar_edge", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def wait_for_lines(path: Path, count: int) -> None:
    deadline_s = time.monotonic() + 60.0
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


@pytest.mark.parametrize(("jobs", "suffix"), [(1, "csv"), (2, "parquet")])
def test_a_killed_run_goes_on_to_the_same_file(
    archive: Path, tmp_path: Path, jobs: int, suffix: str
) -> None:
    """A pipe that nobody writes to holds the run at the eighth file, until it is killed."""
    undisturbed, resumed = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    assert call("tag", archive, "--output", undisturbed) == 0
    held = archive / "1" / "07.ogg"
    held.rename(tmp_path / "kept.ogg")
    os.mkfifo(held)
    process = started("tag", archive, "--jobs", jobs, "--output", resumed)
    wait_for_lines(tmp_path / f"b.{suffix}.part", 1 + 7)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not resumed.exists()
    held.unlink()
    (tmp_path / "kept.ogg").rename(held)
    again = started("tag", archive, "--jobs", jobs, "--output", resumed, "--resume")
    _, told = again.communicate()
    assert again.returncode == 0, told
    assert "note: 7 files are tagged already" in told
    assert resumed.read_bytes() == undisturbed.read_bytes()
    assert sorted(tmp_path.glob("*.part")) == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -15)])
def test_an_ended_run_tells_how_to_go_on(
    archive: Path, tmp_path: Path, number: int, status: int
) -> None:
    os.mkfifo(archive / "1" / "06z.ogg")
    output = tmp_path / "tags.csv"
    process = started("tag", archive, "--jobs", 2, "--output", output)
    wait_for_lines(tmp_path / "tags.csv.part", 1 + 7)
    process.send_signal(number)
    _, told = process.communicate()
    assert process.returncode == status
    if number == signal.SIGINT:
        assert told.endswith("tags.csv.part; to go on from there, add --resume\n")
    (archive / "1" / "06z.ogg").unlink()
    assert call("tag", archive, "--output", output) == 2
    assert call("tag", archive, "--output", output, "--resume") == 0
    assert len({row[0] for row in rows_of(output)}) == 16


def test_a_full_disk_is_one_line_and_resumed(archive: Path, tmp_path: Path) -> None:
    """A limit of the size of files fails as a full disk does."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))

    output = tmp_path / "tags.csv"
    process = started("tag", archive, "--output", output, preexec_fn=limit)
    _, told = process.communicate()
    assert process.returncode == 2
    errors = [line for line in told.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, told
    assert "cannot be written: File too large" in errors[0]
    assert "add --resume" in told
    assert not output.exists()
    assert call("tag", archive, "--output", output, "--resume") == 0
    assert call("tag", archive, "--output", tmp_path / "other.csv") == 0
    assert output.read_bytes() == (tmp_path / "other.csv").read_bytes()


def test_a_full_standard_output_is_one_line(archive: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "datar_edge", "tag", str(archive), "--csv"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode != 0
    errors = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
    assert len(errors) == 1, done.stderr
    assert "No space left on device" in errors[0]


def test_broken_files_are_told_at_the_end(archive: Path, tmp_path: Path, capsys: Capture) -> None:
    (archive / "0" / "00a.wav").write_text("no sound")
    (archive / "3" / "a.wav").touch()
    (tmp_path / "empty").mkdir()
    output = tmp_path / "tags.csv"
    assert call("tag", archive, tmp_path / "empty", "--output", output, "--jobs", 2) == 2
    lines = capsys.readouterr().err.splitlines()[-3:]
    assert all(line.startswith("error: ") for line in lines)
    assert ["00a.wav" in lines[0], "a.wav is empty" in lines[1], "holds no" in lines[2]] == [
        True
    ] * 3
    assert len({row[0] for row in rows_of(output)}) == 16


def test_nothing_is_written_where_no_file_could_be_tagged(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no sound")
    assert call("tag", tmp_path / "a.wav", "--output", tmp_path / "tags.csv") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_an_unfinished_run_is_not_thrown_away_unasked(
    archive: Path, tmp_path: Path, capsys: Capture
) -> None:
    output, journal = tmp_path / "tags.csv", tmp_path / "tags.csv.part"
    journal.write_text('{"threshold": 0.7}\n')
    assert call("tag", archive, "--output", output) == 2
    assert "from a run that was ended before its end" in capsys.readouterr().err
    assert call("tag", archive, "--output", output, "--resume") == 2
    assert "was begun with another" in capsys.readouterr().err
    assert journal.read_text() == '{"threshold": 0.7}\n'
    assert call("tag", archive, "--output", output, "--force") == 0
    assert not journal.exists()


@pytest.mark.parametrize("name", ["table", "json", "jsonl", "csv"])
def test_a_name_that_is_no_text_is_told_in_codes(name: FormatName) -> None:
    """As Linux allows: its bytes are no UTF-8, and no output may fail for it."""
    segment = Segment(start_s=0.0, end_s=1.0, tags=(Tag("Rain", 0.5),))
    result = FileResult(file=PlannedFile(path="caf\udce9.ogg"), segments=(segment,))
    text = io.StringIO()
    writer = text_writer(name, text, events=False)
    writer.write(result)
    writer.finish()
    assert r"caf\udce9.ogg" in text.getvalue().replace("\\\\", "\\")
    text.getvalue().encode("utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--jobs", "0"], "jobs is 0"),
        (["--jobs", "2", "--ray", "local"], "--jobs and --ray"),
        (["--resume"], "--resume is given without --output"),
        (["--parquet"], "--parquet is given without --output"),
        (["--csv", "--jsonl"], "--jsonl and --csv"),
        (["--windows", "--events"], "--windows and --events"),
        (["--start-threshold", "0.5"], "without --events"),
        (["--events", "--stop-threshold", "2"], "stop_threshold is 2"),
        (["--output", "/proc/none/tags.csv"], "cannot be written"),
    ],
)
def test_wrong_choices_are_one_line(
    archive: Path, capsys: Capture, arguments: list[str], told: str
) -> None:
    assert call("tag", archive, *arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert told in lines[0]
