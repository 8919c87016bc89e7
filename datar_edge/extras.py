"""Packages that only an extra of datar-edge brings, imported when they are needed."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

from datar_edge.errors import MissingExtraError


def require(module: str, *, extra: str, purpose: str, platforms: str = "") -> Any:
    """Imports a module of an optional package.

    Args:
        module: its import name, such as "torch" or "mediapipe.tasks.python".
        extra: the extra of datar-edge that brings it.
        purpose: what needs it, such as "export to TFLite".
        platforms: that the package exists for; empty where it exists for all that we support.

    Returns:
        The module.

    Raises:
        MissingExtraError: the package, or one that it needs itself, is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = (error.name or module).partition(".")[0]
        # A part that is missing of a package that is there is told by its full name.
        missing = error.name if find_spec(package) and error.name else package
        raise MissingExtraError(
            missing, extra=extra, purpose=purpose, platforms=platforms
        ) from error
