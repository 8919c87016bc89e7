"""What the runtime will do with an ExecuTorch file, read back out of the file."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from datar_edge.errors import ModelFileError
from datar_edge.export.executorch.xnnpack_graph import DelegateContent, read_delegate
from datar_edge.export.target import Delegation, TensorTypes, Undelegated
from datar_edge.runtime.flatbuffer import FlatbufferError, Table
from datar_edge.runtime.pte import LAYERS_METHOD, Pte

_METHOD = "forward"
_LEAST_ELEMENTS = 1_024
_PRODUCTS = ("aten::mm", "aten::bmm", "aten::addmm", "aten::linear", "aten::convolution")
_SCALAR_TYPES = {0: "uint8", 1: "int8", 2: "int16", 3: "int32", 4: "int64", 5: "float16"} | {
    6: "float32",
    7: "float64",
    11: "bool",
    15: "bfloat16",
}
# Numbers of fields, and of the types in unions, of ExecuTorch's schema/program.fbs.
_PLAN_VALUES, _PLAN_CHAINS, _PLAN_OPERATORS, _PLAN_DELEGATES = 2, 5, 6, 7
_CHAIN_INSTRUCTIONS = 2
_KERNEL_CALL, _DELEGATE_CALL = 1, 2
_TENSOR = 5
_IN_SEGMENT = 1


class _Forward:
    """The plan of the model itself."""

    def __init__(self, path: Path) -> None:
        try:
            self.pte = Pte(path.read_bytes())
            plan = self.pte.plan(_METHOD)
            if plan is None:
                raise FlatbufferError(f"it has no method {_METHOD!r}")
            self.values = plan.tables(_PLAN_VALUES)
            self.operators = [operator.text(0) for operator in plan.tables(_PLAN_OPERATORS)]
            self.kernels, self.delegate_calls = _calls(plan)
            self.delegates = [
                read_delegate(segment) for segment in self._segments(plan.tables(_PLAN_DELEGATES))
            ]
        except FlatbufferError as error:
            raise ModelFileError(f"{path} is damaged: {error}", fix="Export it again.") from error

    def _segments(self, delegates: Sequence[Table]) -> Iterator[memoryview]:
        segments = self.pte.segments()
        for delegate in delegates:
            place = delegate.table(1)
            if place is None or place.integer(0, "b") != _IN_SEGMENT:
                raise FlatbufferError("a delegate that is not in a segment")
            yield segments[place.integer(1, "I")]


def delegation(path: Path) -> Delegation:
    """See `datar_edge.export.target.Target.delegation`.

    Operators and delegate calls are counted in the file. Layers and reasons are not in an
    ExecuTorch program; they are what the exporter noted in the file while lowering.
    """
    forward = _Forward(path)
    names = Counter(forward.operators[call.integer(0, "i")] for call in forward.kernels)
    delegated = sum(content.nodes for content in forward.delegates)
    return Delegation(
        ops=delegated + sum(names.values()),
        delegated_ops=delegated,
        delegate_calls=forward.delegate_calls,
        not_delegated=tuple(_explained(names, _noted(forward.pte))),
    )


def tensor_types(path: Path) -> TensorTypes:
    """See `datar_edge.export.target.Target.tensor_types`."""
    forward = _Forward(path)
    weights: Counter[str] = Counter()
    activations: Counter[str] = Counter()
    for kind, elements in _constants(forward):
        if elements >= _LEAST_ELEMENTS:
            weights[kind] += elements
    for content in forward.delegates:
        activations.update(content.activations)
    for call in forward.kernels:
        if forward.operators[call.integer(0, "i")] in _PRODUCTS:
            for index in set(call.integers(1, "i")):
                tensor = _tensor(forward.values[index])
                if tensor is not None and not tensor.integer(5, "I"):
                    activations[_type(tensor)] += 1
    return TensorTypes(weights=dict(weights), activations=dict(activations))


def _constants(forward: _Forward) -> Iterator[tuple[str, int]]:
    """Type and elements of each constant, in delegates and outside of them."""
    contents: list[DelegateContent] = forward.delegates
    for content in contents:
        yield from content.constants
    for tensor in map(_tensor, forward.values):
        # A tensor with data and without a place in memory that is planned is a constant.
        if tensor is not None and tensor.integer(5, "I") and not tensor.field(6):
            yield _type(tensor), math.prod(tensor.integers(2, "i"))


def _tensor(value: Table) -> Table | None:
    kind, tensor = value.union(0)
    return tensor if kind == _TENSOR else None


def _calls(plan: Table) -> tuple[list[Table], int]:
    """The calls of kernels, and how many of delegates there are."""
    kernels, delegate_calls = [], 0
    for chain in plan.tables(_PLAN_CHAINS):
        for instruction in chain.tables(_CHAIN_INSTRUCTIONS):
            kind, call = instruction.union(0)
            if kind == _KERNEL_CALL and call is not None:
                kernels.append(call)
            delegate_calls += kind == _DELEGATE_CALL
    return kernels, delegate_calls


def _noted(pte: Pte) -> list[dict[str, Any]]:
    """What the exporter noted of operators that no delegate takes."""
    text = pte.text(LAYERS_METHOD)
    notes: list[dict[str, Any]] = json.loads(text.value) if text is not None and text.value else []
    return notes


def _explained(names: Counter[str], notes: Sequence[dict[str, Any]]) -> Iterator[Undelegated]:
    """The operators of the file with layer and reason, as far as the notes account for them."""
    left = Counter(names)
    for note in notes:
        count = min(int(note["count"]), left[note["operator"]])
        if count:
            left[note["operator"]] -= count
            yield Undelegated(
                operator=note["operator"], layer=note["layer"], count=count, reason=note["reason"]
            )
    for operator, count in left.items():
        if count:
            yield Undelegated(operator=operator, layer="", count=count, reason="")


def _type(tensor: Table) -> str:
    return _SCALAR_TYPES.get(tensor.integer(0, "b"), "unknown")
