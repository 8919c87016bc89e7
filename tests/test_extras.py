from __future__ import annotations

import sys

import pytest

from datar_edge.errors import MissingExtraError
from datar_edge.extras import require


def test_a_module_that_is_there_is_given() -> None:
    assert require("json.decoder", extra="train", purpose="a test").JSONDecoder


def test_a_missing_package_is_named_with_the_command_that_brings_it() -> None:
    with pytest.raises(MissingExtraError) as raised:
        require("no_such_package.part", extra="export", purpose="export to TFLite")
    assert str(raised.value) == (
        "export to TFLite needs the package 'no_such_package', which is not installed. "
        "Install it with: pip install 'datar-edge[export]'"
    )


def test_the_systems_that_a_package_exists_for_are_told() -> None:
    with pytest.raises(MissingExtraError, match=r"\[export\]' on Linux, there is none for other"):
        require("no_such_package", extra="export", purpose="a test", platforms="Linux")


def test_a_missing_part_of_a_package_is_named_whole() -> None:
    with pytest.raises(MissingExtraError, match=r"needs the package 'json\.no_such_part'"):
        require("json.no_such_part", extra="export", purpose="a test")


def test_a_package_that_is_blocked_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="needs the package 'torch'"):
        require("torch", extra="train", purpose="a test")
