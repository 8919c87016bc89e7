"""Health over HTTP: `/health` for people and watchers, `/metrics` for Prometheus."""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from datar_edge.closing import Closing
from datar_edge.errors import ConfigError
from datar_edge.listen.health import Health
from datar_edge.listen.service.document import health_document
from datar_edge.listen.service.metrics import CONTENT_TYPE, prometheus_text

MAX_PORT = 65_535

_log = logging.getLogger(__name__)
_CLIENT_TIMEOUT_S = 5.0
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")

Judged = Callable[[], tuple[Health, str]]
"""Health, and what is wrong; empty where all is well."""


class StatusServer(Closing):
    """Answers until it is closed; the port is taken at once.

    Args:
        judged: asked at each request.
        port: 0 for any that is free.
        host: address to answer at; others than loopback show everybody what is heard.

    Raises:
        ConfigError: the port is taken, may not be used, or is out of its range; no such address.
    """

    def __init__(self, judged: Judged, *, port: int, host: str) -> None:
        if not 0 <= port <= MAX_PORT:
            raise ConfigError(f"the status port is {port}", fix=f"Allowed: 0 to {MAX_PORT}.")
        try:
            self._server = _Server(judged, host, port)
        except OSError as error:
            raise ConfigError(
                f"nothing can answer at {host} port {port}: {error.strerror or error}",
                fix="Give another --status-port or --status-host.",
            ) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="status", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it answers."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """See `Closing.close`."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True  # a restart does not wait for connections of before to fade

    def __init__(self, judged: Judged, host: str, port: int) -> None:
        self.judged = judged
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        self.address_family = family
        self.names = {host, *_LOCAL_NAMES} if _is_loopback(str(address[0])) else None
        super().__init__((host, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no event of ours."""
        del request
        _log.debug("the client %s failed", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _CLIENT_TIMEOUT_S
    protocol_version = "HTTP/1.0"  # a connection each: none is held open
    server_version = "datar-edge"
    sys_version = ""

    def do_GET(self) -> None:
        """Answers with a document."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answers with its head."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
        """Requests are no status changes."""
        _log.debug(format, *args)

    def _answer(self, *, with_body: bool) -> None:
        status, kind, text = self._document()
        body = text.encode("utf-8", "backslashreplace")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _document(self) -> tuple[HTTPStatus, str, str]:
        if not self._is_meant():
            return HTTPStatus.FORBIDDEN, "text/plain", "ask for localhost\n"
        health, problem = self.server.judged()
        path = urlsplit(self.path).path
        if path == "/metrics":
            return HTTPStatus.OK, CONTENT_TYPE, prometheus_text(health, problem)
        if path == "/health":
            status = HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK
            text = json.dumps(health_document(health, problem), ensure_ascii=False)
            return status, "application/json", f"{text}\n"
        return HTTPStatus.NOT_FOUND, "text/plain", "there are /health and /metrics\n"

    def _is_meant(self) -> bool:
        """A web page must not read a loopback address by giving it a name of its own."""
        names = self.server.names
        host = self.headers.get("Host")
        return names is None or host is None or urlsplit(f"//{host}").hostname in names


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
