"""What figures depend on: a measurement that was kept counts only for the same."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping
from typing import Any

from datar_edge.data.dataset import Clip, ClipSet

FIGURES_VERSION = 2
"""Of what `figures` gives: raised when its fields change, so that none is kept from before."""


def subject(section: str, sha256: str, **others: object) -> Mapping[str, Any]:
    """Of one section and one file.

    Args:
        section: a key of `SECTIONS`.
        sha256: of the file's content.
        others: settings, as JSON holds them.
    """
    version = importlib.metadata.version("datar-edge")
    release = {"version": version, "figures_version": FIGURES_VERSION}
    return {"section": section, "sha256": sha256, **release, **others}


def listing(clips: ClipSet | None, hop_s: float | None) -> Mapping[str, Any]:
    """What tells these clips, cut by this hop, from others: also where a recording was replaced.

    Args:
        clips: the clips; None for none.
        hop_s: seconds between windows; None for what the cards say.
    """
    lines = [_listed(clip) for clip in clips.clips] if clips else []
    told = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    return {"clips": len(lines), "clips_sha256": told, "hop_s": hop_s}


def _listed(clip: Clip) -> str:
    try:
        status = clip.path.stat()
        content: tuple[int, ...] = (status.st_size, status.st_mtime_ns)
    except OSError:  # it will be left out, and told
        content = ()
    return f"{clip.path}\t{clip.start_s}\t{clip.duration_s}\t{dict(clip.targets)}\t{content}"
