"""Messages published to an MQTT broker."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Sequence

from datar_edge.errors import ConfigError
from datar_edge.listen.messages import EventEnd, EventStart, Message, Scores, Status
from datar_edge.listen.outputs.clock import Clock
from datar_edge.listen.outputs.delivery import Delivery, UndeliveredError
from datar_edge.listen.outputs.home_assistant import discovery
from datar_edge.listen.outputs.json_lines import json_line
from datar_edge.listen.outputs.mqtt_session import Broker, MqttSession
from datar_edge.listen.outputs.trouble import Tell

OPTION = "--mqtt"
_ONLINE = "online"
_OFFLINE = "offline"
_FAREWELL_S = 1.0
_LONGEST = 200


class Mqtt:
    """Publishes below one topic: `event`, `state` and `availability`, all at least once.

    `event` gets each start and end of an event, as `--json` prints it. `state` (retained) is one
    object: the state, the labels that are heard now, counts; after an outage only the newest one is
    sent. `availability` (retained) is "online" or "offline"; the broker itself sets "offline" when
    the connection is lost.

    Args:
        broker: where to.
        topic: such as "datar-edge/kitchen".
        labels: that may be heard.
        model: name of the model.
        discovery_prefix: announce a device to Home Assistant below it; None for no announcement.
        clock: adds the time of day.
        tell: told how delivery goes.

    Raises:
        ConfigError: the broker cannot be reached or refuses, or the topic is none.
        MissingExtraError: paho-mqtt is not installed.
    """

    name = OPTION

    def __init__(
        self,
        broker: Broker,
        *,
        topic: str,
        labels: Sequence[str],
        model: str,
        discovery_prefix: str | None = None,
        clock: Clock | None,
        tell: Tell,
    ) -> None:
        for option, part in (("--mqtt-topic", topic), ("--mqtt-discovery", discovery_prefix)):
            _check_topic(part, option)
        self._topic = topic
        self._clock = clock
        self._discovery = (
            discovery(topic, labels, prefix=discovery_prefix, model=model)
            if discovery_prefix
            else None
        )
        self._state = _State(clock)
        self._announce = threading.Event()
        self._session = MqttSession(
            broker,
            option=OPTION,
            will_topic=self._topic_of("availability"),
            will=_OFFLINE,
            on_connect=self._connected,
            on_disconnect=self._disconnected,
        )
        self._delivery: Delivery[Message | None] = Delivery(self._deliver, name=OPTION, tell=tell)
        try:
            self._session.connect()
        except Exception:
            self._delivery.close()
            raise

    def show(self, message: Message) -> None:
        """Queues an event or a status; never blocks."""
        if not isinstance(message, Scores):
            self._state.follow(message)
            self._delivery.put(message)

    def close(self) -> None:
        """Publishes what waits, and "offline", as far as the broker takes it at once."""
        self._delivery.close()
        deadline = time.monotonic() + _FAREWELL_S
        with contextlib.suppress(UndeliveredError):
            self._session.publish(
                self._topic_of("availability"),
                _OFFLINE,
                retain=True,
                stopping=lambda: time.monotonic() > deadline,
            )
        self._session.close()

    def _connected(self) -> None:
        self._announce.set()
        self._delivery.put(None)  # there may be nothing else to deliver, for hours
        self._delivery.retry_now()

    def _disconnected(self, reason: str) -> None:
        self._delivery.tell_away(reason)

    def _deliver(self, message: Message | None) -> None:
        if self._announce.is_set():
            self._introduce()
        if isinstance(message, EventStart | EventEnd):
            self._publish("event", json_line(message, self._clock), retain=False)
        if not self._delivery.waiting:
            # Where this fails, the connection is lost, and the next one begins with the state.
            with contextlib.suppress(UndeliveredError):
                self._publish("state", self._state.as_json(), retain=True)

    def _introduce(self) -> None:
        """What a broker may have forgotten, or not know yet."""
        self._announce.clear()
        try:
            self._publish("availability", _ONLINE, retain=True)
            if self._discovery is not None:
                topic, payload = self._discovery
                self._session.publish(topic, payload, retain=True, stopping=self._is_stopping)
            self._publish("state", self._state.as_json(), retain=True)
        except UndeliveredError:
            self._announce.set()
            raise

    def _publish(self, part: str, payload: str, *, retain: bool) -> None:
        topic = self._topic_of(part)
        self._session.publish(topic, payload, retain=retain, stopping=self._is_stopping)

    def _is_stopping(self) -> bool:
        return self._delivery.stopping.is_set()

    def _topic_of(self, part: str) -> str:
        return f"{self._topic}/{part}"


class _State:
    """What `state` says; followed by one thread, read by another."""

    def __init__(self, clock: Clock | None) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[int, str] = {}
        self._status = Status(state="listening", time_s=0.0, dropped_s=0.0, windows=0)
        self._events = 0

    def follow(self, message: Message) -> None:
        with self._lock:
            if isinstance(message, EventStart):
                self._running[message.id] = message.label
                self._events += 1
            elif isinstance(message, EventEnd):
                self._running.pop(message.id, None)
            elif isinstance(message, Status):
                self._status = message

    def as_json(self) -> str:
        with self._lock:
            told = json.loads(json_line(self._status, self._clock))
            del told["type"]
            return json.dumps(
                {**told, "running": list(self._running.values()), "events": self._events},
                ensure_ascii=False,
            )


def _check_topic(topic: str | None, option: str) -> None:
    if topic is None:
        return
    if not topic or topic.strip("/") != topic or set("+#\0") & set(topic) or len(topic) > _LONGEST:
        raise ConfigError(
            f"{option} {topic!r} is no topic to publish below",
            fix="Write words with slashes between them, without + and #, such as datar-edge/attic.",
        )
