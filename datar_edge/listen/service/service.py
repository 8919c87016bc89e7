"""What stands around listening that is left running."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from datar_edge.closing import Closing
from datar_edge.errors import DatarEdgeError
from datar_edge.listen.health import Health
from datar_edge.listen.messages import Message, Status
from datar_edge.listen.service.liveness import Liveness
from datar_edge.listen.service.status_file import StatusFile
from datar_edge.listen.service.systemd import Systemd

if TYPE_CHECKING:
    from datar_edge.listen.service.http_status import StatusServer

LOOPBACK = "127.0.0.1"
_STATUS_FILE_EVERY_S = 10.0


class Service(Closing):
    """Tells others how listening is, and reads its rules anew; a context manager.

    The reader of the messages calls `saw` with each one when it is done with it: this is what the
    watchdog goes by.

    Args:
        health: of the listener; called from other threads.
        reload: reads the rules of events anew and puts them to use; called from another thread.
        tell: prints one line; called from another thread.
        window_s: length of the model's window.
        hop_s: distance between windows.
        status_port: answer health at this port; None for none.
        status_host: address to answer at.
        status_file: write health there; None for nowhere.
        systemd: the service manager; None for the one that the environment names.

    Raises:
        ConfigError: the port is taken, or the file cannot be written.
    """

    def __init__(
        self,
        health: Callable[[], Health],
        *,
        reload: Callable[[], None],
        tell: Callable[[str], None],
        window_s: float,
        hop_s: float,
        status_port: int | None = None,
        status_host: str = LOOPBACK,
        status_file: Path | None = None,
        systemd: Systemd | None = None,
    ) -> None:
        self._health = health
        self._reload = reload
        self._tell = tell
        self._liveness = Liveness(window_s=window_s, hop_s=hop_s)
        self._systemd = Systemd() if systemd is None else systemd
        self._file = None if status_file is None else StatusFile(status_file, tell)
        if self._file is not None:
            self._file.begin(*self.judged())
        self.server = (
            None
            if status_port is None
            else _server(self.judged, port=status_port, host=status_host)
        )
        self._is_ready = False
        self._wanted = threading.Event()
        self._reload_wanted = False
        self._closed = False
        self._thread = threading.Thread(target=self._watch, name="service", daemon=True)
        self._thread.start()

    def judged(self) -> tuple[Health, str]:
        """Health, and what is wrong; empty where all is well. From any thread."""
        health = self._health()
        return health, self._liveness.problem(health)

    def saw(self, message: Message) -> None:
        """The reader of the messages has come to this one."""
        self._liveness.saw(message)
        if not isinstance(message, Status):
            return
        if message.state == "stopped":
            self._systemd.stopping()
        elif not self._is_ready:
            self._is_ready = True
            self._systemd.ready(_summary(self._health()))
        else:
            self._systemd.status(_summary(self._health()))
        self._write_file()

    def reload(self) -> None:
        """Has the rules read anew, soon; from any thread or signal handler."""
        self._reload_wanted = True
        self._wanted.set()

    def close(self) -> None:
        """Ends what was begun; the status file keeps the last state."""
        self._closed = True
        self._wanted.set()
        self._thread.join()
        if self.server is not None:
            self.server.close()
        self._write_file()

    def _watch(self) -> None:
        while True:
            self._wanted.wait(self._every_s())
            self._wanted.clear()
            if self._closed:
                return
            if self._reload_wanted:
                self._reload_wanted = False
                self._read_anew()
            self._tick()

    def _every_s(self) -> float | None:
        watchdog_s = self._systemd.watchdog_s
        periods = [
            *([] if watchdog_s is None else [watchdog_s / 3.0]),
            *([] if self._file is None else [_STATUS_FILE_EVERY_S]),
        ]
        return min(periods, default=None)

    def _tick(self) -> None:
        health = self._health()
        if self._systemd.watchdog_s is not None and not self._liveness.is_stuck(health):
            self._systemd.alive(_summary(health))
        self._write_file()

    def _read_anew(self) -> None:
        self._systemd.reloading()
        try:
            self._reload()
            self._tell("the rules of events are read anew")
        except DatarEdgeError as error:
            self._tell(f"the rules of events stay as they were: {error}")
        self._systemd.ready(_summary(self._health()))

    def _write_file(self) -> None:
        if self._file is not None:
            self._file.write(*self.judged())


def _server(judged: Callable[[], tuple[Health, str]], *, port: int, host: str) -> StatusServer:
    # 30 ms of imports that only this needs.
    from datar_edge.listen.service.http_status import StatusServer  # noqa: PLC0415

    return StatusServer(judged, port=port, host=host)


def _summary(health: Health) -> str:
    lost = f", {health.dropped_s:.1f} s lost" if health.dropped_s else ""
    return (
        f"{health.state.replace('_', ' ')}: {health.source}, {health.windows} windows, "
        f"{health.events} events{lost}"
    )
