"""Damaged sound files: no crash, no hang, nothing but our own errors, and no memory taken."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from datar_edge.audio.files import read_audio
from tools.fuzz import damage, sounds
from tools.fuzz.run import escaped, fuzz

REPOSITORY = Path(__file__).parents[2]
EACH = 40
MOST_MB = 200
"""A process that reads sound takes a fifth of it; a header may tell of gigabytes."""


def test_a_damaged_sound_file_harms_nothing(tmp_path: Path) -> None:
    sound = read_audio(REPOSITORY / "examples" / "dog.ogg", sounds.RATE_HZ)[8_000:10_000]
    ended: Counter[str] = Counter()
    for source in sounds.write_sources(sound, tmp_path):
        results = fuzz("sounds", source, EACH, tmp_path)
        assert escaped(results) == [], source.name
        assert max(result["peak_mb"] for result in results) < MOST_MB
        ended.update(result["ended"] for result in results)
    assert ended["ran"] > 100  # samples may be what they like
    assert ended["AudioError"] > 100


def test_damage_follows_from_its_number() -> None:
    content = bytes(range(256)) * 8
    made = [damage.damaged(content, 1, number) for number in range(14)]
    assert made == [damage.damaged(content, 1, number) for number in range(14)]
    assert {kind for kind, _ in made} == {change.__name__ for change in damage.KINDS}
    assert sum(changed != content for _, changed in made) >= 12
