"""Tensors of a file that another program wrote, read without running any code of it."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from datar_edge.errors import ModelFileError

_WRAPPERS = ("model", "state_dict")
"""Keys under which training scripts put a state dict."""
_PARALLEL = "module."
"""What data-parallel training puts before each name."""


def read_state(path: Path) -> dict[str, Tensor]:
    """A state dict, unwrapped.

    Args:
        path: a safetensors file, or what `torch.save` wrote (.pth, .pt).

    Returns:
        Tensors by name, on the CPU.

    Raises:
        ModelFileError: missing, broken, holding no tensors, or objects that would run code.
    """
    if not path.is_file():
        raise ModelFileError(f"there is no file at {path}", fix="Check the path.")
    saved = _safetensors(path) if path.suffix == ".safetensors" else _pickled(path)
    for wrapper in _WRAPPERS:
        inner = saved.get(wrapper)
        saved = inner if isinstance(inner, Mapping) else saved
    state = {
        str(name).removeprefix(_PARALLEL): value
        for name, value in saved.items()
        if isinstance(value, Tensor)
    }
    if not state:
        raise ModelFileError(f"{path} holds no tensors by name", fix="Give a state dict.")
    broken = next((n for n, t in state.items() if not torch.isfinite(t.float()).all()), None)
    if broken is not None:
        raise ModelFileError(f"{path} holds values that are not finite, in tensor {broken!r}")
    return state


def _safetensors(path: Path) -> Mapping[str, Any]:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelFileError(f"{path} is not a readable safetensors file: {error}") from error


def _pickled(path: Path) -> Mapping[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the pickle's protocol, which says nothing to users
            saved = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileError(
            f"{path} is no file of tensors that can be read safely: {told}",
            fix="Give a state dict saved by torch.save, or a safetensors file; "
            "objects that would run code are not loaded.",
        ) from error
    if not isinstance(saved, Mapping):
        raise ModelFileError(
            f"{path} holds a {type(saved).__name__}, not tensors by name", fix="Give a state dict."
        )
    return saved
