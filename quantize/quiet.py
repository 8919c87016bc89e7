"""What converters' and quantizers' packages say of themselves, kept off the user's terminal."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator

from datar_edge.native_log import native_log_held

_IMPORTS_LOGGER = "torch.utils._pytree"
"""Warns at torchao's first import of how torchao registers an enumeration."""


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without their reports on either stream, which are for results and progress, and warnings."""
    logger = logging.getLogger(_IMPORTS_LOGGER)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            native_log_held(),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def log_held() -> Iterator[None]:
    """Without any log below an error, such as advice on models that were made elsewhere."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
