"""What an ONNX file holds and what ONNX Runtime makes of it, read back out of the file."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datar_edge.export.target import Delegation, TensorTypes, Undelegated
from datar_edge.extras import require
from datar_edge.native_log import native_log_held
from datar_edge.quantize.onnx_layers import layer_of
from datar_edge.runtime.onnx import PROVIDERS, runtime

_LEAST_ELEMENTS = 1_024
_ERRORS = 3  # severity of ONNX Runtime's log

_RAN = "_kernel_time"  # how ONNX Runtime's profile marks a run of a node

_MULTIPLIED: Mapping[str, tuple[int, ...]] = {
    "MatMul": (0, 1),
    "FusedMatMul": (0, 1),
    "Gemm": (0, 1),
    "FusedGemm": (0, 1),
    "Conv": (0, 1),
    "FusedConv": (0, 1),
    "MatMulInteger": (0, 1),
    "ConvInteger": (0, 1),
    "MatMulIntegerToFloat": (0, 1),
    "DynamicQuantizeMatMul": (0, 1),
    "QLinearMatMul": (0, 3),
    "QLinearConv": (0, 3),
    "QGemm": (0, 3),
}
"""Matrix products and convolutions, and which of their inputs are multiplied."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A node as ONNX Runtime ran it.

    Attributes:
        name: `layer/Operator`, where it came from.
        operator: what it is now.
        provider: the execution provider that ran it.
        inputs: names of its inputs that are not constant; "" in a constant's place.
        outputs: names of its outputs.
        output_types: their types.
    """

    name: str
    operator: str
    provider: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    output_types: tuple[str, ...]


def tensor_types(path: Path) -> TensorTypes:
    """See `datar_edge.export.target.Target.tensor_types`.

    Weights are those of the file as it lies on disk. Products are those that ONNX Runtime ran after
    its own rewriting: a graph with QuantizeLinear and DequantizeLinear says only what its author
    wished, and a product that is not recognised between them is computed in float32. 8-bit
    integers with and without a sign count as int8.
    """
    onnx = require("onnx", extra="export", purpose="inspecting an ONNX file")
    weights: Counter[str] = Counter()
    for tensor in onnx.load(str(path)).graph.initializer:
        elements = int(np.prod(tensor.dims))
        if elements >= _LEAST_ELEMENTS:
            weights[_type_name(onnx.TensorProto.DataType.Name(tensor.data_type))] += elements
    return TensorTypes(weights=dict(weights), activations=_product_types(_ran(path)))


def delegation(path: Path) -> Delegation:
    """See `datar_edge.export.target.Target.delegation`: read from the profile of one run."""
    nodes = _ran(path)
    taken = [node.provider in PROVIDERS for node in nodes]
    left = Counter(
        (node.operator, layer_of(node.name), node.provider)
        for node, ours in zip(nodes, taken, strict=True)
        if not ours
    )
    return Delegation(
        ops=len(nodes),
        delegated_ops=sum(taken),
        delegate_calls=sum(
            ours and not before for before, ours in zip([False, *taken], taken, strict=False)
        ),
        not_delegated=tuple(
            Undelegated(operator=operator, layer=layer, count=count, reason=f"run by {provider}")
            for (operator, layer, provider), count in left.items()
        ),
    )


def _product_types(nodes: Sequence[_Node]) -> dict[str, int]:
    types = {
        name: kind
        for node in nodes
        for name, kind in zip(node.outputs, node.output_types, strict=False)
    }
    found: Counter[str] = Counter()
    for node in nodes:
        if node.operator not in _MULTIPLIED:
            continue
        multiplied = [node.inputs[index] for index in _MULTIPLIED[node.operator]]
        # What is no node's output is the waveform.
        kinds = [types.get(name, "float32") for name in multiplied if name]
        if node.operator == "DynamicQuantizeMatMul":
            kinds[0] = "int8"  # it quantizes its input itself, which the graph shows as a float
        found.update(kinds)
        found.update(node.output_types)
    return dict(found)


def _type_name(name: str) -> str:
    """The name in numpy of a type that ONNX or ONNX Runtime names."""
    lower = name.lower()
    return {"float": "float32", "double": "float64", "uint8": "int8"}.get(lower, lower)


def _ran(path: Path) -> list[_Node]:
    """The nodes that ONNX Runtime is left with, as they ran in one run on silence."""
    onnx = require("onnx", extra="export", purpose="inspecting an ONNX file")
    with tempfile.TemporaryDirectory() as folder:
        optimised = Path(folder) / "optimised.onnx"
        options = _options()
        options.optimized_model_filepath = str(optimised)
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = _session(path, options)
        zeros = {each.name: np.zeros(each.shape, np.float32) for each in session.get_inputs()}
        session.run(None, zeros)
        events = json.loads(Path(session.end_profiling()).read_text())
        graph = onnx.load(str(optimised)).graph
    constant = {tensor.name for tensor in graph.initializer}
    nodes = {node.name: node for node in graph.node}
    ran = []
    for event in events:
        if event.get("cat") != "Node" or not event["name"].endswith(_RAN):
            continue
        node = nodes[event["name"].removesuffix(_RAN)]
        told = event["args"]
        ran.append(
            _Node(
                name=node.name,
                operator=node.op_type,
                provider=told["provider"],
                inputs=tuple("" if name in constant else name for name in node.input),
                outputs=tuple(name for name in node.output if name),
                output_types=tuple(
                    _type_name(next(iter(each))) for each in told["output_type_shape"]
                ),
            )
        )
    return ran


def _options() -> Any:
    options = runtime().SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = _ERRORS
    return options


def _session(path: Path, options: Any) -> Any:
    with native_log_held():
        return runtime().InferenceSession(str(path), options, providers=list(PROVIDERS))
