"""The outputs of listening that options ask for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from datar_edge.card import ModelCard
from datar_edge.cli.output_options import OutputOptions
from datar_edge.errors import ConfigError
from datar_edge.listen.outputs.clip_folder import ClipFolder
from datar_edge.listen.outputs.clips import ClipSaver, ReadSound
from datar_edge.listen.outputs.clock import Clock
from datar_edge.listen.outputs.json_lines import JsonLinesDisplay
from datar_edge.listen.outputs.layouts import AudacityLayout, CsvLayout, JsonLayout, RavenLayout
from datar_edge.listen.outputs.message_file import MessageFile
from datar_edge.listen.outputs.output import Output, Outputs
from datar_edge.listen.outputs.trouble import Tell

if TYPE_CHECKING:
    from datar_edge.listen.outputs.live import ReadHealth

_MEGABYTE = 1_000_000


def make_outputs(
    options: OutputOptions,
    *,
    card: ModelCard,
    labels: Sequence[str],
    clock: Clock,
    as_it_happens: bool,
    health: ReadHealth,
    read_sound: ReadSound,
    tell: Tell,
) -> Outputs:
    """Makes all outputs that are asked for; nothing is written or sent that is not.

    Args:
        options: what is asked for.
        card: of the model.
        labels: that may be heard.
        clock: tells the time of day of a moment in the sound.
        as_it_happens: whether sound is heard in real time; files hold no time of day where it is
            not, unless that is asked for.
        health: gives a snapshot of listening.
        read_sound: gives the sound between two times, at the model's rate.
        tell: told, from any thread, when an output fails and when it works again.

    Raises:
        InputError: an output cannot be had.
    """
    known = clock if as_it_happens or options.wall_clock else None
    outputs: list[Output] = []
    try:
        outputs.append(_display(options, clock if options.wall_clock else None, health))
        outputs.extend(_files(options, card, known))
        clips = _clip_saver(options, card, known, read_sound, tell)
        if options.mqtt is not None or options.webhook is not None:
            # Brings in TLS, sockets and more, that few runs need.
            from datar_edge.cli.senders import make_senders  # noqa: PLC0415

            outputs.extend(make_senders(options, card, labels, known, tell))
    except Exception:
        Outputs(outputs, tell=tell).close()
        raise
    return Outputs(outputs, tell=tell, process=clips.process if clips else None)


def _display(options: OutputOptions, clock: Clock | None, health: ReadHealth) -> Output:
    if options.json:
        return JsonLinesDisplay(scores=options.scores, clock=clock)
    from rich.console import Console  # noqa: PLC0415 (--json does not need rich)

    from datar_edge.listen.outputs.lines import LineDisplay  # noqa: PLC0415
    from datar_edge.listen.outputs.live import LiveDisplay  # noqa: PLC0415

    console = Console(file=sys.stdout, highlight=False)
    draws = console.is_terminal and not console.is_dumb_terminal
    if options.live and not draws:
        raise ConfigError("--live needs a terminal", fix="Leave it out to get lines.")
    if draws and options.live is not False:
        return LiveDisplay(console, health, scores=options.scores, clock=clock)
    return LineDisplay(scores=options.scores, clock=clock)


def _files(options: OutputOptions, card: ModelCard, clock: Clock | None) -> Iterator[Output]:
    if options.csv is not None:
        yield MessageFile(options.csv, CsvLayout(clock=clock), option="--csv")
    if options.audacity is not None:
        yield MessageFile(options.audacity, AudacityLayout(), option="--audacity")
    if options.raven is not None:
        raven = RavenLayout(sample_rate_hz=card.fbank.sample_rate_hz)
        yield MessageFile(options.raven, raven, option="--raven")
    if options.json_file is not None:
        lines = JsonLayout(scores=options.scores, clock=clock)
        yield MessageFile(options.json_file, lines, option="--json-file")


def _clip_saver(
    options: OutputOptions,
    card: ModelCard,
    clock: Clock | None,
    read_sound: ReadSound,
    tell: Tell,
) -> ClipSaver | None:
    if options.save_clips is None:
        return None
    folder = ClipFolder(
        options.save_clips,
        option="--save-clips",
        budget_bytes=round(options.clip_budget_mb * _MEGABYTE),
    )
    rate_hz = card.fbank.sample_rate_hz
    return ClipSaver(folder, read=read_sound, sample_rate_hz=rate_hz, clock=clock, tell=tell)
