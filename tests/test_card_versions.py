"""Cards as earlier releases wrote them, kept in `cards/` for good: their files must still load.

Who raises CARD_VERSION keeps these, adds one of the new version, and has `ModelCard.from_json`
read both.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datar_edge.card import CARD_VERSION, ModelCard

CARDS = sorted((Path(__file__).parent / "cards").glob("*.json"))


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_an_earlier_card_is_read_whole(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    written = json.loads(text)
    read = json.loads(ModelCard.from_json(text).to_json())
    del written["card_version"]
    assert {name: read[name] for name in written} == written


def test_this_version_of_the_card_is_kept() -> None:
    """With every field that it has today, so that none of them is renamed unseen."""
    written = json.loads((Path(__file__).parent / f"cards/version-{CARD_VERSION}.json").read_text())
    now = json.loads(ModelCard.from_json(json.dumps(written)).to_json())
    assert written["card_version"] == CARD_VERSION
    assert set(written) == set(now)


def test_what_an_earlier_card_does_not_say_has_a_default() -> None:
    earlier = Path(__file__).parent / "cards" / "version-1-without-seal.json"
    assert ModelCard.from_json(earlier.read_text()).content_sha256 == ""
