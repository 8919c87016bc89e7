"""The outputs of listening that send to other machines."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence

from datar_edge.card import ModelCard
from datar_edge.cli.output_options import MQTT_PASSWORD, WEBHOOK_AUTHORIZATION, OutputOptions
from datar_edge.errors import ConfigError
from datar_edge.listen.outputs import mqtt, webhook
from datar_edge.listen.outputs.address import Address, read_address, read_secret, tls_context
from datar_edge.listen.outputs.clock import Clock
from datar_edge.listen.outputs.mqtt_session import Broker
from datar_edge.listen.outputs.names import slug
from datar_edge.listen.outputs.output import Output
from datar_edge.listen.outputs.trouble import Tell


def make_senders(
    options: OutputOptions,
    card: ModelCard,
    labels: Sequence[str],
    clock: Clock | None,
    tell: Tell,
) -> Iterator[Output]:
    """What sends messages to other machines.

    Args:
        options: what is asked for.
        card: of the model.
        labels: that may be heard.
        clock: adds the time of day; None for none.
        tell: told, from any thread, how delivery goes.

    Raises:
        InputError: an address, a secret or a certificate is wrong, or the broker refuses.
    """
    if options.webhook is not None:
        yield _webhook(options, clock, tell)
    if options.mqtt is not None:
        yield _mqtt(options, card, labels, clock, tell)


def _webhook(options: OutputOptions, clock: Clock | None, tell: Tell) -> Output:
    return webhook.Webhook(
        read_address(options.webhook or "", option=webhook.OPTION, plain="http", encrypted="https"),
        authorization=read_secret(WEBHOOK_AUTHORIZATION),
        context=tls_context(options.ca_file, option="--ca-file"),
        clock=clock,
        tell=tell,
    )


def _mqtt(
    options: OutputOptions,
    card: ModelCard,
    labels: Sequence[str],
    clock: Clock | None,
    tell: Tell,
) -> Output:
    address = read_address(options.mqtt or "", option=mqtt.OPTION, plain="mqtt", encrypted="mqtts")
    if address.path.strip("/"):
        raise ConfigError(
            f"{mqtt.OPTION} {address.url!r} has a path", fix="Name it by --mqtt-topic."
        )
    return mqtt.Mqtt(
        _broker(options, address),
        topic=options.mqtt_topic or f"datar-edge/{slug(socket.gethostname())}",
        labels=labels,
        model=card.preset,
        discovery_prefix=options.mqtt_discovery,
        clock=clock,
        tell=tell,
    )


def _broker(options: OutputOptions, address: Address) -> Broker:
    password = read_secret(MQTT_PASSWORD, options.mqtt_password_file, option="--mqtt-password-file")
    if password is not None and address.user is None:
        raise ConfigError(
            f"{address.url} has a password but no user", fix="Write mqtt://USER@HOST."
        )
    secure = address.encrypted
    return Broker(
        host=address.host,
        port=address.port,
        user=address.user,
        password=password,
        context=tls_context(options.ca_file, option="--ca-file") if secure else None,
    )
