"""Optional dependencies, named in the error with the command that brings them."""

from __future__ import annotations

import importlib
from typing import Any

from datar_edge.errors import MissingExtraError


def require(module: str, *, extra: str, purpose: str) -> Any:
    """Imports a module of an optional dependency.

    Args:
        module: its import name.
        extra: the extra of datar-edge that brings it.
        purpose: what needs it, such as "export to TFLite".

    Raises:
        MissingExtraError: it is not installed, or does not load on this machine.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = (error.name or module).partition(".")[0]
        raise MissingExtraError(package, extra=extra, purpose=purpose) from error
