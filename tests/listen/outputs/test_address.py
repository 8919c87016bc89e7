from __future__ import annotations

from pathlib import Path

import pytest

from datar_edge.errors import ConfigError
from datar_edge.listen.outputs.address import Address, read_address, read_secret, tls_context


def read(url: str) -> Address:
    return read_address(url, option="--mqtt", plain="mqtt", encrypted="mqtts")


def test_parts_of_an_address() -> None:
    assert read("mqtt://attic") == Address("mqtt://attic", "attic", None, None, "", False)
    secure = read("mqtts://ear@[::1]:8884/topic")
    assert (secure.host, secure.port, secure.user, secure.path) == ("::1", 8884, "ear", "/topic")
    assert secure.encrypted
    assert secure.is_loopback
    assert not read("mqtt://attic").is_loopback


@pytest.mark.parametrize(
    "url",
    [
        "",
        "attic",
        "attic:1883",
        "mqtt://",
        "http://attic",
        "file:///etc/passwd",
        "mqtt://attic:99999",
        "mqtt://attic:port",
        "mqtt://attic:0",
        "mqtt://at tic",
        "mqtt://[::1",
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ConfigError, match="--mqtt"):
        read(url)


@pytest.mark.parametrize("url", ["mqtt://ear:sesame@attic", "http://ear:sesame@attic"])
def test_a_password_in_an_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="holds a password") as caught:
        read(url)
    assert "sesame" not in str(caught.value)


def test_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EAR_SECRET", raising=False)
    assert read_secret("EAR_SECRET") is None
    monkeypatch.setenv("EAR_SECRET", "")
    assert read_secret("EAR_SECRET") is None
    monkeypatch.setenv("EAR_SECRET", "from outside")
    assert read_secret("EAR_SECRET") == "from outside"
    file = tmp_path / "secret"
    file.write_text("from a file\nand more\n")
    assert read_secret("EAR_SECRET", file) == "from a file"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_secret_files_that_hold_none(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match="--password-file"):
        read_secret("EAR_SECRET", file, option="--password-file")


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_an_authority_that_is_none(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match="--ca-file"):
        tls_context(file, option="--ca-file")


def test_an_authority_beside_those_of_the_system(certificate: tuple[Path, Path]) -> None:
    alone = tls_context(None, option="--ca-file").cert_store_stats()["x509_ca"]
    both = tls_context(certificate[0], option="--ca-file").cert_store_stats()["x509_ca"]
    assert both == alone + 1
