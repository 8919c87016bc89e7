from __future__ import annotations

from pathlib import Path

import pytest

from datar_edge.cli.output import check_output, emit
from datar_edge.errors import ConfigError


@pytest.mark.parametrize("below", ["page.html", "deeper/page.html"])
def test_an_output_below_a_file_is_refused_before_any_work(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    output = tmp_path / "file" / below
    with pytest.raises(ConfigError, match=r"file is a file\. Name another folder"):
        check_output(output, force=True)
    with pytest.raises(ConfigError, match="cannot be written: "):
        emit("text", output)


def test_folders_above_an_output_are_made_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    output = tmp_path / "new" / "page.html"
    check_output(output, force=False)
    emit("text", output)
    assert output.read_bytes() == b"text\n"
    assert [path.name for path in output.parent.iterdir()] == ["page.html"]
