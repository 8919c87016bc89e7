"""datar-edge: a deformable audio transformer, from PyTorch to the phone.

    with datar_edge.load() as tagger:
        for segment in tagger.tag_file("recording.wav"):
            print(segment.start_s, segment.end_s, segment.best)
        for message in tagger.stream():  # the microphone, until it is stopped
            print(message)

Importing this imports neither torch nor a model's runtime; each name is imported on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datar_edge.card import ModelCard
    from datar_edge.errors import DatarEdgeError
    from datar_edge.listen.engine import Listener
    from datar_edge.listen.event_config import EventConfig
    from datar_edge.listen.health import Health
    from datar_edge.listen.messages import EventEnd, EventStart, Scores, Status
    from datar_edge.listen.segments import Segment
    from datar_edge.listen.sources.file import FileSource
    from datar_edge.listen.sources.intake import Intake
    from datar_edge.listen.sources.microphone import MicrophoneSource
    from datar_edge.listen.sources.standard_input import StandardInputSource
    from datar_edge.runtime.tags import Tag
    from datar_edge.tagger import Tagger, load

__all__ = [
    "DatarEdgeError",
    "EventConfig",
    "EventEnd",
    "EventStart",
    "FileSource",
    "Health",
    "Intake",
    "Listener",
    "MicrophoneSource",
    "ModelCard",
    "Scores",
    "Segment",
    "StandardInputSource",
    "Status",
    "Tag",
    "Tagger",
    "load",
]

_HOMES = {
    "DatarEdgeError": "errors",
    "EventConfig": "listen.event_config",
    "EventEnd": "listen.messages",
    "EventStart": "listen.messages",
    "FileSource": "listen.sources.file",
    "Health": "listen.health",
    "Intake": "listen.sources.intake",
    "Listener": "listen.engine",
    "MicrophoneSource": "listen.sources.microphone",
    "ModelCard": "card",
    "Scores": "listen.messages",
    "Segment": "listen.segments",
    "StandardInputSource": "listen.sources.standard_input",
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
