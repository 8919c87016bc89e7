"""ExecuTorch files, run by its Python runtime with the XNNPACK delegate."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.closing import Closing
from datar_edge.errors import CardError, ModelFileError, RuntimeFailureError
from datar_edge.extras import require
from datar_edge.native_log import native_log_held
from datar_edge.runtime.card_in_executorch import read_card
from datar_edge.runtime.session import check_waveform

_PURPOSE = "running an ExecuTorch file"
_METHOD = "forward"
_FLOAT32 = 6  # as ExecuTorch's ScalarType numbers it


class ExecuTorchSession(Closing):
    """An ExecuTorch model with its card, checked against each other.

    Args:
        path: the file.
        threads: that XNNPACK may use. ExecuTorch has one pool of threads a process: the session
            opened last sets it for all.

    Raises:
        CardError: the card is missing, malformed or contradicts the model.
        ModelFileError: the file is damaged, or takes features instead of a waveform.
        MissingExtraError: ExecuTorch is not installed.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        self.card: ModelCard = read_card(path)
        if self.card.input_kind != "waveform":
            raise ModelFileError(
                f"{path} takes {self.card.input_kind}", fix="Export it with the front-end inside."
            )
        self._torch = require("torch", extra="executorch", purpose=_PURPOSE)
        self._module = _load(path, threads)
        _check_edges(path, self._module, self.card)

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """See `Session.run`."""
        check_waveform(waveform, self.card)
        if self._module is None:
            raise RuntimeFailureError("the session is closed", fix="Open the model again.")
        try:
            outputs = self._module.forward([self._torch.tensor(waveform)])
        except RuntimeError as error:
            raise RuntimeFailureError(f"ExecuTorch failed to run the model: {error}") from error
        return {
            head: scores[0].numpy() for head, scores in zip(self.card.heads, outputs, strict=True)
        }

    def close(self) -> None:
        """See `Session.close`."""
        self._module = None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without ExecuTorch's log, which goes through Python's stream and past it, and warnings."""
    chatter = contextlib.redirect_stderr(io.StringIO())
    with native_log_held(), chatter, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _without_exporter() -> Iterator[None]:
    """Spares the import of ExecuTorch's exporter, three seconds of work and 270 MB.

    All that its Python runtime takes from there is the class of a warning, in a module that needs
    nothing else; but importing that module would import the package around it.
    """
    package = "executorch.exir"
    if package in sys.modules or find_spec("executorch") is None:
        yield
        return
    spec = find_spec(package)
    hollow = ModuleType(package)
    hollow.__path__ = (spec and spec.submodule_search_locations) or []
    sys.modules[package] = hollow
    try:
        yield
    finally:  # whoever imports it next gets all of it
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
            del sys.modules[name]


def _load(path: Path, threads: int) -> Any:
    with _quiet(), _without_exporter():
        runtime = require(
            "executorch.extension.pybindings.portable_lib",
            extra="executorch",
            purpose=_PURPOSE,
        )
        if runtime._threadpool_get_thread_count() != threads:
            runtime._unsafe_reset_threadpool(threads)
        try:
            module = runtime._load_for_executorch(str(path))
            if _METHOD not in module.method_names():
                raise ModelFileError(f"{path} has no method {_METHOD!r}", fix="Export it again.")
            module.method_meta(_METHOD)
        except RuntimeError as error:
            raise ModelFileError(
                f"{path} cannot be loaded by ExecuTorch: {error}",
                fix="Export or copy it again; it takes a runtime of the exporter's version.",
            ) from error
    return module


def _check_edges(path: Path, module: Any, card: ModelCard) -> None:
    """Holds inputs and outputs to the card."""
    meta = module.method_meta(_METHOD)
    inputs = [meta.input_tensor_meta(index) for index in range(meta.num_inputs())]
    outputs = [meta.output_tensor_meta(index) for index in range(meta.num_outputs())]
    expected = [[1, card.window_samples]]
    if (shapes := _shapes(inputs)) != expected:
        raise CardError(f"{path} takes inputs of shape {shapes}, its card says {expected[0]}")
    expected = [[1, len(labels)] for labels in card.heads.values()]
    if (shapes := _shapes(outputs)) != expected:
        raise CardError(f"{path} gives scores of shape {shapes}, its card says {expected}")
    if any(tensor.dtype() != _FLOAT32 for tensor in (*inputs, *outputs)):
        raise ModelFileError(
            f"{path} has other types than float32 at its edges", fix="Export it again."
        )


def _shapes(tensors: Sequence[Any]) -> list[list[int]]:
    return [list(tensor.sizes()) for tensor in tensors]
