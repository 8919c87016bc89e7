"""How files are tagged, in a form that can be handed to another process and compared later."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datar_edge.audio.files import AudioReader
from datar_edge.bundled import bundled_tflite
from datar_edge.closing import Closing
from datar_edge.errors import DatarEdgeError
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.messages import EventEnd, Scores
from datar_edge.listen.sources.file import FileSource
from datar_edge.runtime.scorer import MIN_LEVEL_DBFS
from datar_edge.tagger import Tagger, load
from datar_edge.tagging.planned import PlannedFile
from datar_edge.tagging.result import FileResult

Progress = Callable[[float], None]
"""Told the share of a file that is done, 0 to 1."""

BytesDone = Callable[[float], None]
"""Told how many bytes of files are done, of all that were given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggingRecipe:
    """A model and the choices of how to use it.

    Attributes:
        model: the file; None for the bundled model.
        threads: of the runtime, in each process.
        hop_s: see `Tagger`, as for those that follow.
        head: the head to show.
        allow: labels that count.
        deny: labels that do not count.
        threshold: least score of a tag.
        max_results: tags of a segment at most.
        min_level_dbfs: level of silence.
        merge: neighbouring windows with the same best label become one segment.
        events: find events, by these rules; None for segments.
    """

    model: Path | None = None
    threads: int = 1
    hop_s: float | None = None
    head: str | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    threshold: float = 0.0
    max_results: int | None = None
    min_level_dbfs: float = MIN_LEVEL_DBFS
    merge: bool = True
    events: EventConfig | None = None

    def open(self) -> FileTagger:
        """Loads the model.

        Raises:
            DatarEdgeError: what `load` raises.
        """
        return FileTagger(self)

    def fingerprint(self) -> dict[str, Any]:
        """Everything that the results depend on: the model by its content, not by its name."""
        values = dataclasses.asdict(self)
        del values["threads"]
        model = (self.model or bundled_tflite()).read_bytes()
        values["model"] = hashlib.sha256(model).hexdigest()
        values["version"] = importlib.metadata.version("datar-edge")
        return values


class FileTagger(Closing):
    """A loaded model that tags file after file; whatever is wrong with one is its result.

    Attributes:
        recipe: how it tags.
        tagger: the model.
    """

    def __init__(self, recipe: TaggingRecipe) -> None:
        self.recipe = recipe
        self.tagger: Tagger = load(
            recipe.model,
            threads=recipe.threads,
            hop_s=recipe.hop_s,
            head=recipe.head,
            allow=recipe.allow,
            deny=recipe.deny,
            threshold=recipe.threshold,
            max_results=recipe.max_results,
            min_level_dbfs=recipe.min_level_dbfs,
        )

    def tag(self, file: PlannedFile, progress: Progress) -> FileResult:
        """Tags one file."""
        if file.problem:
            return FileResult(file=file, failure=file.problem)
        try:
            if self.recipe.events is not None:
                events = self._events(file, self.recipe.events, progress)
                return FileResult(file=file, events=tuple(events))
            segments = self.tagger.tag_file(file.path, merge=self.recipe.merge, progress=progress)
            return FileResult(file=file, segments=tuple(segments))
        except DatarEdgeError as error:
            return FileResult(file=file, failure=str(error))
        except Exception as error:  # noqa: BLE001 (no file may end the run of the others)
            told = " ".join(f"{type(error).__name__}: {error}".split())
            return FileResult(file=file, failure=f"{file.path}: {told}")

    def close(self) -> None:
        """Gives the model's memory back."""
        self.tagger.close()

    def _events(self, file: PlannedFile, config: EventConfig, progress: Progress) -> list[EventEnd]:
        with AudioReader(file.path) as reader:
            duration_s = reader.duration_s
        events = []
        for message in self.tagger.stream(
            FileSource(file.path, fast=True), events=config, history_s=0.0
        ):
            if isinstance(message, EventEnd):
                events.append(message)
            elif isinstance(message, Scores):
                progress(min(1.0, message.end_s / duration_s))
        return sorted(events, key=lambda event: event.id)
