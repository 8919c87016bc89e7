"""datar-edge: a deformable audio transformer, from PyTorch to the phone.

    with datar_edge.load() as tagger:
        for segment in tagger.tag_file("recording.wav"):
            print(segment.start_s, segment.end_s, segment.best)

Importing this imports neither torch nor a model's runtime; each name is imported on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datar_edge.card import ModelCard
    from datar_edge.errors import DatarEdgeError
    from datar_edge.listen.messages import EventEnd, EventStart, Scores, Status
    from datar_edge.listen.segments import Segment
    from datar_edge.listen.source import FileSource
    from datar_edge.runtime.tags import Tag
    from datar_edge.tagger import Tagger, load

__all__ = [
    "DatarEdgeError",
    "EventEnd",
    "EventStart",
    "FileSource",
    "ModelCard",
    "Scores",
    "Segment",
    "Status",
    "Tag",
    "Tagger",
    "load",
]

_HOMES = {
    "DatarEdgeError": "errors",
    "EventEnd": "listen.messages",
    "EventStart": "listen.messages",
    "FileSource": "listen.source",
    "ModelCard": "card",
    "Scores": "listen.messages",
    "Segment": "listen.segments",
    "Status": "listen.messages",
    "Tag": "runtime.tags",
    "Tagger": "tagger",
    "load": "tagger",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
