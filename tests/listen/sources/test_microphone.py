from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from datar_edge.errors import DeviceError
from datar_edge.listen.engine import Listener
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.messages import EventEnd, EventStart, Message, Status
from datar_edge.listen.sources import microphone, recorder
from datar_edge.listen.sources.intake import Intake
from datar_edge.listen.sources.microphone import MicrophoneSource
from datar_edge.listen.sources.source import Gap, Heard, Remark
from datar_edge.runtime.scorer import WindowScorer
from datar_edge.runtime.tags import TagChooser

RATE_HZ = 16_000
BLOCK = 1_600


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(microphone, "_BACK_OFF_S", (0.0,))
    monkeypatch.setattr(microphone, "_POLL_S", 0.01)
    monkeypatch.setattr(microphone, "_SILENT_DEVICE_S", 0.05)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The two clocks of a machine that may sleep; they go on when the test says so."""
    times = SimpleNamespace(booted_s=100.0, awake_s=50.0)
    monkeypatch.setattr(recorder, "boot_clock_s", lambda: times.booted_s)
    monkeypatch.setattr(microphone, "boot_clock_s", lambda: times.booted_s)
    monkeypatch.setattr(recorder, "awake_clock_s", lambda: times.awake_s)
    return times


def sound_of(heard: list[Heard]) -> np.ndarray:
    return np.concatenate([each for each in heard if isinstance(each, np.ndarray)])


def gaps_of(heard: list[Heard]) -> list[Gap]:
    return [each for each in heard if isinstance(each, Gap)]


def heard_of(source: MicrophoneSource, blocks: int) -> list[Heard]:
    """What is heard until so many blocks of sound have come, and what the end adds."""
    heard: list[Heard] = []
    for each in source.blocks(RATE_HZ):
        heard.append(each)
        if sum(isinstance(one, np.ndarray) and len(one) > 0 for one in heard) == blocks:
            source.stop()
    return heard


def test_what_is_recorded_is_heard_in_mono(portaudio: Any, stereo: Any) -> None:
    said = stereo(4)
    with MicrophoneSource() as source:
        (stream,) = portaudio.streams
        assert stream.settings["channels"] == 2
        assert stream.settings["samplerate"] == source.sample_rate_hz == RATE_HZ
        for block in np.split(said, 4):
            stream.speak(block)
        heard = heard_of(source, 4)
    assert stream.closed
    np.testing.assert_allclose(sound_of(heard), said.mean(axis=1), atol=1e-7)
    assert gaps_of(heard) == []


@pytest.mark.parametrize(("channel", "gain_db", "factor"), [(1, 0.0, 1.0), (2, 20.0, 10.0)])
def test_one_channel_with_gain(
    portaudio: Any, stereo: Any, channel: int, gain_db: float, factor: float
) -> None:
    said = stereo(2)
    with MicrophoneSource(intake=Intake(channel=channel, gain_db=gain_db)) as source:
        for block in np.split(said, 2):
            portaudio.streams[0].speak(block)
        heard = heard_of(source, 2)
    np.testing.assert_allclose(sound_of(heard), factor * said[:, channel - 1], rtol=1e-6)


def test_a_channel_that_is_not_there_is_refused(portaudio: Any) -> None:
    with pytest.raises(DeviceError, match=r"channel 3 is not there: Mic has 2\. Allowed: 1 to 2"):
        MicrophoneSource(intake=Intake(channel=3))


def test_what_is_not_read_in_time_is_a_gap(portaudio: Any, stereo: Any) -> None:
    """The queue holds 50 blocks: of 60, those from the second to the eleventh are lost."""
    said = stereo(61)
    blocks = np.split(said, 61)
    with MicrophoneSource() as source:
        portaudio.streams[0].speak(blocks[0])
        heard = source.blocks(RATE_HZ)
        told = [next(heard)]
        for block in blocks[1:]:
            portaudio.streams[0].speak(block)
        told += [next(heard) for _ in range(52)]
        source.stop()
        told += list(heard)
    assert gaps_of(told) == [Gap(lost_s=1.0, reason="sound was not read in time")]
    expected = np.delete(said.mean(axis=1), slice(BLOCK, 11 * BLOCK))
    np.testing.assert_allclose(sound_of(told), expected, atol=1e-7)


def test_the_rate_is_that_of_the_model(portaudio: Any, stereo: Any) -> None:
    with MicrophoneSource() as source:
        for block in np.split(stereo(10), 10):
            portaudio.streams[0].speak(block)
        heard: list[Heard] = []
        for each in source.blocks(8_000):
            heard.append(each)
            if len(heard) == 10:
                source.stop()
    assert len(sound_of(heard)) == 8_000


def test_a_sleep_of_the_machine_is_a_gap(
    portaudio: Any, stereo: Any, clock: SimpleNamespace
) -> None:
    first, second = np.split(stereo(2), 2)
    with MicrophoneSource() as source:
        portaudio.streams[0].speak(first)
        clock.booted_s += 3_600.1
        clock.awake_s += 0.1
        portaudio.streams[0].speak(second)
        heard = heard_of(source, 2)
    (gap,) = gaps_of(heard)
    assert gap.reason == "the machine slept"
    assert gap.lost_s == pytest.approx(3_600.0)


@pytest.mark.parametrize(("late_s", "gaps"), [(0.5, 1), (0.1, 0)])
def test_what_the_driver_loses_is_a_gap(
    portaudio: Any, stereo: Any, clock: SimpleNamespace, late_s: float, gaps: int
) -> None:
    first, second = np.split(stereo(2), 2)
    with MicrophoneSource() as source:
        portaudio.streams[0].speak(first)
        clock.booted_s += late_s
        clock.awake_s += late_s
        portaudio.streams[0].speak(second, overflow=True)
        heard = heard_of(source, 2)
    assert [round(gap.lost_s, 6) for gap in gaps_of(heard)] == [0.4] * gaps


def test_samples_that_are_no_numbers_count_as_zeros(portaudio: Any, stereo: Any) -> None:
    said = stereo(2)
    said[5, 0], said[7, 1] = np.nan, np.inf
    with MicrophoneSource() as source:
        for block in np.split(said, 2):
            portaudio.streams[0].speak(block)
        heard = heard_of(source, 2)
    expected = said.mean(axis=1)
    expected[[5, 7]] = 0.0
    np.testing.assert_allclose(sound_of(heard), expected, atol=1e-7)
    remarks = [each for each in heard if isinstance(each, Remark)]
    assert remarks == [Remark("gives samples that are not finite numbers: they count as zeros")]


def test_a_device_that_is_busy_is_told(portaudio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise portaudio.PortAudioError("Device unavailable [PaErrorCode -9985]")

    monkeypatch.setattr(portaudio, "InputStream", refuse, raising=False)
    with pytest.raises(DeviceError, match="cannot be opened: Device unavailable"):
        MicrophoneSource()


def test_a_rate_that_is_refused_is_replaced(portaudio: Any) -> None:
    portaudio.devices = [portaudio.device("Mic", rate_hz=22_050)]
    portaudio.refused_rates = {22_050, 48_000}
    with MicrophoneSource() as source:
        assert source.sample_rate_hz == 44_100


@pytest.mark.parametrize("rate_hz", [0.0, 12.0, 1e9, float("nan"), float("inf")])
def test_an_unheard_of_rate_is_told(portaudio: Any, rate_hz: float) -> None:
    portaudio.devices = [portaudio.device("Mic", rate_hz=rate_hz)]
    with pytest.raises(DeviceError, match="sample rate"):
        MicrophoneSource()


@pytest.mark.parametrize("silently", [False, True], ids=["told by PortAudio", "silently"])
def test_a_lost_device_is_found_again_by_its_name(
    portaudio: Any, stereo: Any, clock: SimpleNamespace, silently: bool
) -> None:
    """Its number has changed, another one has taken it, and the first look finds nothing."""
    first, second = np.split(stereo(2), 2)
    portaudio.devices = [portaudio.device("USB: Audio (hw:1,0)")]
    plugged_in = [portaudio.device("Webcam"), portaudio.device("USB: Audio (hw:3,0)")]
    with MicrophoneSource("usb") as source:
        portaudio.streams[0].speak(first)
        heard = source.blocks(RATE_HZ)
        told = [next(heard)]
        portaudio.devices = []
        portaudio.on_start = lambda stream: stream.speak(second)
        if not silently:
            portaudio.streams[0].vanish()
        while not (told and isinstance(told[-1], Gap)):
            told.append(next(heard))
        assert told[-1] == Gap(lost_s=0.0, state="device_lost", reason="gives no sound")
        clock.booted_s += 60.0
        portaudio.devices = plugged_in
        back = next(heard)
        told.append(next(heard))
        source.stop()
    assert isinstance(back, Gap)
    assert (back.state, back.reason) == ("device_back", "is heard again")
    assert source.name == "USB: Audio (hw:3,0)"
    assert back.lost_s == pytest.approx(60.0 - 0.1)
    assert portaudio.streams[-1].settings["device"] == 1
    np.testing.assert_allclose(sound_of(told), stereo(2).mean(axis=1), atol=1e-7)


def test_the_default_device_is_whatever_is_the_default(portaudio: Any, stereo: Any) -> None:
    portaudio.devices = [portaudio.device("Mic"), portaudio.device("Headset")]
    with MicrophoneSource() as source:
        heard = source.blocks(RATE_HZ)
        portaudio.default.device = [1, 0]
        portaudio.on_start = lambda stream: stream.speak(stereo(1))
        portaudio.streams[0].vanish()
        states = []
        while len(states) < 2:
            each = next(heard)
            states += [each.state] if isinstance(each, Gap) else []
        source.stop()
    assert states == ["device_lost", "device_back"]
    assert source.name == "Headset"


def test_a_device_that_opens_but_is_silent_is_still_lost(portaudio: Any, stereo: Any) -> None:
    with MicrophoneSource() as source:
        opened: list[object] = []

        def start(stream: Any) -> None:
            opened.append(stream)
            if len(opened) == 3:
                stream.speak(stereo(1))

        portaudio.on_start = start
        portaudio.streams[0].vanish()
        gaps = []
        for each in source.blocks(RATE_HZ):
            gaps += [each.state] if isinstance(each, Gap) else []
            if len(gaps) == 2:
                source.stop()
    assert gaps == ["device_lost", "device_back"]
    assert len(opened) == 3


def test_stopping_ends_the_search(portaudio: Any) -> None:
    with MicrophoneSource() as source:
        portaudio.devices = []
        portaudio.streams[0].vanish()
        heard = source.blocks(RATE_HZ)
        while not isinstance(next(heard), Gap):
            pass
        source.stop()
        assert list(heard) == []


LOSSES = 100


def test_a_hundred_losses_leave_no_event_open_and_double_none(
    portaudio: Any, make_toy_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time the device speaks up, is unplugged in the midst of an event, and comes back."""
    monkeypatch.setattr(microphone, "_SILENT_DEVICE_S", 30.0)
    session = make_toy_session(hop_s=0.1)
    square = np.repeat(np.array([0.75, -0.75], np.float32), 16)
    loud = np.stack([np.resize(square, BLOCK)] * 2, axis=1)

    def speak(stream: Any) -> None:
        for _ in range(3):
            stream.speak(loud)

    portaudio.on_start = speak
    heard = Listener(
        MicrophoneSource(),
        sample_rate_hz=8_000,
        scorer=WindowScorer(session),
        chooser=TagChooser(session.card, allow=["loud"]),
        config=EventConfig(start_threshold=0.5),
    )
    told: list[Message] = []
    for message in heard:
        told.append(message)
        if isinstance(message, EventStart) and message.id <= LOSSES:
            portaudio.streams[-1].vanish()
        elif isinstance(message, EventStart):
            heard.stop()
    states = [m.state for m in told if isinstance(m, Status)]
    assert states.count("device_lost") == states.count("device_back") == LOSSES
    events = [m for m in told if isinstance(m, EventStart | EventEnd)]
    expected = [(kind, i) for i in range(1, LOSSES + 2) for kind in (EventStart, EventEnd)]
    assert [(type(m), m.id) for m in events] == expected
    ends = [m for m in events if isinstance(m, EventEnd)]
    assert all(a.end_s <= b.start_s for a, b in itertools.pairwise(ends))
    assert portaudio.refreshed == LOSSES
    assert all(stream.closed for stream in portaudio.streams)
