"""A program written for each runtime and run there, as a user of `rewrite_grid_sample` does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Arrays = Sequence[NDArray[np.float32]]
Run = Callable[[Arrays], NDArray[np.float32]]


def in_tflite(
    program: torch.export.ExportedProgram, example: tuple[Tensor, ...], path: Path
) -> Run:
    """By litert-torch; one thread."""
    import litert_torch  # noqa: PLC0415
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

    litert_torch.convert(program.module(), example).export(str(path))
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    places = [one["index"] for one in sorted(interpreter.get_input_details(), key=_name)]
    output = interpreter.get_output_details()[0]["index"]

    def run(inputs: Arrays) -> NDArray[np.float32]:
        for place, values in zip(places, inputs, strict=True):
            interpreter.set_tensor(place, values)
        interpreter.invoke()
        result: NDArray[np.float32] = interpreter.get_tensor(output)
        return result

    return run


def _name(details: dict[str, object]) -> str:
    return str(details["name"])


def in_executorch(
    program: torch.export.ExportedProgram, example: tuple[Tensor, ...], path: Path
) -> Run:
    """With XNNPACK, and portable kernels for what it leaves; one thread."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import (  # noqa: PLC0415
        XnnpackPartitioner,
    )
    from executorch.exir import to_edge_transform_and_lower  # noqa: PLC0415
    from executorch.runtime import Runtime  # noqa: PLC0415

    edge = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
    path.write_bytes(edge.to_executorch().buffer)
    loaded = Runtime.get().load_program(path)
    method = loaded.load_method("forward")

    def run(inputs: Arrays, _program: object = loaded) -> NDArray[np.float32]:
        # The program is kept: a method reads its memory and does not keep it itself.
        (result,) = method.execute([torch.from_numpy(one) for one in inputs])
        values: NDArray[np.float32] = result.numpy()
        return values

    return run


def in_onnxruntime(
    program: torch.export.ExportedProgram, example: tuple[Tensor, ...], path: Path
) -> Run:
    """By torch's exporter; one thread."""
    import onnxruntime  # noqa: PLC0415

    torch.onnx.export(program, args=example, f=path, dynamo=True, external_data=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_inputs()]

    def run(inputs: Arrays) -> NDArray[np.float32]:
        result: NDArray[np.float32] = session.run(None, dict(zip(names, inputs, strict=True)))[0]
        return result

    return run


RUNTIMES = {"tflite": in_tflite, "executorch": in_executorch, "onnx": in_onnxruntime}
"""Each runtime by the name of its target."""
