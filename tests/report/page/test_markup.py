from __future__ import annotations

from datar_edge.report.page.markup import cleaned, facts, folded, table, tag, text, wide

EVIL = "<script>alert(\"1\")</script> & 'x'"


def test_every_text_is_escaped() -> None:
    made = (
        text(EVIL),
        tag("p", text(EVIL), title=EVIL),
        table(EVIL, [EVIL, EVIL], [[EVIL, EVIL]]),
        facts({EVIL: EVIL}),
        folded(EVIL, text(EVIL)),
        wide(EVIL, text(EVIL)),
    )
    for each in made:
        assert "<script" not in each
        assert "'" not in each
        assert '"1"' not in each
        assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#x27;x&#x27;" in each


def test_a_tag_has_its_attributes_and_content() -> None:
    made = tag("p", text("a"), text("b"), class_="x", aria_label="y")
    assert made == '<p class="x" aria-label="y">ab</p>'


def test_cleaned_leaves_nothing_that_no_page_can_hold() -> None:
    data = {"a\x00": ["\ud800b", "line\n\ttab", ("日本\u3000\u00a0é", 1.5, None)], "n": True}
    assert cleaned(data) == {
        "a\ufffd": ["\ufffdb", "line\n\ttab", ["日本\u3000\u00a0é", 1.5, None]],
        "n": True,
    }


def test_columns_of_figures_stand_right() -> None:
    figures = ["–", "∞", "-3.5", "1,234", "12.98", "97.5%", "1.87e-01", "7.1% to 59.1%", "9 of 12"]
    words = ["no", "", "ffd2653f", "16×64", "--", "3 dB", "<b>"]
    for each in figures:
        assert '<td class="figure">' in table("t", ["a", "b"], [["x", each], ["y", "1"]]), each
    for each in words:
        made = table("t", ["a", "b"], [["x", each], ["y", "1"]])
        assert made.count('class="figure"') == 0, each
