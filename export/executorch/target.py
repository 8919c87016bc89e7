"""ExecuTorch files, by torch.export and XNNPACK's partitioner."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.export import ExportedProgram

from datar_edge.card import ModelCard
from datar_edge.export.executorch.half import HalfNetwork, halve_scalars, replace_gelu
from datar_edge.export.executorch.passes import captured, exported, view_pass
from datar_edge.export.executorch.readback import delegation, tensor_types
from datar_edge.export.executorch.rewrites import REWRITES, keep_buffers
from datar_edge.export.executorch.texts import with_text
from datar_edge.export.executorch.undelegated import Refusals, undelegated
from datar_edge.export.lowering import lowered
from datar_edge.export.target import Delegation, TensorTypes
from datar_edge.extras import require
from datar_edge.models import WaveformModel
from datar_edge.quantize.quiet import quiet
from datar_edge.quantize.recipe import Recipe, Stage
from datar_edge.runtime.pte import CARD_METHOD, LAYERS_METHOD

_log = logging.getLogger(__name__)
_PURPOSE = "export to ExecuTorch"


class ExecuTorchTarget:
    """Lowers to an ExecuTorch program, by default for XNNPACK.

    If XNNPACK's backend fails on the graph, it is lowered without, and a warning says so.

    Args:
        delegate: whether XNNPACK takes what it can; otherwise all of it runs in ExecuTorch's
            portable kernels, which are slow and everywhere.
    """

    suffix = ".pte"

    def __init__(self, *, delegate: bool = True) -> None:
        self._delegate = delegate

    def lower(
        self,
        model: WaveformModel,
        window_samples: int,
        *,
        recipe: Recipe,
        calibration: Sequence[NDArray[np.float32]],
    ) -> bytes:
        """See `Target.lower`."""
        with quiet(), torch.no_grad():
            require("executorch.exir", extra="export", purpose=_PURPOSE)
            rewritten = lowered(model, REWRITES if self._delegate else ())
            keep_buffers(rewritten)
            in_half = recipe.weights == "float16"
            module = HalfNetwork(rewritten) if in_half else rewritten
            graph = captured(module, window_samples)
            if in_half:
                replace_gelu(graph)
                halve_scalars(graph)
            if Stage.QUANTIZE_PROGRAM in recipe.stages:
                pt2e = require(
                    "datar_edge.quantize.pt2e", extra="export", purpose="quantizing for ExecuTorch"
                )
                graph = pt2e.quantized(graph, recipe, calibration)
            return self._lowered(exported(graph, window_samples))

    def _lowered(self, program: ExportedProgram) -> bytes:
        if self._delegate:
            try:
                return _emitted(program, delegate=True)
            except Exception as error:  # noqa: BLE001 - whatever a backend raises
                _log.warning("XNNPACK failed on the graph, so no delegate takes it: %s", error)
        return _emitted(program, delegate=False)

    def with_card(self, content: bytes, card: ModelCard) -> bytes:
        """See `Target.with_card`."""
        return with_text(content, CARD_METHOD, card.to_json())

    def delegation(self, path: Path) -> Delegation:
        """See `Target.delegation`."""
        return delegation(path)

    def tensor_types(self, path: Path) -> TensorTypes:
        """See `Target.tensor_types`."""
        return tensor_types(path)


class PortableExecuTorchTarget(ExecuTorchTarget):
    """Lowers to an ExecuTorch program without delegates, for any runtime there is."""

    def __init__(self) -> None:
        super().__init__(delegate=False)


def _emitted(program: ExportedProgram, *, delegate: bool) -> bytes:
    """The program as a file, with a place for the card."""
    exir = require("executorch.exir", extra="export", purpose=_PURPOSE)
    xnnpack = require(
        "executorch.backends.xnnpack.partition.xnnpack_partitioner",
        extra="export",
        purpose=_PURPOSE,
    )
    with Refusals() as refusals:
        edge = exir.to_edge_transform_and_lower(
            program,
            transform_passes=[view_pass()],
            partitioner=[xnnpack.XnnpackPartitioner()] if delegate else None,
            constant_methods={CARD_METHOD: "", LAYERS_METHOD: ""},
        )
    layers = undelegated(edge.exported_program(), refusals, delegate=delegate)
    return with_text(edge.to_executorch().buffer, LAYERS_METHOD, json.dumps(layers))
