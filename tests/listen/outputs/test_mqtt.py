from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from datar_edge.errors import ConfigError, MissingExtraError
from datar_edge.listen.messages import EventEnd, EventStart, Scores, Status
from datar_edge.listen.outputs import mqtt_session
from datar_edge.listen.outputs.mqtt import Mqtt
from datar_edge.listen.outputs.mqtt_session import Broker

NOON = datetime(2025, 1, 31, 12, 0, 0, tzinfo=timezone.utc)


def from_noon(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


AVAILABILITY = "datar-edge/attic/availability"
STATE = "datar-edge/attic/state"
LABELS = ("Dog bark", "Rain")
LISTENING = Status(state="listening", time_s=0.0, dropped_s=0.0, windows=0)
STOPPED = Status(state="stopped", time_s=9.0, dropped_s=0.5, windows=8)

Wait = Callable[[Callable[[], bool]], None]


def start(number: int) -> EventStart:
    return EventStart(id=number, label="Rain", start_s=float(number), score=0.9)


def end(number: int) -> EventEnd:
    return EventEnd(
        id=number, label="Rain", start_s=float(number), end_s=number + 2.0, max_score=0.95
    )


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def connect(told: list[str]) -> Callable[..., Mqtt]:
    def connected(port: int, **options: Any) -> Mqtt:
        broker = Broker(host="127.0.0.1", port=port, **options.pop("broker", {}))
        options.setdefault("clock", None)
        return Mqtt(
            broker,
            topic="datar-edge/attic",
            labels=LABELS,
            model="toy",
            tell=told.append,
            **options,
        )

    return connected


def test_topics_of_a_run(broker: Any, connect: Callable[..., Mqtt], told: list[str]) -> None:
    broker.start()
    broker.watch()
    output = connect(broker.port, clock=from_noon)
    for message in (LISTENING, Scores(start_s=0.0, end_s=1.0, tags=()), start(1), end(1), STOPPED):
        output.show(message)
    output.close()
    retained = broker.retained(2)
    assert retained[AVAILABILITY] == "offline"
    state = json.loads(retained[STATE])
    assert state == {
        "state": "stopped",
        "time_s": 9.0,
        "dropped_s": 0.5,
        "windows": 8,
        "time": "2025-01-31T12:00:09.000+00:00",
        "running": [],
        "events": 1,
    }
    seen = broker.seen()
    assert seen[0] == (AVAILABILITY, "online")
    events = [json.loads(content) for topic, content in seen if topic == "datar-edge/attic/event"]
    assert [event["type"] for event in events] == ["event_start", "event_end"]
    assert events[1]["end_time"] == "2025-01-31T12:00:03.000+00:00"
    assert told == []


def test_the_state_names_what_is_heard(
    broker: Any, connect: Callable[..., Mqtt], eventually: Wait
) -> None:
    broker.start()
    output = connect(broker.port)
    output.show(LISTENING)
    output.show(start(1))

    eventually(lambda: '"running": ["Rain"]' in str(broker.retained(2).get(STATE)))
    assert broker.retained(2)[AVAILABILITY] == "online"
    output.show(end(1))
    eventually(lambda: '"running": []' in str(broker.retained(2).get(STATE)))
    output.close()


def test_a_killed_program_goes_offline(broker: Any, eventually: Wait) -> None:
    broker.start()
    code = f"""
import time
from datar_edge.listen.outputs.mqtt import Mqtt
from datar_edge.listen.outputs.mqtt_session import Broker
Mqtt(Broker(host="127.0.0.1", port={broker.port}), topic="attic", labels=(), model="toy",
     clock=None, tell=print)
print("connected", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"connected\n"
        eventually(lambda: broker.retained(1).get("attic/availability") == "online")
        child.send_signal(signal.SIGKILL)
    eventually(lambda: broker.retained(1).get("attic/availability") == "offline")


def test_nothing_is_lost_while_the_broker_is_away(
    broker: Any, connect: Callable[..., Mqtt], told: list[str], eventually: Wait
) -> None:
    broker.start()
    broker.watch()
    broker.restart()  # stores the watcher's session, which then outlives the kill
    output = connect(broker.port)
    broker.kill()
    eventually(lambda: len(told) == 1)
    for number in range(1, 201):
        output.show(start(number))
    broker.start()
    eventually(lambda: len(told) == 2 and output._delivery.waiting == 0)
    output.show(end(200))
    output.close()
    events = [json.loads(text) for topic, text in broker.seen() if topic.endswith("/event")]
    assert [event["id"] for event in events] == [*range(1, 201), 200]
    assert [event["type"] for event in events][-2:] == ["event_start", "event_end"]
    assert told[0].startswith("--mqtt: connection lost")
    assert told[0].endswith("up to 10000 messages are kept for it")
    assert told[1:] == ["--mqtt: reached again"]


def test_a_broker_that_hangs_holds_nothing_up(
    broker: Any, connect: Callable[..., Mqtt], told: list[str], eventually: Wait
) -> None:
    broker.start()
    broker.watch()
    output = connect(broker.port)
    broker.pause()
    for number in range(1, 1001):
        output.show(start(number))  # would hang here
    broker.go_on()
    eventually(lambda: output._delivery.waiting == 0)
    output.close()
    events = [json.loads(text) for topic, text in broker.seen() if topic.endswith("/event")]
    assert [event["id"] for event in events] == list(range(1, 1001))
    assert told == []


def test_a_broker_that_forgets_all_is_told_again(
    broker: Any, connect: Callable[..., Mqtt], eventually: Wait
) -> None:
    broker.start()
    output = connect(broker.port, discovery_prefix="homeassistant")
    output.show(start(1))
    topics = {AVAILABILITY, STATE, "homeassistant/device/datar-edge_attic/config"}
    eventually(lambda: '"running": ["Rain"]' in str(broker.retained(3).get(STATE)))
    before = broker.retained(3)
    assert set(before) == topics
    broker.kill()
    (broker.folder / "mosquitto.db").unlink(missing_ok=True)
    broker.start()
    eventually(lambda: broker.retained(3) == before)  # comes by itself: nothing more is shown
    output.close()


def test_closing_while_the_broker_is_away_tells_what_is_lost(
    broker: Any, connect: Callable[..., Mqtt], told: list[str], eventually: Wait
) -> None:
    broker.start()
    output = connect(broker.port)
    eventually(lambda: set(broker.retained(2)) == {AVAILABILITY, STATE})
    broker.kill()
    eventually(lambda: len(told) == 1)
    for number in range(5):
        output.show(start(number))
    output.close()
    assert told[1:] == ["--mqtt: 5 messages were not delivered"]


def test_a_password_is_needed(broker: Any, connect: Callable[..., Mqtt]) -> None:
    passwords = broker.folder / "passwords"
    subprocess.run(
        ["mosquitto_passwd", "-b", "-c", str(passwords), "ear", "open sesame"], check=True
    )
    broker.lines = ["allow_anonymous false", f"password_file {passwords}"]
    broker.user = ("-u", "ear", "-P", "open sesame")
    broker.start()
    for wrong in ({}, {"user": "ear", "password": "please"}):
        with pytest.raises(ConfigError, match="refuses: Not authorized"):
            connect(broker.port, broker=wrong)
    output = connect(broker.port, broker={"user": "ear", "password": "open sesame"})
    assert broker.retained(2)[AVAILABILITY] == "online"
    output.close()
    assert "open sesame" not in repr(Broker(host="a", password="open sesame"))


@pytest.mark.filterwarnings(
    # paho leaves the socket of a failed handshake to the garbage collector.
    "ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"
)
def test_tls_with_an_authority_of_ones_own(
    broker: Any, connect: Callable[..., Mqtt], certificate: tuple[Path, Path]
) -> None:
    made, key = certificate
    broker.lines = ["allow_anonymous true", f"certfile {made}", f"keyfile {key}"]
    broker.user = ("--cafile", str(made))
    broker.start()
    with pytest.raises(ConfigError, match="certificate verify failed"):
        connect(broker.port, broker={"context": ssl.create_default_context()})
    context = ssl.create_default_context(cafile=made)
    connect(broker.port, broker={"context": context}).close()
    assert broker.retained(1)[AVAILABILITY] == "offline"


def test_nobody_there(connect: Callable[..., Mqtt], broker: Any, told: list[str]) -> None:
    with pytest.raises(ConfigError, match="cannot be reached: Connection refused"):
        connect(broker.port)
    with pytest.raises(ConfigError, match=r"nowhere\.invalid:1883 cannot be reached"):
        Mqtt(
            Broker(host="nowhere.invalid"),
            topic="attic",
            labels=LABELS,
            model="toy",
            clock=None,
            tell=told.append,
        )
    assert told == []


def test_somebody_who_is_no_broker(
    connect: Callable[..., Mqtt], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_session, "_CONNECT_TIMEOUT_S", 0.3)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(ConfigError, match="refuses: no answer"),
    ):
        connect(silent.getsockname()[1])


@pytest.mark.parametrize("topic", ["", "/attic", "attic/", "a/#", "+", "a\0b", "x" * 300])
def test_topics_that_are_none(connect: Callable[..., Mqtt], topic: str) -> None:
    with pytest.raises(ConfigError, match="is no topic"):
        Mqtt(Broker(host="127.0.0.1"), topic=topic, labels=(), model="toy", clock=None, tell=print)


def test_the_extra_is_named(connect: Callable[..., Mqtt], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(MissingExtraError, match=r"datar-edge\[mqtt\]"):
        connect(1883)
