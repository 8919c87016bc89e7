"""Recordings of events, kept where that is asked for."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from datetime import timezone
from typing import TypeAlias

import numpy as np
import soundfile
from numpy.typing import NDArray

from datar_edge.listen.messages import EventEnd, Message
from datar_edge.listen.outputs.clip_folder import MARK, ClipFolder
from datar_edge.listen.outputs.clock import Clock, iso_time
from datar_edge.listen.outputs.names import slug
from datar_edge.listen.outputs.output import reason_of
from datar_edge.listen.outputs.trouble import Tell, Trouble

ReadSound: TypeAlias = Callable[[float, float], NDArray[np.float32]]
"""Gives the sound from one time to another, float32 `[n]` at the model's rate; of what is not
remembered any more, or not heard yet, nothing."""


class ClipSaver:
    """Saves the sound of each event that ends, with the event's margins, as FLAC.

    Of an event that is longer than what is remembered, the end is kept.

    Args:
        folder: where clips go.
        read: gives sound that was heard.
        sample_rate_hz: of that sound.
        clock: tells the time of day for names; None where sound is not heard as it happens.
        tell: told when clips begin to fail, and when they work again.
    """

    def __init__(
        self,
        folder: ClipFolder,
        *,
        read: ReadSound,
        sample_rate_hz: int,
        clock: Clock | None,
        tell: Tell,
    ) -> None:
        self._folder = folder
        self._read = read
        self._sample_rate_hz = sample_rate_hz
        self._clock = clock
        self._trouble = Trouble("--save-clips", tell)

    def process(self, message: Message) -> Message:
        """Saves a clip where an event ends, and names it in the message; never raises."""
        if not isinstance(message, EventEnd):
            return message
        try:
            clip = self._save(message)
        except Exception as error:  # noqa: BLE001 (listening goes on, whatever a disk does)
            self._trouble.failed(reason_of(error))
            return message
        self._trouble.worked()
        return dataclasses.replace(message, clip=clip)

    def _save(self, event: EventEnd) -> str | None:
        samples = self._read(event.start_s, event.end_s)
        if not samples.size:
            return None
        data = _as_flac(samples, self._sample_rate_hz, event, self._clock)
        return str(self._folder.keep(clip_name(event, self._clock), data))


def clip_name(event: EventEnd, clock: Clock | None) -> str:
    """A file name that sorts by time: when the event began (UTC), label, highest score.

    Args:
        event: that the clip is of.
        clock: None for milliseconds since the start of listening.

    Returns:
        Such as "20250131T120101500Z_dog-bark_0.98.flac".
    """
    if clock is None:
        time = f"{round(event.start_s * 1000):09d}ms"
    else:
        begun = clock(event.start_s).astimezone(timezone.utc)
        time = f"{begun:%Y%m%dT%H%M%S}{begun.microsecond // 1000:03d}Z"
    return f"{time}_{slug(event.label)}_{event.max_score:.2f}.flac"


def _as_flac(
    samples: NDArray[np.float32], sample_rate_hz: int, event: EventEnd, clock: Clock | None
) -> bytes:
    """A FLAC file of 16 bits, made in memory, so that a full disk is an error of the disk's."""
    data = io.BytesIO()
    with soundfile.SoundFile(
        data, "w", samplerate=sample_rate_hz, channels=1, format="FLAC", subtype="PCM_16"
    ) as file:
        file.software = MARK
        file.title = event.label
        if clock is not None:
            file.date = iso_time(clock(event.start_s))
        file.write(np.clip(samples, -1.0, 1.0))
    return data.getvalue()
