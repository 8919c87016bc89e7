"""The options that say what `listen` hears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, cast

import typer

from datar_edge.errors import ConfigError
from datar_edge.listen.sources.file import FileSource
from datar_edge.listen.sources.intake import Intake
from datar_edge.listen.sources.source import Source

STANDARD_INPUT = "-"
_RAW = ("input_rate", "input_format", "input_channels")


def _option(name: str, metavar: str | None, help_text: str, default: str) -> Any:
    return typer.Option(
        name, metavar=metavar, help=help_text, show_default=default, rich_help_panel="Sound"
    )


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """What the command line says of the sound; None where it says nothing.

    Raises:
        ConfigError: options contradict each other, or lack the one that they belong to.
    """

    input: Annotated[
        str | None,
        _option(
            "--input",
            "FILE",
            "Hear a sound file; - for raw sound on standard input.",
            "the microphone",
        ),
    ] = None
    fast: Annotated[
        bool,
        typer.Option(
            "--fast",
            help="Hear --input as fast as the model can, and skip nothing.",
            rich_help_panel="Sound",
        ),
    ] = False
    device: Annotated[
        str | None,
        _option("--device", "NAME", "Number or name of a microphone.", "the default one"),
    ] = None
    channel: Annotated[
        int | None,
        _option(
            "--channel",
            "N",
            "Channel that is heard, from 1.",
            "the mean of all, of a microphone's first two",
        ),
    ] = None
    gain_db: Annotated[float | None, _option("--gain-db", "DB", "Amplification.", "0")] = None
    input_rate: Annotated[
        int | None,
        _option("--input-rate", "HZ", "Sample rate of raw sound.", "the model's own"),
    ] = None
    input_format: Annotated[
        str | None,
        _option("--input-format", "FORMAT", "s16le, s24le, s32le or f32le.", "s16le"),
    ] = None
    input_channels: Annotated[
        int | None, _option("--input-channels", "N", "Channels of raw sound.", "1")
    ] = None

    def __post_init__(self) -> None:
        if self.fast and self.input is None:
            raise ConfigError(
                "--fast is given without --input", fix="A microphone has its own pace."
            )
        if self.device is not None and self.input is not None:
            raise ConfigError("--device and --input are both given", fix="Give one of them.")
        self._refuse(_RAW, self.input == STANDARD_INPUT, "--input -")
        self._refuse(
            ("channel", "gain_db"),
            self.input in (None, STANDARD_INPUT),
            "a microphone or --input -",
        )

    def _refuse(self, names: tuple[str, ...], fits: bool, wanted: str) -> None:
        for name in names:
            if getattr(self, name) is not None and not fits:
                raise ConfigError(
                    f"--{name.replace('_', '-')} is given without {wanted}",
                    fix="Leave it out: a sound file is taken as it is.",
                )

    @property
    def intake(self) -> Intake:
        """Channel and gain."""
        return Intake(channel=self.channel, gain_db=self.gain_db or 0.0)


def open_source(options: SourceOptions, *, sample_rate_hz: int) -> Source:
    """The source that the options name.

    Args:
        options: of the command line.
        sample_rate_hz: of raw sound, where they do not tell.

    Raises:
        InputError: there is no such source, or it cannot be heard.
    """
    if options.input == STANDARD_INPUT:
        return _standard_input(options, sample_rate_hz)
    if options.input is not None:
        return FileSource(options.input, fast=options.fast)
    # Needs PortAudio.
    from datar_edge.listen.sources.microphone import MicrophoneSource  # noqa: PLC0415

    return MicrophoneSource(options.device, intake=options.intake)


def _standard_input(options: SourceOptions, sample_rate_hz: int) -> Source:
    from datar_edge.listen.sources.standard_input import (  # noqa: PLC0415 (few need it)
        SampleFormat,
        StandardInputSource,
    )

    return StandardInputSource(
        sample_rate_hz=sample_rate_hz if options.input_rate is None else options.input_rate,
        sample_format=cast("SampleFormat", options.input_format or "s16le"),  # it checks it
        channels=1 if options.input_channels is None else options.input_channels,
        intake=options.intake,
        fast=options.fast,
    )
