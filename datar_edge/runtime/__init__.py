"""Model files behind one `Session` protocol; nothing here imports torch."""

from datar_edge.runtime.open import open_session
from datar_edge.runtime.session import Session

__all__ = ["Session", "open_session"]
