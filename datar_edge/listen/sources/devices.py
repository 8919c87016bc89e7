"""Input devices, as PortAudio knows them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from datar_edge.errors import DeviceError
from datar_edge.native_log import native_log_held

_NO_PORTAUDIO_FIX = (
    "Install it: apt install libportaudio2 (Debian, Ubuntu, Raspberry Pi OS), "
    "dnf install portaudio (Fedora)"
)
_ALSA_NUMBER = re.compile(r" \(hw:\d+,\d+\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputDevice:
    """A device that sound can be recorded from.

    Attributes:
        index: PortAudio's number of it.
        name: its name.
        host_api: the system it is reached through, such as "ALSA".
        channels: channels it records at most.
        sample_rate_hz: its own rate, 0 where it tells none that is a number.
        default: whether it is the one that is used when none is named.
    """

    index: int
    name: str
    host_api: str
    channels: int
    sample_rate_hz: int
    default: bool


def load_sounddevice() -> Any:
    """The module `sounddevice`, which loads PortAudio.

    Raises:
        DeviceError: PortAudio is not installed or does not start.
    """
    try:
        with native_log_held():  # ALSA tells of each device that it does not find
            import sounddevice  # noqa: PLC0415 (fails without PortAudio, which files do not need)
    except OSError as error:
        raise DeviceError(
            "PortAudio, which microphones need, is not installed", fix=_NO_PORTAUDIO_FIX
        ) from error
    except Exception as error:  # its PortAudioError lives in the module that failed to load
        raise DeviceError(f"PortAudio does not start: {error}") from error
    return sounddevice


def refresh_devices() -> None:
    """Looks for devices anew: PortAudio knows only those that were there when it started.

    No stream may be open.

    Raises:
        DeviceError: PortAudio does not start any more.
    """
    sounddevice = load_sounddevice()
    try:
        with native_log_held():
            sounddevice._terminate()
            sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise DeviceError(f"PortAudio does not start: {error}") from error


def input_devices() -> list[InputDevice]:
    """The devices that can record.

    Raises:
        DeviceError: PortAudio is not installed, or there is no such device.
    """
    sounddevice = load_sounddevice()
    default = sounddevice.default.device[0]
    apis = sounddevice.query_hostapis()
    devices = [
        InputDevice(
            index=index,
            name=info["name"],
            host_api=apis[info["hostapi"]]["name"],
            channels=info["max_input_channels"],
            sample_rate_hz=_whole(info["default_samplerate"]),
            default=index == default,
        )
        for index, info in enumerate(sounddevice.query_devices())
        if info["max_input_channels"] > 0
    ]
    if not devices:
        raise DeviceError(
            "there is no input device", fix="Plug in a microphone, or listen to a file: --input."
        )
    return devices


def find_device(wanted: str | None) -> InputDevice:
    """The device of that number or name, or of a name that holds it; None for the default.

    Raises:
        DeviceError: PortAudio is not installed, or no device or several answer to it.
    """
    devices = input_devices()
    if wanted is None:
        return next((device for device in devices if device.default), devices[0])
    exact = [d for d in devices if wanted in (str(d.index), d.name)]
    matches = exact or [d for d in devices if wanted.casefold() in d.name.casefold()]
    if len(matches) == 1:
        return matches[0]
    names = "; ".join(f"{d.index} {d.name}" for d in matches or devices)
    problem = (
        f"several input devices are named {wanted!r}"
        if matches
        else (f"there is no input device {wanted!r}")
    )
    raise DeviceError(problem, fix=f"Name one of: {names}.")


def find_again(device: InputDevice) -> InputDevice:
    """A device that was there before: its number, and ALSA's in its name, may have changed.

    Raises:
        DeviceError: PortAudio is not installed, or the device is not there.
    """
    same = [
        each
        for each in input_devices()
        if (_steady_name(each), each.host_api) == (_steady_name(device), device.host_api)
    ]
    if not same:
        raise DeviceError(f"{device.name!r} is not there", fix="Plug it in.")
    return min(same, key=lambda each: each.index != device.index)


def _steady_name(device: InputDevice) -> str:
    return _ALSA_NUMBER.sub("", device.name)


def _whole(rate_hz: float) -> int:
    return round(rate_hz) if math.isfinite(rate_hz) else 0
