"""What tests of outputs share: a certificate, patience, and a broker that can be killed."""

from __future__ import annotations

import getpass
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_PATIENCE_S = 15.0


def _eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Waits until something holds, and fails where it never does."""
    return _eventually


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of localhost that is its own authority, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("certificate")
    folder.chmod(0o755)
    made, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-addext", "keyUsage=digitalSignature,keyCertSign"),
            *("-keyout", str(key), "-out", str(made)),
        ],
        check=True,
        capture_output=True,
    )
    return made, key


@dataclass
class Mosquitto:
    """A real broker; a watcher's session on it keeps all that is published while nobody looks."""

    folder: Path
    port: int
    lines: list[str] = field(default_factory=list)
    user: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the broker, with what it had stored."""
        config = self.folder / "mosquitto.conf"
        config.write_text(
            "\n".join(
                [
                    f"user {getpass.getuser()}",
                    f"listener {self.port} 127.0.0.1",
                    "persistence true",
                    f"persistence_location {self.folder}/",
                    "max_queued_messages 0",
                    *(self.lines or ["allow_anonymous true"]),
                    "",
                ]
            )
        )
        program = _find("mosquitto")
        self._process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
        _eventually(self._answers)

    def kill(self) -> None:
        """Ends the broker at once, as a power cut does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Lets the broker hang: connected, and deaf."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Ends `pause`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Ends the broker in peace, so that it stores what it knows, and starts it again."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self.start()

    def watch(self) -> None:
        """From here on, what is published waits for `seen`."""
        self._subscribe("-c", "-i", "watcher", "-E")

    def seen(self, seconds: float = 2.0) -> list[tuple[str, str]]:
        """Topics and contents of all messages since `watch`."""
        return _split(self._subscribe("-c", "-i", "watcher", "-W", f"{seconds:.0f}"))

    def retained(self, count: int) -> dict[str, str]:
        """What the broker gives to a new subscriber: at most this many messages."""
        return dict(_split(self._subscribe("--retained-only", "-C", str(count), "-W", "2")))

    def _subscribe(self, *arguments: str) -> str:
        command = [_find("mosquitto_sub"), "-p", str(self.port), "-q", "1", "-t", "#"]
        done = subprocess.run(
            [*command, "-F", "%t %p", *self.user, *arguments],
            check=False,  # it also fails where fewer messages come
            capture_output=True,
            text=True,
        )
        return done.stdout

    def _answers(self) -> bool:
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", self.port)) == 0


def _split(text: str) -> list[tuple[str, str]]:
    parts = [line.partition(" ") for line in text.splitlines()]
    return [(topic, content) for topic, _, content in parts]


def _find(program: str) -> str:
    found = shutil.which(program) or shutil.which(f"/usr/sbin/{program}")
    if found is None:
        pytest.skip(f"needs {program}: apt install mosquitto mosquitto-clients")
    return found


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that is not started yet, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    mosquitto = Mosquitto(folder, port)
    yield mosquitto
    mosquitto.kill()
