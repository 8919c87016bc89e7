from __future__ import annotations

import ctypes.util
import sys
from types import SimpleNamespace

import pytest

from datar_edge.errors import DeviceError
from datar_edge.listen.sources.devices import (
    InputDevice,
    find_again,
    find_device,
    input_devices,
)

DEVICES = [
    {"name": "Speakers", "hostapi": 0, "max_input_channels": 0, "default_samplerate": 48_000.0},
    {"name": "USB Mic: Audio", "hostapi": 0, "max_input_channels": 1, "default_samplerate": 44_100},
    {"name": "Webcam", "hostapi": 0, "max_input_channels": 2, "default_samplerate": 16_000.0},
    {"name": "USB Mic 2", "hostapi": 0, "max_input_channels": 1, "default_samplerate": 48_000.0},
]


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What sounddevice tells of a machine with four devices; no machine of tests has any."""
    module = SimpleNamespace(
        default=SimpleNamespace(device=[2, 0]),
        query_devices=lambda: DEVICES,
        query_hostapis=lambda: [{"name": "ALSA"}],
    )
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return module


def test_only_inputs_are_listed(portaudio: SimpleNamespace) -> None:
    assert [device.index for device in input_devices()] == [1, 2, 3]
    assert input_devices()[1] == InputDevice(
        index=2, name="Webcam", host_api="ALSA", channels=2, sample_rate_hz=16_000, default=True
    )


@pytest.mark.parametrize(
    ("wanted", "index"),
    [(None, 2), ("1", 1), ("Webcam", 2), ("webc", 2), ("USB Mic 2", 3), ("audio", 1)],
)
def test_a_device_is_found(portaudio: SimpleNamespace, wanted: str | None, index: int) -> None:
    assert find_device(wanted).index == index


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("0", r"there is no input device '0'\. Name one of: 1 USB Mic: Audio; 2 Webcam; 3"),
        ("guitar", "there is no input device 'guitar'"),
        ("usb mic", r"several input devices are named 'usb mic'\. Name one of: 1 .*; 3 USB Mic 2"),
    ],
)
def test_a_device_that_is_not_clear_is_refused(
    portaudio: SimpleNamespace, wanted: str, message: str
) -> None:
    with pytest.raises(DeviceError, match=message):
        find_device(wanted)


def device(index: int, name: str, host_api: str = "ALSA") -> InputDevice:
    return InputDevice(
        index=index, name=name, host_api=host_api, channels=1, sample_rate_hz=1, default=False
    )


@pytest.mark.parametrize(
    ("before", "index"),
    [
        (device(7, "Webcam"), 2),
        (device(1, "USB Mic: Audio (hw:4,0)"), 1),  # ALSA has given it another number
        (device(3, "USB Mic 2"), 3),
        (device(5, "USB Mic 2"), 3),
    ],
)
def test_a_device_is_found_again(
    portaudio: SimpleNamespace, before: InputDevice, index: int
) -> None:
    assert find_again(before).index == index


def test_of_two_alike_the_one_with_the_number_is_found_again(
    portaudio: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portaudio, "query_devices", lambda: [DEVICES[1], DEVICES[1]])
    assert [find_again(device(i, "USB Mic: Audio")).index for i in (0, 1, 2)] == [0, 1, 0]


@pytest.mark.parametrize("gone", [device(1, "USB"), device(2, "Webcam", host_api="JACK")])
def test_a_device_that_is_not_there_is_not_found_again(
    portaudio: SimpleNamespace, gone: InputDevice
) -> None:
    with pytest.raises(DeviceError, match="is not there"):
        find_again(gone)


def test_a_rate_that_is_no_number_is_zero(
    portaudio: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {**DEVICES[1], "default_samplerate": float("nan")}
    monkeypatch.setattr(portaudio, "query_devices", lambda: [broken])
    assert [each.sample_rate_hz for each in input_devices()] == [0]


def test_without_a_default_the_first_device_is_taken(portaudio: SimpleNamespace) -> None:
    portaudio.default.device = [-1, -1]
    assert find_device(None).index == 1


def test_no_device_is_told(portaudio: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portaudio, "query_devices", lambda: DEVICES[:1])
    with pytest.raises(DeviceError, match="there is no input device"):
        input_devices()


@pytest.mark.skipif(sys.platform != "linux", reason="sounddevice holds PortAudio elsewhere")
def test_a_missing_portaudio_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(ctypes.util, "find_library", lambda _: None)
    with pytest.raises(DeviceError, match="apt install libportaudio2"):
        input_devices()
