"""datar-edge: a deformable audio transformer, from PyTorch to the phone.

The whole Python face:

    datar_edge.load(path=None)          a Tagger: tag(), tag_file(), windows(), stream()
    datar_edge.models.build(preset)     the network in PyTorch
    datar_edge.export.export(…)         a verified file for a runtime

Importing this imports no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datar_edge.tagger import Segment, Tag, Tagger, load

__all__ = ["Segment", "Tag", "Tagger", "load"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: `datar-edge --help` needs no numpy and no runtime.
    if name in __all__:
        from datar_edge import tagger  # noqa: PLC0415

        return getattr(tagger, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
