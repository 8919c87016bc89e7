"""A microphone that is unplugged and comes back, again and again.

The microphone is ours, its sound real; the code that loses it and finds it again is the product's,
driven through the PortAudio that the tests speak for.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from collections import Counter
from typing import Any
from unittest import mock

import numpy as np

from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.messages import EventEnd, EventStart, Message, Status
from datar_edge.tagger import load
from tools.soak.sounds import ROOT, recordings

_PATIENCE_S = 60.0


def losses(*, times: int) -> dict[str, Any]:
    """Loses the device as often as is said, each time in the middle of an event."""
    portaudio = _fake_portaudio()
    messages: list[Message] = []
    with (
        mock.patch.dict(sys.modules, {"sounddevice": portaudio}),
        mock.patch("datar_edge.listen.sources.microphone._BACK_OFF_S", (0.02,)),
        load(hop_s=0.5) as tagger,
    ):
        from datar_edge.listen.sources.microphone import MicrophoneSource  # noqa: PLC0415

        events = EventConfig(start_threshold=0.2)
        with tagger.stream(MicrophoneSource(), events=events) as listener:
            driver = threading.Thread(target=_drive, args=(portaudio, listener, times))
            driver.start()
            messages.extend(listener)
            driver.join()
    return _counted(messages)


def _drive(portaudio: Any, listener: Any, times: int) -> None:
    sound = recordings(16_000)
    for turn in range(times):
        stream = _wait_for(lambda: portaudio.streams[-1].active and portaudio.streams[-1])
        begun = listener.health().events
        position = 0
        while listener.health().events == begun:
            block = np.take(sound, range(position, position + 1_600), mode="wrap")
            stream.speak(np.stack([block, block], axis=1))
            position += 1_600
            time.sleep(0.005)
        stream.vanish()
        again = _wait_for(lambda turn=turn: portaudio.streams[turn + 1 :])[0]
        _wait_for(lambda again=again: again.active)
        again.speak(np.zeros((1_600, 2), np.float32))
        _wait_for(lambda: listener.health().state == "device_back")
    listener.stop()


def _wait_for(condition: Any) -> Any:
    deadline_s = time.monotonic() + _PATIENCE_S
    while not (result := condition()):
        if time.monotonic() > deadline_s:
            raise RuntimeError("the device was not opened again")
        time.sleep(0.005)
    return result


def _counted(messages: list[Message]) -> dict[str, Any]:
    starts = Counter(each.id for each in messages if isinstance(each, EventStart))
    ends = Counter(each.id for each in messages if isinstance(each, EventEnd))
    states = Counter(each.state for each in messages if isinstance(each, Status))
    return {
        "lost": states["device_lost"],
        "back": states["device_back"],
        "events": len(starts),
        "open": sum((starts - ends).values()),
        "doubled": sum((ends - starts).values()) + sum(starts.values()) - len(starts),
        "across": _across(messages),
    }


def _across(messages: list[Message]) -> int:
    """Events that are open when the device is told to be lost: their sound cannot be known."""
    running: set[int] = set()
    across = 0
    for message in messages:
        if isinstance(message, EventStart):
            running.add(message.id)
        elif isinstance(message, EventEnd):
            running.discard(message.id)
        elif isinstance(message, Status) and message.state == "device_lost":
            across += len(running)
    return across


def _fake_portaudio() -> Any:
    path = ROOT / "tests" / "listen" / "sources" / "conftest.py"
    spec = importlib.util.spec_from_file_location("fake_portaudio", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fake_portaudio"] = module
    spec.loader.exec_module(module)
    return module.FakePortAudio()
