"""How many events a model tells where there are none, and how many it finds where there are.

    python tools/false_events.py --data esc:../shared/esc10
    python tools/false_events.py --start-threshold 0.8 --hop 0.5
    python tools/false_events.py --minutes 60

The sounds without events are those of negative_sounds.py, a minute of each at each level, or as
long as `--minutes` says; speech needs espeak-ng (apt install espeak-ng), and is half a minute by
each voice or, for longer, LICENSE read by each. Labelled clips are heard as they are, and in a
stream: four seconds of a quiet room before and behind. The bundled model was trained on folds 1 to
4 of ESC-10: what it finds there says what thresholds and times cost, not how good it is on other
recordings.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from negative_sounds import MAKERS, TEXT, VOICES, Sound, at_level, noise, speech
from rich.console import Console
from rich.progress import track

from datar_edge.audio.files import read_audio
from datar_edge.data.readers import open_dataset
from datar_edge.listen.event_config import FIELDS, EventConfig
from datar_edge.listen.events import events_of
from datar_edge.listen.messages import EventEnd
from datar_edge.runtime import Session, open_session
from datar_edge.runtime.scorer import MIN_LEVEL_DBFS, WindowScorer
from datar_edge.runtime.tags import TagChooser

LEVELS_DBFS = (-65, -50, -35, -20)
SHORT_MINUTES = 1.0
LONG_TEXT = Path(__file__).parents[1] / "LICENSE"
ROOM_DBFS = -65
ROOM_S = 4.0


@dataclass
class FalseEvents:
    """What was told of sounds of one kind, which hold nothing."""

    kind: str
    level_dbfs: int
    seconds: float = 0.0
    in_events_s: float = 0.0
    told: Counter[str] = field(default_factory=Counter)

    @property
    def an_hour(self) -> float:
        """Events an hour; one that lasts as long as the sound counts once a sound."""
        return self.told.total() / self.seconds * 3_600.0

    @property
    def share(self) -> float:
        """The part of the time, 0 to 1, in which an event runs; above 1 where several do."""
        return self.in_events_s / self.seconds


@dataclass
class Found:
    """What was told of labelled clips: how many with their label, how many with another."""

    heard: str
    clips: int = 0
    right: int = 0
    wrong: int = 0


class Ear:
    """The model with the configuration that is measured."""

    def __init__(self, session: Session, options: argparse.Namespace) -> None:
        numbers = {name: getattr(options, name) for name in FIELDS}
        given = {name: value for name, value in numbers.items() if value is not None}
        self.config = dataclasses.replace(EventConfig.of_card(session.card), **given)
        self.hop_s = session.card.hop_s if options.hop is None else options.hop
        self.rate_hz = session.card.sample_rate_hz
        self._min_level_dbfs = options.min_level_dbfs
        self._session = session
        self._chooser = TagChooser(session.card)

    def events(self, sound: Sound) -> list[EventEnd]:
        """What it tells of a sound."""
        scorer = WindowScorer(self._session, hop_s=self.hop_s, min_level_dbfs=self._min_level_dbfs)
        return events_of(scorer.score_all([sound]), self._chooser, self.config)


def negatives(rate_hz: int, minutes: float) -> Iterator[tuple[str, int, Sound]]:
    """Kind, level and sound."""
    for kind, make in MAKERS.items():
        sound = make(60.0 * minutes, rate_hz)
        for level_dbfs in LEVELS_DBFS:
            yield kind, level_dbfs, at_level(sound, level_dbfs)
    text = TEXT if minutes <= SHORT_MINUTES else LONG_TEXT.read_text(encoding="utf-8")
    for voice in VOICES:
        spoken = speech(voice, rate_hz, text=text)
        if spoken is None:
            print("note: speech is left out: there is no espeak-ng", file=sys.stderr)
            return
        for level_dbfs in LEVELS_DBFS:
            yield "speech", level_dbfs, at_level(spoken, level_dbfs)


def false_events(ear: Ear, minutes: float) -> list[FalseEvents]:
    """What is told of sounds that hold nothing, by kind and level."""
    rows: dict[tuple[str, int], FalseEvents] = {}
    sounds = track(
        negatives(ear.rate_hz, minutes),
        "listening to what holds nothing",
        total=(len(MAKERS) + len(VOICES)) * len(LEVELS_DBFS),
        console=Console(stderr=True),
    )
    for kind, level_dbfs, sound in sounds:
        row = rows.setdefault((kind, level_dbfs), FalseEvents(kind, level_dbfs))
        row.seconds += len(sound) / ear.rate_hz
        events = ear.events(sound)
        row.told.update(event.label for event in events)
        row.in_events_s += sum(event.end_s - event.start_s for event in events)
    return list(rows.values())


def found(ear: Ear, dataset: str) -> list[Found]:
    """What is told of labelled clips, by the way they are heard."""
    clips = open_dataset(dataset)
    rows = [Found("as files"), Found("in a stream")]
    for clip in clips.clips:
        sound = read_audio(clip.path, ear.rate_hz)
        for row, heard in zip(rows, (sound, in_a_room(sound, ear.rate_hz)), strict=True):
            told = {event.label for event in ear.events(heard)}
            row.clips += 1
            row.right += bool(told & set(clip.targets.values()))
            row.wrong += bool(told - set(clip.targets.values()))
    return rows


def in_a_room(sound: Sound, rate_hz: int) -> Sound:
    """The sound with quiet around and beneath it."""
    around = round(ROOM_S * rate_hz)
    seconds = (len(sound) + 2 * around) / rate_hz
    room = at_level(noise(1)(seconds, rate_hz), ROOM_DBFS)
    room[around : around + len(sound)] += sound
    return room


def print_tables(ear: Ear, negative: Sequence[FalseEvents], clips: Sequence[Found]) -> None:
    """Prints Markdown."""
    values = ", ".join(f"{name} {getattr(ear.config, name)}" for name in FIELDS)
    print(f"hop_s {ear.hop_s:g}, {values}\n")
    lengths = {row.kind: row.seconds / 60.0 for row in negative}
    minutes = ", ".join(f"{kind} {length:.0f}" for kind, length in lengths.items())
    print(f"Minutes at each level: {minutes}.\n")
    levels = " | ".join(f"{level_dbfs} dBFS" for level_dbfs in LEVELS_DBFS)
    print(f"| events an hour (of the time) | {levels} | told |")
    print("| --- " * (len(LEVELS_DBFS) + 2) + "|")
    for kind in dict.fromkeys(row.kind for row in negative):
        rows = [row for row in negative if row.kind == kind]
        cells = [f"{row.an_hour:.0f} ({row.share:.0%})" if row.told else "0" for row in rows]
        told = dict.fromkeys(label for row in rows for label, _ in row.told.most_common())
        print(f"| {kind} | {' | '.join(cells)} | {', '.join(told) or '–'} |")
    if clips:
        print("\n| clips | with their label | with another |\n| --- | --- | --- |")
    for row in clips:
        right, wrong = (100.0 * count / row.clips for count in (row.right, row.wrong))
        print(f"| {row.clips} {row.heard} | {right:.0f} % | {wrong:.0f} % |")


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; a field of `EventConfig` that is not given is None."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="a model file; without it the bundled one")
    parser.add_argument("--data", metavar="SET", help="labelled clips, such as esc:DIR")
    parser.add_argument("--minutes", type=float, default=SHORT_MINUTES, help="of each sound")
    parser.add_argument("--hop", type=float, metavar="SECONDS", help="distance of windows")
    parser.add_argument("--min-level-dbfs", type=float, default=MIN_LEVEL_DBFS, metavar="DB")
    parser.add_argument("--json", action="store_true", help="print JSON")
    for name in FIELDS:
        option = "--" + name.removesuffix("_s").replace("_", "-")
        parser.add_argument(option, dest=name, type=float, metavar="VALUE")
    return parser.parse_args(arguments)


def main() -> None:
    """Measures and prints."""
    options = parsed()
    with open_session(options.model) as session:
        ear = Ear(session, options)
        negative = false_events(ear, options.minutes)
        clips = found(ear, options.data) if options.data else []
    if options.json:
        told = [{**vars(row), "an_hour": row.an_hour} for row in negative]
        found_rows = [vars(row) for row in clips]
        print(json.dumps({"false_events": told, "found": found_rows}))
    else:
        print_tables(ear, negative, clips)


if __name__ == "__main__":
    main()
