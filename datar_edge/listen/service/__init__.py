"""What makes listening a service: health for others to ask, systemd, signals, a log of changes."""

from __future__ import annotations

from datar_edge.listen.service.service import Service

__all__ = ["Service"]
