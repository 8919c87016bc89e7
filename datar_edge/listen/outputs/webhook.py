"""Messages posted to a web server."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from typing import Any

from datar_edge.errors import ConfigError
from datar_edge.listen.messages import Message, Scores
from datar_edge.listen.outputs.address import Address
from datar_edge.listen.outputs.clock import Clock
from datar_edge.listen.outputs.delivery import Delivery, RefusedError, UndeliveredError
from datar_edge.listen.outputs.json_lines import json_line
from datar_edge.listen.outputs.output import reason_of
from datar_edge.listen.outputs.trouble import Tell

OPTION = "--webhook"
_TIMEOUT_S = 10.0
_TRY_LATER = (408, 425, 429)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would lose its body, and carry the secret to another server."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Leaves the answer as it is: an error."""


class Webhook:
    """Posts each event and status as JSON, the same object that `--json` prints.

    A thread posts them in their order. What the server cannot take now (no answer, status 5xx, 408,
    425, 429) is tried again; any other status but 2xx refuses the message for good. A message
    arrives at least once: where an answer is lost, twice.

    Args:
        address: where to; http or https.
        authorization: value of the header of that name; None for none.
        context: of TLS.
        clock: adds the time of day.
        tell: told how delivery goes.

    Raises:
        ConfigError: the address names a user, or the secret would travel unencrypted, or cannot be
            a header.
    """

    name = OPTION

    def __init__(
        self,
        address: Address,
        *,
        authorization: str | None,
        context: ssl.SSLContext,
        clock: Clock | None,
        tell: Tell,
    ) -> None:
        if address.user is not None:
            raise ConfigError(
                f"{OPTION} {address.url!r} names a user", fix="Leave it out of the URL."
            )
        if authorization is not None:
            _check_secret(address, authorization)
        self._url = address.url
        self._clock = clock
        self._headers = {"Content-Type": "application/json", "User-Agent": "datar-edge"}
        if authorization is not None:
            self._headers["Authorization"] = authorization
        self._opener = urllib.request.build_opener(
            _NoRedirect, urllib.request.HTTPSHandler(context=context)
        )
        self._delivery = Delivery(self._post, name=OPTION, tell=tell)

    def show(self, message: Message) -> None:
        """Queues an event or a status; never blocks."""
        if not isinstance(message, Scores):
            self._delivery.put(json_line(message, self._clock).encode())

    def close(self) -> None:
        """Posts what waits, as far as the server takes it at once."""
        self._delivery.close()

    def _post(self, body: bytes) -> None:
        request = urllib.request.Request(  # noqa: S310 (only http and https come here)
            self._url, data=body, headers=self._headers, method="POST"
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S) as answer:
                answer.read()
        except urllib.error.HTTPError as error:
            error.close()
            told = f"status {error.code} {error.reason}"
            if error.code >= 500 or error.code in _TRY_LATER:
                raise UndeliveredError(told) from error
            raise RefusedError(told) from error
        except urllib.error.URLError as error:
            cause = error.reason
            raise UndeliveredError(
                reason_of(cause) if isinstance(cause, BaseException) else str(cause)
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise UndeliveredError(reason_of(error)) from error


def _check_secret(address: Address, authorization: str) -> None:
    if not authorization.isascii() or not authorization.isprintable():
        raise ConfigError(
            f"the secret of {OPTION} cannot be a header", fix="Use printable ASCII characters."
        )
    if not address.encrypted and not address.is_loopback:
        raise ConfigError(
            f"{OPTION} would send its secret unencrypted to {address.host}",
            fix="Use https, or unset the secret.",
        )
