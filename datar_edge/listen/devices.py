"""Input devices, by PortAudio through sounddevice."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from datar_edge.errors import DeviceError


@dataclass(frozen=True, slots=True)
class InputDevice:
    """A device that hears.

    Attributes:
        index: its number.
        name: its name.
        channels: how many it has.
        sample_rate_hz: its own rate.
        is_default: whether the system listens to it unless told otherwise.
    """

    index: int
    name: str
    channels: int
    sample_rate_hz: int
    is_default: bool


def portaudio() -> Any:
    """The module sounddevice.

    Raises:
        DeviceError: PortAudio is not installed.
    """
    try:
        return importlib.import_module("sounddevice")
    except OSError as error:
        raise DeviceError(
            f"no microphone can be opened: {error}",
            fix="Install PortAudio, on Debian with: apt install libportaudio2",
        ) from error


def input_devices() -> list[InputDevice]:
    """All devices with input channels.

    Raises:
        DeviceError: PortAudio is not installed or does not start.
    """
    sounddevice = portaudio()
    try:
        found = sounddevice.query_devices()
        default = int(sounddevice.default.device[0])
    except sounddevice.PortAudioError as error:
        raise DeviceError(f"PortAudio does not start: {error}") from error
    return [
        InputDevice(
            index=int(device["index"]),
            name=str(device["name"]),
            channels=int(device["max_input_channels"]),
            sample_rate_hz=round(device["default_samplerate"]),
            is_default=int(device["index"]) == default,
        )
        for device in found
        if device["max_input_channels"] > 0
    ]


def find_device(wanted: str | int | None, *, channel: int = 0) -> InputDevice:
    """The device of that number or name.

    Args:
        wanted: number, name, or a part of a name in any letter case; None for the default.
        channel: a channel that it must have, from 0.

    Raises:
        DeviceError: there is none, it is not the only one of that name, or it lacks the channel.
    """
    devices = input_devices()
    if not devices:
        raise DeviceError("there is no input device", fix="Plug a microphone in.")
    matching = [device for device in devices if _matches(device, wanted)]
    exact = [device for device in matching if device.name == wanted]
    if len(exact or matching) != 1:
        names = "; ".join(f"{device.index}: {device.name}" for device in devices)
        problem = "several input devices are" if matching else "no input device is"
        raise DeviceError(f"{problem} {_told(wanted)}", fix=f"There are {names}.")
    (device,) = exact or matching
    if not 0 <= channel < device.channels:
        raise DeviceError(
            f"{device.name} has no channel {channel}", fix=f"Allowed: 0 to {device.channels - 1}."
        )
    return device


def device_error(device: InputDevice, error: Exception) -> DeviceError:
    """What PortAudio said, as one of ours."""
    reason = str(error).replace("\n", " ")
    return DeviceError(
        f"{device.name} cannot be heard: {reason}", fix="`datar-edge devices` lists the others."
    )


def _matches(device: InputDevice, wanted: str | int | None) -> bool:
    if wanted is None:
        return device.is_default
    if isinstance(wanted, int) or wanted.isdecimal():
        return device.index == int(wanted)
    return wanted.casefold() in device.name.casefold()


def _told(wanted: str | int | None) -> str:
    return "the default" if wanted is None else f"called {wanted!r}"
