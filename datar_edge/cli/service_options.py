"""The options of `listen` that is left running."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from datar_edge.cli.shell import say
from datar_edge.errors import ConfigError
from datar_edge.listen.engine import Listener
from datar_edge.listen.service import Service
from datar_edge.listen.service.service import LOOPBACK
from datar_edge.listen.service.signals import signals_handled

_PANEL = "Left running"


@dataclass(frozen=True, kw_only=True)
class ServiceOptions:
    """What the command line says of the service.

    Raises:
        ConfigError: an option lacks the one that it belongs to.
    """

    status_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            help="Answer /health and /metrics (Prometheus) there; 0 for any port.",
            rich_help_panel=_PANEL,
            show_default="none",
        ),
    ] = None
    status_host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Address of --status-port; what is heard is shown to whoever reaches it.",
            rich_help_panel=_PANEL,
        ),
    ] = LOOPBACK
    status_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write health there as JSON, at each change and every 10 s.",
            rich_help_panel=_PANEL,
            show_default="none",
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.status_host != LOOPBACK and self.status_port is None:
            raise ConfigError(
                "--status-host is given without --status-port", fix="Give a port, too."
            )


@contextlib.contextmanager
def running_service(
    options: ServiceOptions,
    listener: Listener,
    *,
    reload: Callable[[], None],
    window_s: float,
    hop_s: float,
) -> Iterator[Service]:
    """The service that the options ask for, and what signals do while it runs.

    Args:
        options: of the command line.
        listener: what is asked for its health, and stopped by signals.
        reload: reads the rules of events anew and puts them to use.
        window_s: length of the model's window.
        hop_s: distance between windows.

    Yields:
        The service; it is to be told each message that has been dealt with: `saw`.

    Raises:
        ConfigError: the port is taken, or the file cannot be written.
    """
    with (
        Service(
            listener.health,
            reload=reload,
            tell=lambda line: say("note", line),
            window_s=window_s,
            hop_s=hop_s,
            status_port=options.status_port,
            status_host=options.status_host,
            status_file=options.status_file,
        ) as service,
        signals_handled(stop=listener.stop, reload=service.reload),
    ):
        if service.server is not None:
            say("status", f"at port {service.server.port} of {options.status_host}")
        yield service
