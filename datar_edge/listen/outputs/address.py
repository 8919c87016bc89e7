"""Addresses of other machines, and the secrets that open them."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from datar_edge.errors import ConfigError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Address:
    """Where something is sent.

    Attributes:
        url: as it was given.
        host: name or number of the machine.
        port: None for the usual one of the scheme.
        user: None for nobody.
        path: with its leading slash; empty for none.
        encrypted: whether the scheme is one with TLS.
    """

    url: str
    host: str
    port: int | None
    user: str | None
    path: str
    encrypted: bool

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine, so that nobody else can read what is sent."""
        return self.host in _LOOPBACK


def read_address(url: str, *, option: str, plain: str, encrypted: str) -> Address:
    """Takes a URL apart.

    Args:
        url: such as "mqtt://user@host:1883".
        option: that named it, for errors.
        plain: the scheme without TLS, such as "mqtt".
        encrypted: the scheme with TLS, such as "mqtts".

    Raises:
        ConfigError: it is no such URL, or holds a password.
    """
    form = f"Write {encrypted}://HOST or {plain}://HOST, with :PORT behind it where it is unusual."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{option} {url!r}: {error}", fix=form) from error
    if parts.password is not None:
        raise ConfigError(
            f"{option} holds a password, which everybody on this machine can see",
            fix="Leave it out of the URL; docs/outputs.md says where it goes.",
        )
    if (
        parts.scheme not in (plain, encrypted)
        or not parts.hostname
        or port == 0
        or _has_blanks(parts)
    ):
        raise ConfigError(f"{option} {url!r} is no {plain} URL", fix=form)
    secure = parts.scheme == encrypted
    return Address(url, parts.hostname, port, parts.username, parts.path, secure)


def read_secret(variable: str, file: Path | None = None, *, option: str = "") -> str | None:
    """A secret from a file, or else from the environment; never from an argument.

    Args:
        variable: of the environment.
        file: that holds the secret in its first line.
        option: that named the file, for errors.

    Raises:
        ConfigError: the file cannot be read or is empty.
    """
    if file is None:
        return os.environ.get(variable) or None
    try:
        secret = file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{option} {file} cannot be read", fix="Check the file.") from error
    if not secret:
        raise ConfigError(f"{option} {file} is empty", fix="Write the secret in its first line.")
    return secret


def tls_context(authority: Path | None, *, option: str) -> ssl.SSLContext:
    """Checks certificates against the system's authorities, and one more.

    Args:
        authority: its certificate, PEM.
        option: that named it, for errors.

    Raises:
        ConfigError: the file is no certificate.
    """
    context = ssl.create_default_context()
    if authority is not None:
        try:
            context.load_verify_locations(cafile=authority)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(
                f"{option} {authority} is no certificate that can be read",
                fix="Name the PEM file of the authority.",
            ) from error
    return context


def _has_blanks(parts: SplitResult) -> bool:
    return any(character.isspace() for character in parts.geturl())
