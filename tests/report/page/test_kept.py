from __future__ import annotations

import json
from pathlib import Path

import pytest

from datar_edge.errors import ConfigError
from datar_edge.report.page.kept import Kept

SUBJECT = {"section": "accuracy", "sha256": "ab", "folds": (5,)}
RESULT = {"figures": {"top1": 0.5, "folds": (5,)}, "measured": "2026-11-05T09:03:00+00:00"}


def test_what_was_kept_comes_back_for_the_same_subject_alone(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "new" / "folder")
    assert kept.get(SUBJECT) is None
    kept.put(SUBJECT, RESULT)
    assert Kept(kept.folder).get(SUBJECT) == json.loads(json.dumps(RESULT))
    for change in ({"sha256": "cd"}, {"folds": (4,)}, {"section": "parity"}):
        assert kept.get({**SUBJECT, **change}) is None
    (file,) = kept.folder.iterdir()
    assert file.name.startswith("accuracy-")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda _: "",
        lambda _: "[]",
        lambda _: "[" * 100_000,
        lambda text: text.replace("0.5", "0.9"),  # a figure that nobody measured
        lambda text: text.replace("ab", "ac"),
    ],
)
def test_a_damaged_or_edited_file_holds_nothing(damage: object, tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.put(SUBJECT, RESULT)
    (file,) = tmp_path.iterdir()
    file.write_text(damage(file.read_text()))  # type: ignore[operator]
    assert kept.get(SUBJECT) is None
    kept.put(SUBJECT, RESULT)
    assert kept.get(SUBJECT) is not None
    assert list(tmp_path.iterdir()) == [file]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be written.*--keep"):
        Kept(tmp_path / "file").put(SUBJECT, RESULT)
