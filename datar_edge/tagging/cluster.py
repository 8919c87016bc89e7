"""Tagging by a Ray cluster: Ray Data hands files to actors that each hold the model."""

from __future__ import annotations

import itertools
import logging
import os
import socket
import warnings
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from datar_edge.errors import ConfigError, RuntimeFailureError
from datar_edge.extras import require
from datar_edge.native_log import native_log_held
from datar_edge.tagging.planned import PlannedFile
from datar_edge.tagging.recipe import BytesDone, TaggingRecipe
from datar_edge.tagging.result import FileResult

LOCAL = "local"
"""The address of a cluster that is begun for the run, on this machine."""

_FILES_AT_ONCE = 10_000
"""Files whose names are held by the cluster at a time."""
_BLOCK_FILES = 16
"""Files that an actor takes at a time; results come block by block."""
_KNOCK_S = 10.0
_TRIES = 3
"""By default Ray begins an actor anew for ever, also on a file that ends it each time."""


def tag_on_cluster(
    files: Iterable[PlannedFile], recipe: TaggingRecipe, *, address: str, progress: BytesDone
) -> Iterator[FileResult]:
    """Results in the order of the files.

    Every machine of the cluster must see the files, and the model if one is named, under the same
    paths, and have datar-edge installed.

    Args:
        files: which.
        recipe: how.
        address: of the cluster's head, "auto" for the one this machine belongs to, or `LOCAL`.
        progress: told how many bytes of files are done.

    Raises:
        MissingExtraError: Ray is not installed.
        ConfigError: there is no cluster at the address.
        RuntimeFailureError: the cluster failed.
    """
    ray = require("ray", extra="cluster", purpose="--ray")
    data = require("ray.data", extra="cluster", purpose="--ray")
    _connect(ray, address)
    try:
        done = 0
        for result in _results(ray, data, files, recipe):
            yield result
            done += result.file.size_bytes
            progress(done)
    except ray.exceptions.RayError as error:
        raise RuntimeFailureError(
            f"the Ray cluster failed: {error}",
            fix="What was done before is used by --resume.",
        ) from error
    finally:
        ray.shutdown()


def _connect(ray: Any, address: str) -> None:
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        _knock(address)
        with native_log_held():  # it tells that it was told to tell nothing
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"no Ray cluster can be reached at {address!r}: {error}",
            fix="Begin one with: ray start --head, or give --ray local.",
        ) from error


def _knock(address: str) -> None:
    """Ray itself tries for minutes to reach a head that is not there."""
    place = urlsplit(address if "://" in address else f"//{address}")
    if place.hostname is not None and place.port is not None:
        socket.create_connection((place.hostname, place.port), timeout=_KNOCK_S).close()


def _results(
    ray: Any, data: Any, files: Iterable[PlannedFile], recipe: TaggingRecipe
) -> Iterator[FileResult]:
    for name in ("ray.data", "ray.data._internal"):
        logging.getLogger(name).setLevel(logging.ERROR)
    context = data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    actors = max(1, int(ray.cluster_resources().get("CPU", 1)))
    planned = iter(files)
    while batch := list(itertools.islice(planned, _FILES_AT_ONCE)):
        rows = [{"planned": FileResult(file=file).to_json()} for file in batch]
        blocks = max(actors, len(rows) // _BLOCK_FILES)
        dataset = data.from_items(rows, override_num_blocks=min(blocks, len(rows)))
        with warnings.catch_warnings():
            # Ray 2.60 has no other way to bound restarts; it goes in 2.64, the extra ends before.
            warnings.filterwarnings("ignore", message="`ray_remote_args_fn` is deprecated")
            tagged = dataset.map(
                _TaggingActor,
                fn_constructor_args=(recipe,),
                compute=data.ActorPoolStrategy(size=min(actors, len(rows))),
                ray_remote_args_fn=_tries,
            )
        for row in tagged.iter_rows():
            yield FileResult.from_json(row["result"])


def _tries() -> dict[str, int]:
    return {"max_restarts": _TRIES, "max_task_retries": _TRIES}


class _TaggingActor:
    """Holds the model in a process of the cluster."""

    def __init__(self, recipe: TaggingRecipe) -> None:
        self._tagger = recipe.open()

    def __call__(self, row: dict[str, str]) -> dict[str, str]:
        file = FileResult.from_json(row["planned"]).file
        return {"result": self._tagger.tag(file, lambda _: None).to_json()}
