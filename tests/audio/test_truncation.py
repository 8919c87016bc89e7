from __future__ import annotations

import pytest

from datar_edge.audio.truncation import promised_share


@pytest.mark.parametrize(
    ("line", "share"),
    [
        ("data : 352800 (should be 176400)", 2.0),
        (" SSND : 4000 (should be 1000)", 4.0),
        ("  Data Size   : 3000 (should be 2000)", 1.5),
        ("data : 352800", 1.0),
        ("data : 1000 (should be 2000)", 1.0),  # the rest is other chunks
        ("data : 4294967295 (should be 352800)", 1.0),  # written into a pipe
        ("data : 2147479552 (should be 352800)", 1.0),
        ("RIFF : 352836 (should be 176414)", 1.0),  # often wrong in whole files
    ],
)
def test_what_the_log_says_of_the_length(line: str, share: float) -> None:
    assert promised_share(f"Length : 100\n{line}\nEnd\n") == pytest.approx(share)
