"""TFLite files by litert-torch."""

from __future__ import annotations

import contextlib
import io
import tempfile
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.export.target import Delegation, TensorTypes, Undelegated
from datar_edge.export.tflite_metadata import with_metadata
from datar_edge.export.tflite_types import tensor_types
from datar_edge.extras import require
from datar_edge.models import WaveformModel
from datar_edge.native_log import native_log_held
from datar_edge.quantize.recipe import Recipe


class TfliteTarget:
    """Lowers to a flatbuffer for LiteRT, TensorFlow Lite and MediaPipe."""

    suffix = ".tflite"

    def lower(
        self,
        model: WaveformModel,
        window_samples: int,
        *,
        recipe: Recipe,
        calibration: Sequence[NDArray[np.float32]],
    ) -> bytes:
        """See `Target.lower`."""
        sample = (torch.zeros(1, window_samples),)
        # litert-torch reports its steps on stdout, which is for results here, and MLIR on stderr.
        chatter = contextlib.redirect_stdout(io.StringIO())
        with chatter, native_log_held(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            litert_torch = require("litert_torch", extra="export", purpose="export to TFLite")
            converted = litert_torch.convert(model, sample)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.tflite"
                converted.export(str(path))
                return path.read_bytes()

    def with_card(self, content: bytes, card: ModelCard) -> bytes:
        """See `Target.with_card`."""
        return with_metadata(content, card)

    def delegation(self, path: Path) -> Delegation:
        """See `Target.delegation`: from the interpreter's plan with XNNPACK."""
        interpreter = require(
            "ai_edge_litert.interpreter", extra="export", purpose="inspecting a TFLite file"
        )
        with native_log_held():
            delegating = interpreter.Interpreter(str(path), num_threads=1)
            delegating.allocate_tensors()
        operators = delegating._get_ops_details()
        calls = [op for op in operators if op["op_name"] == "DELEGATE"]
        own = [op for op in operators if op["op_name"] != "DELEGATE"]
        taken = _replaced(own, calls)
        remaining = Counter(op["op_name"] for op in own if op["index"] not in taken)
        return Delegation(
            ops=len(own),
            delegated_ops=len(taken),
            delegate_calls=len(calls),
            not_delegated=tuple(
                Undelegated(operator=name, layer="", count=count, reason="")
                for name, count in remaining.items()
            ),
        )

    def tensor_types(self, path: Path) -> TensorTypes:
        """See `Target.tensor_types`."""
        return tensor_types(path)


def _replaced(own: list[dict[str, Any]], calls: list[dict[str, Any]]) -> set[int]:
    """Indices of the operators that delegate calls stand for.

    The interpreter lists both, but not which replaces which: they are those between a call's
    outputs and its inputs.
    """
    producers = {int(tensor): op for op in own for tensor in op["outputs"]}
    taken: set[int] = set()
    for call in calls:
        inputs = {int(tensor) for tensor in call["inputs"]}
        pending = [int(tensor) for tensor in call["outputs"]]
        while pending:
            tensor = pending.pop()
            op = producers.get(tensor)
            if tensor in inputs or op is None or op["index"] in taken:
                continue
            taken.add(op["index"])
            pending += [int(source) for source in op["inputs"]]
    return taken
