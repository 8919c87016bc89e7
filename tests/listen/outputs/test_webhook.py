from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from datar_edge.errors import ConfigError
from datar_edge.listen.messages import EventEnd, EventStart, Scores, Status
from datar_edge.listen.outputs import delivery
from datar_edge.listen.outputs.address import read_address
from datar_edge.listen.outputs.webhook import Webhook

NOON = datetime(2025, 1, 31, 12, 0, 0, tzinfo=timezone.utc)


def from_noon(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


START = EventStart(id=1, label="Água", start_s=1.0, score=0.9)
END = EventEnd(id=1, label="Água", start_s=1.0, end_s=3.0, max_score=0.95)
STATUS = Status(state="listening", time_s=0.0, dropped_s=0.0, windows=0)

Wait = Callable[[Callable[[], bool]], None]


class Server(http.server.ThreadingHTTPServer):
    """Keeps what is posted; answers with the codes that the test lines up, then with 204."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.codes: list[int] = []
        self.scheme = "http"
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}/hook?room=attic"

    @property
    def ids(self) -> list[int]:
        return [body["id"] for _, _, body in self.requests]

    def handle_error(self, *_: object) -> None:
        """A client that refuses our certificate is no error."""


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        code = self.server.codes.pop(0) if self.server.codes else 204
        self.server.requests.append((self.path, dict(self.headers), json.loads(body)))
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        running.thread.start()
        yield running
        running.shutdown()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def hook(told: list[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Webhook]:
    def make(url: str, **options: Any) -> Webhook:
        return Webhook(
            read_address(url, option="--webhook", plain="http", encrypted="https"),
            authorization=options.get("authorization"),
            context=options.get("context", ssl.create_default_context()),
            clock=options.get("clock"),
            tell=told.append,
        )

    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return make


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery.Delivery, "_wait", lambda *_: None)


def test_events_are_posted_as_json(
    server: Server, hook: Callable[..., Webhook], told: list[str]
) -> None:
    output = hook(server.url, clock=from_noon, authorization="Bearer abc")
    for message in (STATUS, Scores(start_s=0.0, end_s=1.0, tags=()), START, END):
        output.show(message)
    output.close()
    paths, headers, bodies = zip(*server.requests, strict=True)
    assert set(paths) == {"/hook?room=attic"}
    assert [body["type"] for body in bodies] == ["status", "event_start", "event_end"]
    assert bodies[1]["label"] == "Água"
    assert bodies[2]["end_time"] == "2025-01-31T12:00:03.000+00:00"
    assert headers[0]["Content-Type"] == "application/json"
    assert headers[0]["Authorization"] == "Bearer abc"
    assert told == []


def test_no_secret_no_header(server: Server, hook: Callable[..., Webhook]) -> None:
    output = hook(server.url)
    output.show(START)
    output.close()
    assert "Authorization" not in server.requests[0][1]


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("code", [500, 503, 429, 408])
def test_what_the_server_cannot_take_now_is_posted_again(
    server: Server,
    hook: Callable[..., Webhook],
    told: list[str],
    eventually: Wait,
    code: int,
) -> None:
    server.codes = [code, code]
    output = hook(server.url)
    output.show(START)
    output.show(EventStart(id=2, label="Rain", start_s=2.0, score=0.9))
    eventually(lambda: len(server.requests) == 4)
    output.close()
    assert server.ids == [1, 1, 1, 2]
    assert told[0].startswith(f"--webhook: status {code}")
    assert told[1:] == ["--webhook: reached again"]


@pytest.mark.parametrize("code", [400, 401, 404, 302])
def test_what_the_server_refuses_holds_nothing_up(
    server: Server, hook: Callable[..., Webhook], told: list[str], code: int
) -> None:
    server.codes = [code, code]
    output = hook(server.url, authorization="Bearer abc")
    for number in (1, 2, 3):
        output.show(EventStart(id=number, label="Rain", start_s=2.0, score=0.9))
    output.close()
    assert server.ids == [1, 2, 3]
    assert {path for path, _, _ in server.requests} == {"/hook?room=attic"}  # none was redirected
    assert len(told) == 1
    assert told[0].startswith(f"--webhook: refused a message: status {code}")


def test_a_server_that_is_away_gets_all_when_it_is_back(
    hook: Callable[..., Webhook], told: list[str], eventually: Wait
) -> None:
    with Server() as gone:
        port, url = gone.server_port, gone.url
    output = hook(url)
    for number in range(50):
        output.show(EventStart(id=number, label="Rain", start_s=2.0, score=0.9))
    eventually(lambda: len(told) == 1)
    with Server(port) as back:
        back.thread.start()
        eventually(lambda: len(back.requests) == 50)
        output.close()
        back.shutdown()
    assert back.ids == list(range(50))
    assert told == [
        "--webhook: Connection refused; up to 10000 messages are kept for it",
        "--webhook: reached again",
    ]


def test_https_trusts_only_known_authorities(
    hook: Callable[..., Webhook],
    told: list[str],
    certificate: tuple[Path, Path],
    eventually: Wait,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with Server() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.scheme = "https"
        server.thread.start()
        stranger = hook(server.url, authorization="Bearer abc")
        stranger.show(START)
        eventually(lambda: len(told) == 1)
        stranger.close()
        assert "certificate verify failed" in told[0]
        assert server.requests == []
        friend = hook(
            server.url,
            authorization="Bearer abc",
            context=ssl.create_default_context(cafile=certificate[0]),
        )
        friend.show(START)
        friend.close()
        server.shutdown()
    assert server.ids == [1]


def test_a_secret_is_never_sent_unencrypted(hook: Callable[..., Webhook]) -> None:
    with pytest.raises(ConfigError, match=r"unencrypted to example\.org"):
        hook("http://example.org/hook", authorization="Bearer abc")


@pytest.mark.parametrize("secret", ["a\nX-Evil: 1", "a\rb", "ünsafe"])
def test_a_secret_that_is_no_header(hook: Callable[..., Webhook], secret: str) -> None:
    with pytest.raises(ConfigError, match="cannot be a header") as caught:
        hook("https://example.org/hook", authorization=secret)
    assert secret not in str(caught.value)


def test_a_user_in_the_address(hook: Callable[..., Webhook]) -> None:
    with pytest.raises(ConfigError, match="names a user"):
        hook("https://me@example.org/hook")
