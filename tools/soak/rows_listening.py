"""What listening costs, as rows."""

from __future__ import annotations

from tools.soak.row import Measured, Row

_ROUNDING_S = 1e-3
_MANY = 100_000

ROWS = (
    Row(
        measurement="share",
        figure="share of one core, int8, a window a second, all included",
        aim="≤ 1.5 %",
        value=lambda m: f"{m['share']:.2%} over {m['seconds']:g} s",
        held=lambda m: m["share"] <= 0.015,
    ),
    Row(
        measurement="start_up",
        figure="command start to first score on a file",
        aim="≤ 1.0 s",
        value=lambda m: (
            f"{m['first_score_s']:.2f} s, median of {m['rounds']} ({m['fastest_s']:.2f} to "
            f"{m['slowest_s']:.2f} s); {m['cpu_s']:.2f} s of CPU time"
        ),
        held=lambda m: m["first_score_s"] <= 1.0,
    ),
    Row(
        measurement="start_up",
        figure="modules imported until then, by `-X importtime`",
        aim="no torch",
        value=lambda m: (
            f"{m['modules']} in {m['import_ms']:.0f} ms; heavy ones: "
            f"{', '.join(m['heavy']) or 'none'}"
        ),
        held=lambda m: not m["heavy"],
    ),
    Row(
        measurement="memory",
        figure="resident memory after start",
        aim="≤ 150 MB",
        value=lambda m: f"{m['start_mb']:.1f} MB (most: {m['most_mb']:.1f} MB)",
        held=lambda m: m["most_mb"] <= 150.0,
    ),
    Row(
        measurement="memory",
        figure="its growth by `--fast`",
        aim="< 5 MB over 100,000 windows",
        value=lambda m: f"{m['growth_mb']:+.1f} MB over {m['windows']:,} windows",
        held=lambda m: m["growth_mb"] < 5.0 and m["windows"] >= _MANY,
    ),
    Row(
        measurement="delay",
        figure="end of a window's sound to its scores, the longest",
        aim="≤ 1 hop + 1 inference",
        value=lambda m: f"{m['longest_delay_s']:.3f} s with a hop of {m['hop_s']:g} s",
        held=lambda m: m["longest_delay_s"] <= m["hop_s"],
    ),
    Row(
        measurement="losses",
        figure="device lost and back, in the middle of an event",
        aim="100 times, no event left open, none doubled",
        value=lambda m: (
            f"{m['lost']} lost, {m['back']} back; {m['events']} events, {m['open']} open, "
            f"{m['doubled']} doubled, {m['across']} across a loss"
        ),
        held=lambda m: (
            m["lost"] == m["back"] > 0 and not (m["open"] or m["doubled"] or m["across"])
        ),
    ),
    Row(
        measurement="slow",
        figure="inference 3 times too slow: end of a window's sound to its scores, the longest",
        aim="bounded: ≤ 1 window + 1 hop + 1 inference",
        value=lambda m: (
            f"{m['longest_delay_s']:.2f} s of {_bound_s(m):.2f} s, in {m['seconds']:g} s of sound"
        ),
        held=lambda m: m["longest_delay_s"] <= _bound_s(m),
    ),
    Row(
        measurement="slow",
        figure="seconds dropped, as told and as no window covers them",
        aim="the same, and some",
        value=lambda m: f"{m['dropped_s']:.3f} s and {m['uncovered_s']:.3f} s",
        held=lambda m: (
            m["dropped_s"] > 0.0 and abs(m["dropped_s"] - m["uncovered_s"]) < _ROUNDING_S
        ),
    ),
    Row(
        measurement="tag",
        figure="`tag` with two processes: audio seconds a second, against one",
        aim="≥ 1.8 × on 2 cores",
        value=lambda m: (
            f"{m['speedup']:.2f} ×: {m['two_s_per_s']:.0f} against {m['one_s_per_s']:.0f} s/s, "
            f"median of {m['rounds']} pairs; CPU time {m['cpu_ratio']:.2f} ×; load before "
            f"{m['load']:.1f}"
        ),
        held=lambda m: m["speedup"] >= 1.8,
    ),
)


def _bound_s(result: Measured) -> float:
    inference_s = result["slowness"] * result["hop_s"]
    return float(result["window_s"] + result["hop_s"] + inference_s)


NOTES = (
    "- The share of a core is the CPU time of all threads of `datar-edge listen` by /proc, over "
    "wall time, from the first window on: a file in real time, with JSON lines and the status "
    "port. A microphone adds what PortAudio takes.",
    "- Memory is what /proc tells of the process at each two hundredth part of the way; its start "
    "is after a fiftieth.",
    "- The device is PortAudio's part of the tests, its sound real recordings; what loses it and "
    "finds it again is the product's code, with waits of 20 ms between the looks.",
    "- The slow model sleeps, with a window of 2.56 s every 2.56 s that takes 7.68 s; what is "
    "scored when the sound has ended is not counted.",
    "- Other work on the machine makes times and shares larger, never smaller.",
)
