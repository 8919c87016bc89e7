"""A connection to an MQTT broker that is made again whenever it breaks."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from datar_edge.errors import ConfigError
from datar_edge.extras import require
from datar_edge.listen.outputs.delivery import UndeliveredError
from datar_edge.listen.outputs.output import reason_of

_PORT = 1883
_TLS_PORT = 8883
_KEEPALIVE_S = 30
_CONNECT_TIMEOUT_S = 10.0
_LONGEST_WAIT_S = 60
_POLL_S = 0.2
AT_LEAST_ONCE = 1
"""Quality of service of all that is published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """A broker, and how to be let in.

    Attributes:
        host: name or number of its machine.
        port: None for 1883, with TLS 8883.
        user: None for nobody.
        password: None for none.
        context: of TLS; None for no encryption.
    """

    host: str
    port: int | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    context: ssl.SSLContext | None = None


class MqttSession:
    """Publishes to a broker, once `connect` has reached it.

    paho's thread keeps the connection, with back-off up to a minute.

    Args:
        broker: where to.
        option: that named it, for errors.
        will_topic: where the broker publishes `will` (retained) when the connection is lost.
        will: such as "offline".
        on_connect: called at each connection, the first one too, from paho's thread.
        on_disconnect: called with the reason when a connection is lost or refused, from there too.

    Raises:
        MissingExtraError: paho-mqtt is not installed.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        option: str,
        will_topic: str,
        will: str,
        on_connect: Callable[[], None],
        on_disconnect: Callable[[str], None],
    ) -> None:
        paho = require("paho.mqtt.client", extra="mqtt", purpose=option)
        enums = require("paho.mqtt.enums", extra="mqtt", purpose=option)
        self._client = paho.Client(enums.CallbackAPIVersion.VERSION2)
        self._client.will_set(will_topic, will, qos=AT_LEAST_ONCE, retain=True)
        self._client.reconnect_delay_set(1, _LONGEST_WAIT_S)
        self._client.connect_timeout = _CONNECT_TIMEOUT_S
        self._client.username_pw_set(broker.user, broker.password)
        if broker.context is not None:
            self._client.tls_set_context(broker.context)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_publish = self._published
        self._broker = broker
        self._option = option
        self._on_connect = on_connect
        self._on_disconnect = on_disconnect
        self._answered = threading.Event()
        self._met = False
        self._refusal = ""
        self._acknowledged: set[int] = set()
        self._arrived = threading.Condition()

    def connect(self) -> None:
        """Reaches the broker for the first time.

        Raises:
            ConfigError: it cannot be reached, or refuses.
        """
        broker = self._broker
        port = broker.port or (_PORT if broker.context is None else _TLS_PORT)
        place = f"{self._option}: the broker {broker.host}:{port}"
        try:
            self._client.connect(broker.host, port, keepalive=_KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{place} cannot be reached: {reason_of(error)}",
                fix="Check the address, and that the broker runs.",
            ) from error
        self._client.loop_start()
        if not self._answered.wait(_CONNECT_TIMEOUT_S):
            self._refusal = "no answer"
        if self._refusal:
            refusal = self._refusal
            self.close()
            raise ConfigError(
                f"{place} refuses: {refusal}",
                fix="Check user and password, and that it is a broker.",
            )

    def publish(
        self, topic: str, payload: str, *, retain: bool, stopping: Callable[[], bool]
    ) -> None:
        """Publishes a message and waits until the broker has it.

        Args:
            topic: where to.
            payload: what.
            retain: whether the broker gives it to later subscribers.
            stopping: ends the wait.

        Raises:
            UndeliveredError: there is no connection, or the wait was ended.
        """
        if not self._client.is_connected():
            raise UndeliveredError(self._refusal or "the broker is away")
        # From here paho holds the message, over broken connections too, until it is acknowledged.
        message_id = self._client.publish(topic, payload, qos=AT_LEAST_ONCE, retain=retain).mid
        with self._arrived:
            while message_id not in self._acknowledged:
                if stopping():
                    raise UndeliveredError("stopped before the broker had it")
                self._arrived.wait(_POLL_S)
            self._acknowledged.discard(message_id)

    def close(self) -> None:
        """Says goodbye, so that the will is not published, and ends paho's thread."""
        was_connected = self._client.is_connected()
        self._client.disconnect()
        if was_connected:  # else the thread may wait for a broker that does not answer
            self._client.loop_stop()

    def _connected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        self._refusal = str(reason) if reason.is_failure else ""
        self._answered.set()
        if not self._refusal:
            self._met = True
            self._on_connect()

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        if reason.is_failure and self._met:
            self._on_disconnect(self._refusal or f"connection lost: {reason}")

    def _published(self, _client: Any, _data: Any, message_id: int, *_: Any) -> None:
        with self._arrived:
            self._acknowledged.add(message_id)
            self._arrived.notify_all()
