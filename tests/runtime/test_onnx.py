"""ONNX files at work: the card is read without a runtime, broken files give one line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datar_edge.card import ModelCard
from datar_edge.errors import (
    AudioError,
    CardError,
    DatarEdgeError,
    MissingExtraError,
    ModelFileError,
    RuntimeFailureError,
)
from datar_edge.runtime import read_model_card
from datar_edge.runtime.card_in_onnx import CARD_KEY, read_card
from datar_edge.runtime.onnx import OnnxSession

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

HEADS = ("b", "a", "waveforms")


@pytest.fixture
def card(toy_session: Any) -> ModelCard:
    return ModelCard(
        preset="toy",
        heads=dict.fromkeys(HEADS, ("mean", "largest")),
        fbank=toy_session.card.fbank,
    )


@pytest.fixture
def make_model(tmp_path: Path, card: ModelCard) -> Callable[..., Path]:
    """A file whose head h gives h + [mean, largest] of the waveform."""

    def make(
        *, text: str | None = None, kind: int = onnx.TensorProto.FLOAT, name: str = "waveform"
    ) -> Path:
        helper = onnx.helper
        size = [1, card.window_samples]
        nodes = [
            helper.make_node("ReduceMean", [name, "axes"], ["mean"]),
            helper.make_node("ReduceMax", [name, "axes"], ["largest"]),
            helper.make_node("Concat", ["mean", "largest"], ["both"], axis=1),
        ]
        constants = [helper.make_tensor("axes", onnx.TensorProto.INT64, [1], [1])]
        for index, head in enumerate(HEADS):
            constants.append(helper.make_tensor(f"add{index}", kind, [1, 1], [index]))
            nodes.append(helper.make_node("Add", ["both", f"add{index}"], [head]))
        graph = helper.make_graph(
            nodes,
            "toy",
            [helper.make_tensor_value_info(name, kind, size)],
            [helper.make_tensor_value_info(head, kind, [1, 2]) for head in HEADS],
            constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
        if text != "":
            helper.set_model_props(model, {"other": "x" * 300, CARD_KEY: text or card.to_json()})
        path = tmp_path / "model.onnx"
        onnx.save(model, str(path))
        return path

    return make


def test_heads_are_those_of_the_model_in_its_order(make_model: Callable[..., Path]) -> None:
    with OnnxSession(make_model(), threads=2) as session:
        waveform = np.full((1, session.card.window_samples), 0.25, np.float32)
        waveform[0, 0] = 0.5
        scores = session.run(waveform)
    assert list(scores) == list(HEADS)
    for index, head in enumerate(HEADS):
        np.testing.assert_allclose(scores[head], [0.2503 + index, 0.5 + index], atol=1e-4)


def test_the_card_is_read_without_onnx_runtime(
    make_model: Callable[..., Path], card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_model()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert read_card(path) == card == read_model_card(path)


def test_a_missing_runtime_is_named(
    make_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_model()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'datar-edge\[onnx\]'"):
        OnnxSession(path)


def test_what_is_not_one_window_is_refused(make_model: Callable[..., Path]) -> None:
    with OnnxSession(make_model()) as session:
        for shape in [(800,), (1, 799), (2, 800)]:
            with pytest.raises(AudioError, match=r"takes float32 \[1, 800\]"):
                session.run(np.zeros(shape, np.float32))
        with pytest.raises(AudioError, match="the waveform is float64"):
            session.run(np.zeros((1, 800)))  # type: ignore[arg-type]


def test_a_closed_session_says_so(make_model: Callable[..., Path]) -> None:
    session = OnnxSession(make_model())
    session.close()
    session.close()
    with pytest.raises(RuntimeFailureError, match="the session is closed"):
        session.run(np.zeros((1, 800), np.float32))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x08\x07\x12\x07pyto", "is damaged or cut off"),
        (b"\x08\x07\x12\x07pytorch", "has no datar-edge card"),
        (b"", "has no datar-edge card"),
        (b"junk" * 100, "is damaged or cut off"),
        (b"\xff" * 100, "is damaged or cut off"),
        (b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "is damaged or cut off"),
    ],
)
def test_what_is_no_onnx_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    for opening in (OnnxSession, read_model_card):
        with pytest.raises((ModelFileError, CardError), match=message) as raised:
            opening(path)
        assert str(path) in raised.value.problem
        assert raised.value.fix


def test_a_model_of_another_program_is_refused(make_model: Callable[..., Path]) -> None:
    with pytest.raises(CardError, match="has no datar-edge card"):
        OnnxSession(make_model(text=""))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_a_model_that_was_cut_off_is_refused(make_model: Callable[..., Path], share: float) -> None:
    path = make_model()
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises((ModelFileError, CardError), match="cut off"):
        OnnxSession(path)


def test_any_flipped_byte_gives_an_error_of_ours_or_a_session(
    make_model: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    path = make_model()
    content = path.read_bytes()
    messages = []
    for place in np.random.default_rng(7).integers(0, len(content), 300):
        changed = bytearray(content)
        changed[place] ^= 0xFF
        path.write_bytes(changed)
        try:
            OnnxSession(path).close()
        except DatarEdgeError as error:
            messages.append(str(error))
    assert len(messages) > 100  # most of so small a file is the card, which is checked
    assert not any("\n" in message for message in messages)
    assert capfd.readouterr() == ("", "")


def test_a_damaged_graph_is_refused(make_model: Callable[..., Path]) -> None:
    path = make_model()
    content = path.read_bytes()
    assert content.count(b"Concat") == 1
    path.write_bytes(content.replace(b"Concat", b"Conkat"))
    with pytest.raises(ModelFileError, match="cannot be loaded by ONNX Runtime") as raised:
        OnnxSession(path)
    assert "\n" not in str(raised.value)


def test_other_types_and_names_are_refused(make_model: Callable[..., Path]) -> None:
    with pytest.raises(ModelFileError, match="datar-edge speaks float32"):
        OnnxSession(make_model(kind=onnx.TensorProto.DOUBLE))
    with pytest.raises(CardError, match="takes 'sound', not 'waveform'"):
        OnnxSession(make_model(name="sound"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"largest"', '"largest", "more"', r"gives scores of shape .*, its card says \[\[1, 3\]"),
        ('"window_s": 0.1', '"window_s": 0.05', r"takes inputs of shape .*card says \[1, 400\]"),
        ('"input_kind": "waveform"', '"input_kind": "features"', "takes features"),
        ('"card_version": 1', '"card_version": 2', "has version 2"),
    ],
)
def test_a_card_that_contradicts_the_model_is_refused(
    make_model: Callable[..., Path], card: ModelCard, old: str, new: str, message: str
) -> None:
    text = card.to_json().replace(old, new)
    assert text != card.to_json()
    with pytest.raises((CardError, ModelFileError), match=message):
        OnnxSession(make_model(text=text))
