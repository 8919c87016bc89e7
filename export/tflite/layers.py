"""Which layer of the model an operator of a TFLite file comes from, by the names of its tensors.

litert-torch names a tensor after the classes that it passed on its way to an operator, such as
"pkg.Net/torch.nn.Sequential_3/pkg.Block_1/pkg.Mlp_mlp;4". Such a name lacks the lists of modules
("stages"), takes hundreds of bytes, and is no name that anybody uses. `name_by_layer` makes it
"model.stages.3.1.mlp:4", a module path and a number; `layer_of` reads the path back. Quantizers
keep these names and add to them, so recipes can choose layers by them.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

from torch import nn

_FUSED = ";;"


def layer_of(tensor_name: str) -> str:
    """Module path in the name of a tensor, "" where it has none."""
    return tensor_name.partition(":")[0] if ":" in tensor_name else ""


def name_by_layer(model: Any, module: nn.Module) -> None:
    """Renames the tensors of a file after the modules that they come from.

    A constant is named after the layer of the operator that takes it. Inputs and outputs of the
    graph keep their names.

    Args:
        model: a `ModelT` that litert-torch made, changed in place.
        module: what it was made from.
    """
    paths = _PathFinder(module)
    for graph in model.subgraphs:
        layers = [paths.layer(tensor.name.decode()) for tensor in graph.tensors]
        for operator in graph.operators or ():
            own = layers[operator.outputs[0]]
            for index in (int(index) for index in operator.inputs):
                if index >= 0 and not layers[index]:
                    layers[index] = own
        counts: Counter[str] = Counter()
        edge = {int(index) for index in (*graph.inputs, *graph.outputs)}
        for index, tensor in enumerate(graph.tensors):
            if index not in edge:
                tensor.name = f"{layers[index]}:{counts[layers[index]]}".encode()
                counts[layers[index]] += 1


class _PathFinder:
    """Module paths by litert-torch's names.

    Args:
        module: the module that was converted.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._known: dict[str, str] = {}

    def layer(self, name: str) -> str:
        """The path of a tensor's layer, cut where the name leaves the model.

        A fused operator names all that it stands for, first what gives its output, and a constant
        that several layers share names them all. So: the deepest of those beside or below the
        first.
        """
        parts = [part for part in name.split(_FUSED) if "/" in part]
        paths = [self._path(part.rpartition(";")[0] or part) for part in parts]
        if not paths:
            return layer_of(name)  # no name of litert-torch's, perhaps one of ours
        beside = paths[0].rpartition(".")[0]
        near = [path for path in paths if path.startswith(beside)]
        return max(near, key=lambda path: path.count("."))

    def _path(self, chain: str) -> str:
        if chain not in self._known:
            module, path = self._module, ""
            for step in chain.split("/")[1:]:
                found = _descendant(module, step)
                if found is None:
                    break
                tail, module = found
                path = f"{path}.{tail}" if path else tail
            self._known[chain] = path
        return self._known[chain]


def _descendant(module: nn.Module, step: str) -> tuple[str, nn.Module] | None:
    """The nearest module below with that class and last name: a list has no step of its own."""
    pending = deque([("", module)])
    while pending:
        prefix, parent = pending.popleft()
        for name, child in parent.named_children():
            path = f"{prefix}.{name}" if prefix else name
            if step == f"{type(child).__module__}.{type(child).__qualname__}_{name}":
                return path, child
            pending.append((path, child))
    return None
