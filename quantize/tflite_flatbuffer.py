"""TFLite flatbuffers as objects: read, written, and what their operators and tensors are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from datar_edge.extras import require

_ALIGNMENT_BYTES = 16
_IDENTIFIER = b"TFL3"


def schema() -> Any:
    """The module of TFLite's schema.

    Raises:
        MissingExtraError: ai-edge-litert lacks it.
    """
    return require(
        "ai_edge_litert.schema_py_generated", extra="export", purpose="work on a TFLite file"
    )


def read_model(content: bytes) -> Any:
    """A file's content as a `ModelT`, all constants in its buffers.

    A quantizer may put constants behind the flatbuffer, where buffers tell their place. What
    follows up, metadata writers among them, knows only those inside.
    """
    tables = schema()
    model = tables.ModelT.InitFromObj(tables.Model.GetRootAs(content, 0))
    for buffer in model.buffers:
        if buffer.offset > 1:  # 0 is unset, 1 a placeholder
            place = slice(buffer.offset, buffer.offset + buffer.size)
            buffer.data = np.frombuffer(content[place], np.uint8)
            buffer.offset = buffer.size = 0
    return model


def write_model(model: Any) -> bytes:
    """The content of a file; constants begin at multiples of 16 bytes, as the schema asks."""
    purpose = "writing a TFLite file"
    base: Any = require("flatbuffers", extra="export", purpose=purpose).Builder

    class AlignedBuilder(base):  # type: ignore[misc]
        """The generated code aligns constants by their bytes, which is by 1."""

        def CreateNumpyVector(self, values: Any) -> int:  # noqa: N802 - the builder's name
            if values.dtype != np.uint8:
                return int(super().CreateNumpyVector(values))
            self.StartVector(1, values.size, _ALIGNMENT_BYTES)
            self.head -= values.size
            self.Bytes[self.head : self.head + values.size] = values.tobytes()
            self.vectorNumElems = values.size
            return int(self.EndVector())

    builder = AlignedBuilder(1 << 20)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def constant(model: Any, tensor: Any) -> Any:
    """The bytes of a tensor that the file holds, as a numpy array, or None for an activation."""
    data = model.buffers[tensor.buffer].data
    return None if data is None or len(data) == 0 else data


def operators(model: Any) -> Iterator[tuple[Any, Any, str]]:
    """All operators with the subgraph that they are in and their name, such as "CONV_2D"."""
    names = _names(schema().BuiltinOperator)
    for graph in model.subgraphs:
        for operator in graph.operators or ():
            code = model.operatorCodes[operator.opcodeIndex]
            # Old readers know only the first 127 operators, by the deprecated field.
            yield graph, operator, names[max(code.builtinCode, code.deprecatedBuiltinCode)]


def type_names() -> dict[int, str]:
    """Names of tensor types by their number, in lower case: "float32", "int8", "int4"."""
    return {number: name.lower() for number, name in _names(schema().TensorType).items()}


def _names(enumeration: type) -> dict[int, str]:
    return {number: name for name, number in vars(enumeration).items() if isinstance(number, int)}
