"""Files run for all their outputs, in order: what a `Session` does not give.

A probe has more outputs than heads, so no card fits it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.errors import DatarEdgeError, RuntimeFailureError
from datar_edge.extras import require
from datar_edge.native_log import native_log_held

Runner = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]
"""Takes a window, float32 `[1, window_samples]`; gives every output of the file, in order."""

_PURPOSE = "running a probe"


def open_probe(kind: str, path: Path) -> Runner:
    """Loads a file for raw runs.

    Args:
        kind: of the file, as `datar_edge.runtime.open.kind_of` tells it.
        path: the file.

    Raises:
        MissingExtraError: the runtime is not installed.
        RuntimeFailureError: there is no raw runner for that kind, or it refuses the file.
    """
    if kind not in _RUNNERS:
        raise RuntimeFailureError(
            f"there is no way to look into a file of kind {kind!r}",
            fix=f"Known: {', '.join(_RUNNERS)}.",
        )
    with _failures_as_ours(kind), native_log_held():
        run = _RUNNERS[kind](path)

    def guarded(window: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        with _failures_as_ours(kind):
            return run(window)

    return guarded


@contextlib.contextmanager
def _failures_as_ours(kind: str) -> Iterator[None]:
    try:
        yield
    except DatarEdgeError:
        raise
    except Exception as error:  # ONNX Runtime's own derive from nothing else
        raise RuntimeFailureError(f"{kind} fails on a trial file: {error}") from error


def _tflite(path: Path) -> Runner:
    interpreter = require("ai_edge_litert.interpreter", extra="export", purpose=_PURPOSE)
    model = interpreter.Interpreter(model_path=str(path), num_threads=1)
    model.allocate_tensors()
    taken = model.get_input_details()[0]["index"]
    # The tensors' names carry the order of the model's outputs. The subgraph's order does not, and
    # a signature may name the int8 tensor in front of an output that was made float again.
    given = [each["index"] for each in sorted(model.get_output_details(), key=_output_number)]

    def run(window: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        model.set_tensor(taken, window)
        model.invoke()
        return [model.get_tensor(index) for index in given]

    return run


def _output_number(details: Mapping[str, Any]) -> int:
    name = details["name"]
    found = re.search(r"output_(\d+)", name)
    if found is None:
        raise RuntimeFailureError(f"the output {name!r} does not tell its place")
    return int(found[1])


def _onnx(path: Path) -> Runner:
    onnxruntime: Any = require("onnxruntime", extra="export", purpose=_PURPOSE)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0].name

    def run(window: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        outputs: list[NDArray[np.float32]] = session.run(None, {taken: window})
        return outputs

    return run


def _executorch(path: Path) -> Runner:
    torch: Any = require("torch", extra="export", purpose=_PURPOSE)
    runtime: Any = require("executorch.runtime", extra="export", purpose=_PURPOSE)
    program = runtime.Runtime.get().load_program(path)
    method = program.load_method("forward")

    def run(window: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        outputs = method.execute([torch.from_numpy(window)])
        return [output.numpy().copy() for output in outputs]

    return run


_RUNNERS: Mapping[str, Callable[[Path], Runner]] = {
    "tflite": _tflite,
    "onnx": _onnx,
    "executorch": _executorch,
}
