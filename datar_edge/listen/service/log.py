"""One line for each change of status."""

from __future__ import annotations

from datar_edge.listen.messages import Status


def status_line(status: Status, source: str) -> str:
    """What has changed, and how it stands.

    Args:
        status: the change.
        source: name of the device or file.
    """
    lost = f", {status.dropped_s:.1f} s lost" if status.dropped_s else ""
    why = f": {status.reason}" if status.reason else ""
    windows = f"{status.windows} window{'' if status.windows == 1 else 's'}"
    counted = f"{status.time_s:.1f} s heard, {windows}{lost}"
    return f"{source}{why} ({counted})"
