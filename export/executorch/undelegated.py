"""Which operators a delegate left, of which layer and why; noted while lowering."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

from torch import fx
from torch.export import ExportedProgram
from typing_extensions import Self

_PARTITIONER = "executorch.backends.xnnpack.partition"
_NO_KERNEL = "XNNPACK's delegate has no such operator"
_NOT_ASKED = "lowered without a delegate"
_CALLS = ("executorch_call_delegate", "getitem")


class Refusals(logging.Handler):
    """Listens to the partitioner's reasons, which it only logs.

    Attributes:
        reasons: by name of the node.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.reasons: dict[str, str] = {}
        self._logger = logging.getLogger(_PARTITIONER)
        self._level, self._propagate = self._logger.level, self._logger.propagate

    def emit(self, record: logging.LogRecord) -> None:
        """Notes a reason."""
        node, reason = getattr(record.msg, "node", None), getattr(record.msg, "reason", "")
        if node is not None and reason:
            self.reasons[str(node)] = reason

    def __enter__(self) -> Self:
        self._logger.addHandler(self)
        self._logger.setLevel(logging.DEBUG)
        self._logger.propagate = False  # thousands of lines that are nobody's business
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(self._level)
        self._logger.propagate = self._propagate


def undelegated(
    program: ExportedProgram, refusals: Refusals, *, delegate: bool
) -> list[dict[str, Any]]:
    """The operators left in a lowered program, by operator, layer and reason.

    Args:
        program: after partitioning.
        refusals: what the partitioner said.
        delegate: whether there was one.

    Returns:
        Objects with the keys `operator`, `layer`, `count` and `reason`.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    for node in program.graph.nodes:
        name = getattr(node.target, "__name__", "")
        if node.op != "call_function" or name in _CALLS:
            continue
        reason = refusals.reasons.get(node.name, _NO_KERNEL) if delegate else _NOT_ASKED
        counts[operator_name(node), _layer(node), reason] += 1
    return [
        {"operator": operator, "layer": layer, "count": count, "reason": reason}
        for (operator, layer, reason), count in counts.items()
    ]


def operator_name(node: fx.Node) -> str:
    """As the runtime names it, such as `aten::index_select`."""
    schema = getattr(node.target, "_schema", None)
    return str(schema.name) if schema is not None else str(node.target)


def _layer(node: fx.Node) -> str:
    """Module path of the layer that a node comes from."""
    stack = node.meta.get("nn_module_stack") or {}
    paths = [str(path) for path, _ in stack.values()]
    return paths[-1].removeprefix("L['self'].") if paths else ""
