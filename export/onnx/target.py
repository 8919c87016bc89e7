"""ONNX files for ONNX Runtime, by PyTorch's exporter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.export.lowering import lowered
from datar_edge.export.onnx.graph import tidied
from datar_edge.export.onnx.readback import delegation, tensor_types
from datar_edge.export.patches import patch_as_linear
from datar_edge.export.shares import heads_in_shares
from datar_edge.export.target import Delegation, TensorTypes
from datar_edge.extras import require
from datar_edge.models import WaveformModel
from datar_edge.quantize.onnx import quantized
from datar_edge.quantize.quiet import log_held, quiet
from datar_edge.quantize.recipe import Recipe
from datar_edge.runtime.card_in_onnx import CARD_KEY
from datar_edge.runtime.onnx import INPUT_NAME

OPSET = 20
"""Version of the ONNX operators: the first with GELU, which ONNX Runtime has a kernel for; it has
LayerNormalization (17) too, and ONNX Runtime 1.17 and newer know all of it."""

_LOGIT_BYTES = 1 << 20


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
        with log_held(), quiet():
            program = torch.onnx.export(
                lowered(model, (patch_as_linear, heads_in_shares(_LOGIT_BYTES))),
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
