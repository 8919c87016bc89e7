"""ONNX files for ONNX Runtime, by PyTorch's exporter."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.export.lowering import lowered
from datar_edge.export.onnx_graph import tidied
from datar_edge.export.onnx_readback import delegation, tensor_types
from datar_edge.export.patches import patch_as_linear
from datar_edge.export.target import Delegation, TensorTypes
from datar_edge.extras import require
from datar_edge.models import WaveformModel
from datar_edge.native_log import native_log_held
from datar_edge.quantize.onnx import quantized
from datar_edge.quantize.recipe import Recipe
from datar_edge.runtime.card_in_onnx import CARD_KEY
from datar_edge.runtime.onnx import INPUT_NAME

OPSET = 20
"""Version of the ONNX operators: the first with GELU, which ONNX Runtime has a kernel for; it has
LayerNormalization (17) too, and ONNX Runtime 1.17 and newer know all of it."""


class OnnxTarget:
    """Lowers to one ONNX file, its weights inside."""

    suffix = ".onnx"

    def lower(
        self,
        model: WaveformModel,
        window_samples: int,
        *,
        recipe: Recipe,
        calibration: Sequence[NDArray[np.float32]],
    ) -> bytes:
        """See `Target.lower`."""
        onnx = require("onnx", extra="export", purpose="export to ONNX")
        require("onnxscript", extra="export", purpose="export to ONNX")
        sample = (torch.zeros(1, window_samples),)
        with _quiet():
            program = torch.onnx.export(
                lowered(model, (patch_as_linear,)),
                sample,
                dynamo=True,
                opset_version=OPSET,
                input_names=[INPUT_NAME],
                output_names=list(model.model.head_names),
                external_data=False,
                verbose=False,
            )
            if program is None:
                raise RuntimeError("torch.onnx.export gave nothing")
            graph = quantized(tidied(program.model_proto), recipe, calibration)
        onnx.checker.check_model(graph, full_check=True)
        content: bytes = graph.SerializeToString(deterministic=True)
        return content

    def with_card(self, content: bytes, card: ModelCard) -> bytes:
        """See `Target.with_card`."""
        onnx = require("onnx", extra="export", purpose="export to ONNX")
        model = onnx.ModelProto.FromString(content)
        kept = {entry.key: entry.value for entry in model.metadata_props}
        onnx.helper.set_model_props(model, {**kept, CARD_KEY: card.to_json()})
        carrying: bytes = model.SerializeToString(deterministic=True)
        return carrying

    def delegation(self, path: Path) -> Delegation:
        """See `Target.delegation`: ONNX Runtime's CPU provider, which takes every operator.

        There is no delegate on a CPU. What is counted are the nodes that are left after ONNX
        Runtime's own fusions, and which execution provider ran each in one run.
        """
        return delegation(path)

    def tensor_types(self, path: Path) -> TensorTypes:
        """See `Target.tensor_types`."""
        return tensor_types(path)


@contextlib.contextmanager
def _quiet() -> Iterator[Any]:
    """Keeps the exporter's and the quantizer's reports off stdout, stderr and the log."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            native_log_held(),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
