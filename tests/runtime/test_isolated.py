from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from datar_edge.errors import (
    AudioError,
    CardError,
    LabelError,
    ModelFileError,
    RuntimeFailureError,
)
from datar_edge.runtime import open_session
from datar_edge.runtime.child import Child, answering
from datar_edge.runtime.isolated import IsolatedSession

SEGFAULT = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
ANSWERING = "from datar_edge.runtime.child import answering\nfrom datar_edge.errors import *\n"


def noise() -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.5, (1, 40_960)).astype(np.float32)


def test_scores_are_the_same_in_another_process(sealed_file: Path) -> None:
    with (
        open_session(sealed_file) as here,
        open_session(sealed_file, isolated=True) as there,
    ):
        assert there.card == here.card
        for window in (noise(), noise() / 10, noise()):
            expected, scores = here.run(window), there.run(window)
            assert list(scores) == list(expected)
            for head, values in scores.items():
                assert values.dtype == np.float32
                np.testing.assert_array_equal(values, expected[head])


def test_a_closed_session_and_a_wrong_waveform_are_told(bare_file: Path) -> None:
    session = IsolatedSession(bare_file)
    with pytest.raises(AudioError, match=r"takes float32 \[1, 40960\]"):
        session.run(np.zeros((1, 3), np.float32))
    session.close()
    session.close()
    with pytest.raises(RuntimeFailureError, match="the session is closed"):
        session.run(noise())


def test_a_process_that_dies_between_windows_is_told(bare_file: Path) -> None:
    with IsolatedSession(bare_file) as session:
        session.run(noise())
        assert session._child is not None
        session._child._process.kill()
        for _ in range(2):
            with pytest.raises(RuntimeFailureError, match=r"running .*crashed \(SIGKILL\)"):
                session.run(noise())


def test_what_the_runtime_says_comes_through(bare_file: Path, tmp_path: Path) -> None:
    content = bare_file.read_bytes()
    path = tmp_path / "damaged.tflite"
    path.write_bytes(content[:8] + bytes(192) + content[200:])
    with pytest.raises(ModelFileError, match=r"damaged\.tflite"):
        IsolatedSession(path)
    path.write_bytes(content[:-2_000])
    with pytest.raises(CardError, match="cut off"):
        IsolatedSession(path)


@pytest.mark.parametrize(
    ("program", "timeout_s", "told"),
    [
        (SEGFAULT, 60.0, r"crashed \(SIGSEGV\)"),
        ("import sys; sys.exit(3)", 60.0, "ended with status 3"),
        ("import time; time.sleep(600)", 0.2, r"took longer than 0\.2 s"),
    ],
)
def test_a_child_that_dies_or_hangs_is_told(program: str, timeout_s: float, told: str) -> None:
    with (
        Child([sys.executable, "-c", program]) as child,
        pytest.raises(ModelFileError, match=f"loading a.tflite.*{told}.*Copy it"),
    ):
        child.ask(
            b"",
            subject="loading a.tflite",
            timeout_s=timeout_s,
            lost=ModelFileError,
            fix="Copy it.",
        )


def test_errors_keep_their_class(tmp_path: Path) -> None:
    program = ANSWERING + (
        "def fail():\n    raise LabelError('Dog barks', ['Dog bark'])\n"
        "with answering() as answer:\n    print('noise of native code', flush=True)\n"
        "    answer(fail)\n    answer(dict)"
    )
    with Child([sys.executable, "-c", program]) as child:
        with pytest.raises(LabelError, match="Did you mean Dog bark"):
            child.ask(b"", subject="", timeout_s=60.0)
        assert child.ask(b"", subject="", timeout_s=60.0) == {}


def test_the_childs_end_leaves_standard_output_to_answers(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert callable(answering)
    program = ANSWERING + "with answering() as answer:\n    print('x', flush=True)\n"
    with Child([sys.executable, "-c", program]) as child, pytest.raises(RuntimeFailureError):
        child.ask(b"", subject="", timeout_s=60.0)
    assert capfd.readouterr() == ("", "")
