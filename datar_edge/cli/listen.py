"""`datar-edge listen`: events in what a microphone or a file sounds like, as it is heard."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Annotated

import typer

from datar_edge.cli.event_options import EventOptions, make_event_config
from datar_edge.cli.option_group import with_option_groups
from datar_edge.cli.options import (
    AllowOption,
    DenyOption,
    HopOption,
    MinLevelOption,
    ModelOption,
    ThreadsOption,
)
from datar_edge.cli.output_options import OutputOptions
from datar_edge.cli.service_options import ServiceOptions, running_service
from datar_edge.cli.shell import say
from datar_edge.cli.source_options import SourceOptions, open_source
from datar_edge.listen.engine import Listener
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.messages import Status
from datar_edge.listen.outputs.output import Outputs
from datar_edge.listen.service import Service
from datar_edge.listen.service.log import status_line
from datar_edge.listen.sources.source import Source
from datar_edge.runtime.scorer import MIN_LEVEL_DBFS
from datar_edge.tagger import Tagger, load

_MAX_TAGS = 3
_CLIP_HISTORY_S = 120.0
"""Sound that is remembered where clips are saved; none is otherwise."""


@with_option_groups
def listen_to(
    *,
    model: ModelOption = None,
    sound: SourceOptions,
    events: EventOptions,
    allow: AllowOption = None,
    deny: DenyOption = None,
    hop: HopOption = None,
    min_level_dbfs: MinLevelOption = MIN_LEVEL_DBFS,
    output: OutputOptions,
    service: ServiceOptions,
    check: Annotated[
        bool,
        typer.Option("--check", help="Show the level for a few seconds, and say if it is fine."),
    ] = False,
    threads: ThreadsOption = 1,
) -> None:
    """Listens, and tells when what begins and ends; Ctrl-C ends it.

    Example: datar-edge listen --input recording.wav --fast --scores
    """
    if check:
        from datar_edge.cli.level_check import check_level  # noqa: PLC0415 (few runs need it)

        check_level(sound, to_json=output.json)
        return
    with load(
        model,
        threads=threads,
        hop_s=hop,
        allow=allow or (),
        deny=deny or (),
        max_results=_MAX_TAGS,
        min_level_dbfs=min_level_dbfs,
    ) as tagger:

        def rules() -> EventConfig:
            return make_event_config(events, tagger.card, None)

        config = rules()  # before a device is opened
        with (
            open_source(sound, sample_rate_hz=tagger.card.sample_rate_hz) as source,
            tagger.stream(
                source,
                events=config,
                history_s=0.0 if output.save_clips is None else _CLIP_HISTORY_S,
            ) as listener,
            _outputs(output, tagger, source, listener) as outputs,
            running_service(
                service,
                listener,
                reload=lambda: listener.reconfigure(rules()),
                window_s=tagger.card.window_s,
                hop_s=tagger.hop_s,
            ) as running,
        ):
            _listen(tagger, source, listener, outputs, running)


def _listen(
    tagger: Tagger, source: Source, listener: Listener, outputs: Outputs, service: Service
) -> None:
    begun = False
    for message in listener:
        if isinstance(message, Status):
            if begun:
                say(message.state.replace("_", " "), status_line(message, source.name))
            else:
                _say_begun(tagger, source)
            begun = True
        outputs.show(message)
        service.saw(message)


def _say_begun(tagger: Tagger, source: Source) -> None:
    card = tagger.card
    say("listening", f"{source.name} ({card.preset}, {len(tagger.labels)} labels); Ctrl-C ends it")


@contextlib.contextmanager
def _outputs(
    options: OutputOptions, tagger: Tagger, source: Source, listener: Listener
) -> Iterator[Outputs]:
    # Brings in rich and more: 100 ms that wrong options need not wait for.
    from datar_edge.cli.outputs import make_outputs  # noqa: PLC0415

    with make_outputs(
        options,
        card=tagger.card,
        labels=tagger.labels,
        clock=listener.wall_clock,
        as_it_happens=source.live,
        health=listener.health,
        read_sound=listener.history.read,
        tell=lambda line: say("note", line),
    ) as outputs:
        yield outputs
