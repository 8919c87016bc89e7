"""Labels as parts of file names, topics and identifiers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_LONGEST = 60


def slug(label: str) -> str:
    """A label in lower-case ASCII letters, digits and single hyphens; "sound" where none is left.

    Args:
        label: any text, such as "Dog bark".

    Returns:
        Such as "dog-bark"; at most 60 characters.
    """
    ascii_only = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_only)
    return words[:_LONGEST].strip("-") or "sound"


def unique_slugs(labels: Iterable[str]) -> dict[str, str]:
    """A slug for each label; labels that would share one get a number behind it."""
    slugs: dict[str, str] = {}
    for label in labels:
        name, number = slug(label), 1
        while name in slugs.values():
            number += 1
            name = f"{slug(label)}-{number}"
        slugs[label] = name
    return slugs
