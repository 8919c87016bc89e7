"""The results of all files, by this process, by several, or by a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from datar_edge.errors import ConfigError
from datar_edge.tagging.planned import PlannedFile
from datar_edge.tagging.recipe import BytesDone, FileTagger
from datar_edge.tagging.result import FileResult

MAX_JOBS = 1_024


def check_jobs(jobs: int) -> int:
    """A number of processes.

    Raises:
        ConfigError: it is below 1 or above `MAX_JOBS`.
    """
    if not 1 <= jobs <= MAX_JOBS:
        raise ConfigError(f"jobs is {jobs}", fix=f"Allowed: 1 to {MAX_JOBS}.")
    return jobs


def tag_all(
    files: Iterable[PlannedFile],
    tagger: FileTagger,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    progress: BytesDone = lambda _: None,
) -> Iterator[FileResult]:
    """Tags files; the results are the same, in the same order, whoever tags.

    Args:
        files: which; taken one by one, as they are needed.
        tagger: the model and how to tag; others load the same.
        jobs: processes on this machine; 1 for this one.
        cluster: address of a Ray cluster that tags in their place, "local" for one of its own.
        progress: told how many bytes of files are done.

    Yields:
        A result for each file, in the order of the files.

    Raises:
        DatarEdgeError: a process ended before it began, or the cluster cannot be reached.
    """
    if cluster is not None:
        from datar_edge.tagging.cluster import tag_on_cluster  # noqa: PLC0415 (needs Ray)

        yield from tag_on_cluster(files, tagger.recipe, address=cluster, progress=progress)
    elif jobs == 1:
        yield from _tag_here(tagger, files, progress)
    else:
        from datar_edge.tagging.workers import WorkerPool  # noqa: PLC0415 (30 ms)

        with WorkerPool(tagger.recipe, jobs=check_jobs(jobs)) as pool:
            yield from pool.tag(files, progress)


def _tag_here(
    tagger: FileTagger, files: Iterable[PlannedFile], progress: BytesDone
) -> Iterator[FileResult]:
    done = 0
    for file in files:

        def advance(share: float, done: int = done, size: int = file.size_bytes) -> None:
            progress(done + share * size)

        yield tagger.tag(file, advance)
        done += file.size_bytes
        progress(done)
