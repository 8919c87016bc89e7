from __future__ import annotations

from datar_edge.listen.watches import DelayWatch, ZerosWatch

SILENCE = float("-inf")


def test_zeros_are_told_once_after_five_seconds_of_them() -> None:
    watch = ZerosWatch()
    levels = [-60.0, *[SILENCE] * 9, -200.0, -60.0, *[SILENCE] * 4, -90.0]
    told = [watch.update(level, start, start + 1.0) for start, level in enumerate(levels)]
    assert [(second, text) for second, text in enumerate(told) if text] == [
        (5, "hears only zeros: is the microphone muted?"),
        (10, "hears sound again"),
    ]


def test_skipping_is_told_once_and_again_after_a_minute_without() -> None:
    watch = DelayWatch()
    skipped = [0.0, 1.0, 1.0, 2.0, *[2.0] * 70, 3.0]
    told = [watch.update(skipped_s, float(second)) for second, skipped_s in enumerate(skipped)]
    assert [(second, text) for second, text in enumerate(told) if text] == [
        (1, "sound comes faster than the model takes it: some is skipped"),
        (63, "the model keeps up again"),
        (74, "sound comes faster than the model takes it: some is skipped"),
    ]
