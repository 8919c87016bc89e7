"""`datar-edge listen`: events in what a microphone or a file sounds like, as it is heard."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer

from datar_edge.cli.options import (
    AllowOption,
    DenyOption,
    HopOption,
    MinLevelOption,
    ModelOption,
    ThreadsOption,
)
from datar_edge.cli.shell import say
from datar_edge.errors import ConfigError
from datar_edge.listen.messages import Message, Scores, Status
from datar_edge.listen.source import FileSource, Source
from datar_edge.runtime.scorer import MIN_LEVEL_DBFS
from datar_edge.tagger import Tagger, load

_MAX_TAGS = 3

Show = Callable[[Message], None]


def listen_to(
    *,
    model: ModelOption = None,
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input", metavar="FILE", help="Hear a sound file.", show_default="the microphone"
        ),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Hear the file as fast as possible, not in real time.")
    ] = False,
    device: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Number or name of a microphone.", show_default="the default one"
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            metavar="SCORE", help="Score that starts an event.", show_default="the model's own"
        ),
    ] = None,
    allow: AllowOption = None,
    deny: DenyOption = None,
    hop: HopOption = None,
    min_level_dbfs: MinLevelOption = MIN_LEVEL_DBFS,
    scores: Annotated[bool, typer.Option("--scores", help="Also show each window.")] = False,
    to_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    wall_clock: Annotated[
        bool, typer.Option("--wall-clock", help="Show the time of day (JSON: add it, ISO 8601).")
    ] = False,
    threads: ThreadsOption = 1,
) -> None:
    """Listens, and tells when what begins and ends; Ctrl-C ends it.

    Example: datar-edge listen --input recording.wav --fast --scores
    """
    if fast and input_file is None:
        raise ConfigError("--fast is given without --input", fix="A microphone has its own pace.")
    if device is not None and input_file is not None:
        raise ConfigError("--device and --input are both given", fix="Give one of them.")
    with (
        load(
            model,
            threads=threads,
            hop_s=hop,
            allow=allow or (),
            deny=deny or (),
            max_results=_MAX_TAGS,
            min_level_dbfs=min_level_dbfs,
        ) as tagger,
        _source(input_file, device, fast=fast) as source,
        _ended_by_signals(source),
    ):
        show = _shower(to_json=to_json, scores=scores, wall_clock=wall_clock)
        for message in tagger.stream(source, start_threshold=threshold):
            if isinstance(message, Status):
                _tell(message, source, tagger)
            show(message)


def _source(input_file: Path | None, device: str | None, *, fast: bool) -> Source:
    if input_file is not None:
        return FileSource(input_file, fast=fast)
    from datar_edge.listen.microphone import MicrophoneSource  # noqa: PLC0415 (needs PortAudio)

    return MicrophoneSource(device)


@contextlib.contextmanager
def _ended_by_signals(source: Source) -> Iterator[None]:
    """Ctrl-C and SIGTERM stop the source, so that events end; a second one stops at once."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def stop(*_: object) -> None:
        source.stop()
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in signals:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _shower(*, to_json: bool, scores: bool, wall_clock: bool) -> Show:
    from datar_edge.listen.display import LineDisplay, clock_from, json_line  # noqa: PLC0415

    clock = clock_from(datetime.now(timezone.utc).astimezone()) if wall_clock else None
    if not to_json:
        return LineDisplay(scores=scores, clock=clock).show

    def print_line(message: Message) -> None:
        if scores or not isinstance(message, Scores):
            sys.stdout.write(json_line(message, clock) + "\n")
            sys.stdout.flush()

    return print_line


def _tell(status: Status, source: Source, tagger: Tagger) -> None:
    if status.state == "listening":
        card = tagger.card
        say(
            "listening", f"{source.name} ({card.preset}, {len(card.labels)} labels); Ctrl-C ends it"
        )
        return
    lost = f", {status.dropped_s:.1f} s lost" if status.dropped_s else ""
    say("stopped", f"{status.time_s:.2f} s heard, {status.windows} windows{lost}")
