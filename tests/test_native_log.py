from __future__ import annotations

import os

import pytest

from datar_edge.native_log import native_log_held


def test_what_c_writes_is_dropped_and_the_rest_is_not(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(2, b"before ")
    with native_log_held():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
        os.write(1, b"output")
    os.write(2, b"after")
    assert capfd.readouterr() == ("output", "before after")


def test_errors_come_through(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="broken"), native_log_held():
        raise ValueError("broken")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"
