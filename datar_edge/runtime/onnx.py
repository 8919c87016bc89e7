"""ONNX files, run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.closing import Closing
from datar_edge.errors import CardError, ModelFileError, RuntimeFailureError
from datar_edge.extras import require
from datar_edge.native_log import native_log_held
from datar_edge.runtime.card_in_onnx import read_card
from datar_edge.runtime.session import check_waveform

INPUT_NAME = "waveform"
PROVIDERS = ("CPUExecutionProvider",)
_FATAL = 4  # severity of ONNX Runtime's log; errors reach us as exceptions


class OnnxSession(Closing):
    """An ONNX model with its card, checked against each other.

    Args:
        path: the file.
        threads: that one operator may use; operators run one after the other.

    Raises:
        CardError: the card is missing, malformed or contradicts the model.
        ModelFileError: the file is damaged, or takes features instead of a waveform.
        MissingExtraError: ONNX Runtime is not installed.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        self.card: ModelCard = read_card(path)
        if self.card.input_kind != "waveform":
            raise ModelFileError(
                f"{path} takes {self.card.input_kind}", fix="Export it with the front-end inside."
            )
        self._session = _load(path, threads)
        _check_input(path, self._session.get_inputs(), self.card)
        _check_outputs(path, self._session.get_outputs(), self.card)
        self._outputs = [output.name for output in self._session.get_outputs()]

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """See `Session.run`."""
        check_waveform(waveform, self.card)
        if self._session is None:
            raise RuntimeFailureError("the session is closed", fix="Open the model again.")
        try:
            scores = self._session.run(self._outputs, {INPUT_NAME: waveform})
        except Exception as error:  # its exceptions share no base of their own
            raise RuntimeFailureError(f"ONNX Runtime failed to run the model: {error}") from error
        return {head: values[0] for head, values in zip(self.card.heads, scores, strict=True)}

    def close(self) -> None:
        """See `Session.close`."""
        self._session = None


def runtime() -> Any:
    """The package onnxruntime.

    Raises:
        MissingExtraError: it is not installed.
    """
    with native_log_held():  # it looks for graphics cards and tells what it does not find
        return require("onnxruntime", extra="onnx", purpose="running an ONNX file")


def _load(path: Path, threads: int) -> Any:
    onnxruntime = runtime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    try:
        with native_log_held():
            # Its fallback tries the same provider again, and prints on stdout that it does.
            return onnxruntime.InferenceSession(
                str(path), options, providers=list(PROVIDERS), enable_fallback=0
            )
    except Exception as error:  # its exceptions share no base of their own
        raise ModelFileError(
            f"{path} cannot be loaded by ONNX Runtime: {error}", fix="Export or copy it again."
        ) from error


def _check_input(path: Path, inputs: Sequence[Any], card: ModelCard) -> None:
    expected = [1, card.window_samples]
    shapes = [tensor.shape for tensor in inputs]
    if shapes != [expected]:
        raise CardError(f"{path} takes inputs of shape {shapes}, its card says {expected}")
    if inputs[0].name != INPUT_NAME:
        raise CardError(f"{path} takes {inputs[0].name!r}, not {INPUT_NAME!r}")
    _check_float(path, inputs[0])


def _check_outputs(path: Path, outputs: Sequence[Any], card: ModelCard) -> None:
    shapes = [tensor.shape for tensor in outputs]
    expected = [[1, len(labels)] for labels in card.heads.values()]
    if shapes != expected:
        raise CardError(f"{path} gives scores of shape {shapes}, its card says {expected}")
    for tensor in outputs:
        _check_float(path, tensor)


def _check_float(path: Path, tensor: Any) -> None:
    if tensor.type != "tensor(float)":
        raise ModelFileError(
            f"{path} has {tensor.name!r} of type {tensor.type} at its edge; datar-edge speaks "
            "float32",
            fix="Export it again with datar-edge export.",
        )
