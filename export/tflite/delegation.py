"""What XNNPACK takes of a TFLite file, and why it leaves the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from datar_edge.export.target import Delegation, Undelegated
from datar_edge.export.tflite.layers import layer_of
from datar_edge.extras import require
from datar_edge.native_log import native_log_held

_MAX_RANK = 6
_NOT_SUPPORTED = (
    "BROADCAST_TO CAST CEIL COS CUMSUM EMBEDDING_LOOKUP EQUAL EXPM1 FLOOR_DIV FLOOR_MOD GATHER "
    "GATHER_ND GREATER GREATER_EQUAL L2_NORMALIZATION LESS LESS_EQUAL LOGICAL_AND LOGICAL_NOT "
    "LOGICAL_OR NOT_EQUAL ONE_HOT PACK RANGE REDUCE_ALL RELU_0_TO_1 REVERSE_V2 SCATTER_ND SELECT "
    "SELECT_V2 SIN SPACE_TO_DEPTH STABLEHLO_COMPOSITE TILE TOPK_V2 UNPACK"
)
"""Operators that XNNPACK's delegate was seen to leave, in any type and shape."""
_FLOAT_ONLY = ("BATCH_MATMUL", "GELU", "RSQRT", "SOFTMAX", "SQUARED_DIFFERENCE", "SQRT")
"""Operators that it takes in float32 only."""
_WITH_WEIGHTS = ("FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV")


def delegation(path: Path) -> Delegation:
    """See `datar_edge.export.target.Target.delegation`: from the interpreter's plan.

    The reasons are rules of what XNNPACK is known to leave; "unknown" where none applies.

    Args:
        path: a TFLite file.
    """
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
    tensors = {tensor["index"]: tensor for tensor in delegating.get_tensor_details()}
    computed = {int(index) for op in own for index in op["outputs"]}
    remaining = Counter(
        (op["op_name"], *_layer_and_reason(op, tensors, computed))
        for op in own
        if op["index"] not in taken
    )
    return Delegation(
        ops=len(own),
        delegated_ops=len(taken),
        delegate_calls=len(calls),
        not_delegated=tuple(
            Undelegated(operator=name, layer=layer, count=count, reason=reason)
            for (name, layer, reason), count in remaining.items()
        ),
    )


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


def _layer_and_reason(
    op: Mapping[str, Any], tensors: Mapping[int, Mapping[str, Any]], computed: set[int]
) -> tuple[str, str]:
    inputs = [tensors[int(index)] for index in op["inputs"] if int(index) in tensors]
    outputs = [tensors[int(index)] for index in op["outputs"] if int(index) in tensors]
    layers = [layer_of(tensor["name"]) for tensor in (*outputs, *inputs)]
    return next(filter(None, layers), ""), _reason(op["op_name"], inputs, outputs, computed)


def _reason(
    name: str,
    inputs: list[Mapping[str, Any]],
    outputs: list[Mapping[str, Any]],
    computed: set[int],
) -> str:
    """Why XNNPACK leaves an operator, the rule that decides most first."""
    tensors = (*inputs, *outputs)
    kinds = [_kind(tensor) for tensor in (*inputs[:1], *outputs[:1])]
    mixed = kinds == ["float32", "float32"] and "int8" in map(_kind, inputs)
    others = sorted(set(kinds) - {"float32", "float16", "int8", "uint8"})
    rules = (
        (name in _NOT_SUPPORTED.split(), "XNNPACK has no such operator"),
        (
            any(-1 in tensor["shape_signature"] for tensor in tensors),
            "a shape is known only when it runs",
        ),
        (
            name in _FLOAT_ONLY and "int8" in kinds,
            "XNNPACK takes it in float32 only, here it is int8",
        ),
        (
            name == "DEPTHWISE_CONV_2D" and mixed,
            "XNNPACK has no depth-wise convolution of float32 with int8 weights",
        ),
        (
            name in _WITH_WEIGHTS and any(each["index"] in computed for each in inputs[1:]),
            "its weights are computed when it runs, XNNPACK wants constants",
        ),
        (bool(others), f"XNNPACK does not compute in {' and '.join(others)}"),
        (
            any(len(tensor["shape"]) > _MAX_RANK for tensor in tensors),
            f"more than {_MAX_RANK} dimensions",
        ),
    )
    return next((reason for applies, reason in rules if applies), "unknown")


def _kind(tensor: Mapping[str, Any]) -> str:
    return str(np.dtype(tensor["dtype"]).name)
