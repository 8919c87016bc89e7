"""What happens to what is damaged, killed, without room or done twice, as rows."""

from __future__ import annotations

from tools.soak.row import Measured, Row

_MANY = 10_000


def _damaged(measurement: str, figure: str) -> Row:
    return Row(
        measurement=measurement,
        figure=figure,
        aim=f"{_MANY:,}; no crash, hang or traceback",
        value=lambda m: (
            f"{m['files']:,}: {m['refused']:,} refused in one line, {m['ran']:,} used; "
            f"{m['escaped']} others, {m['crashed']} crashes or hangs; the longest "
            f"{m['longest_s']:.1f} s; at most {m['peak_mb']} MB"
        ),
        held=lambda m: m["files"] >= _MANY and not (m["escaped"] or m["crashed"]),
    )


def _killed(name: str) -> Row:
    return Row(
        measurement="killed",
        figure=f"`{name}` killed by SIGKILL at a random moment, then run to its end",
        aim="nothing half written, the same result, bit by bit",
        value=lambda m: (
            f"{m[name]['killed']} times in {m[name]['took_s']:.0f} s of work; "
            f"{m[name]['half_written']} half written, {m[name]['differ']} results differ"
        ),
        held=lambda m: m[name]["killed"] > 0 and not (m[name]["half_written"] or m[name]["differ"]),
    )


def _is_told(result: Measured) -> bool:
    """One line of error, status 2, and nothing written, half or whole."""
    told = result["status"] == 2 and len(result["errors"]) == 1 and not result["tracebacks"]
    return told and not result["written"] and not result["partial"]


ROWS = (
    _damaged("sounds", "damaged sound files, 13 formats"),
    Row(
        measurement="models",
        figure="damaged model files that tell their own hash and were used all the same",
        aim="0",
        value=lambda m: f"{m['unnoticed']} of {m['sealed']:,}",
        held=lambda m: m["sealed"] > 0 and not m["unnoticed"],
    ),
    _damaged("models", "damaged model files, TFLite, ONNX and ExecuTorch"),
    _killed("tag"),
    _killed("export"),
    _killed("train"),
    Row(
        measurement="full_disk",
        figure="commands whose disk is full",
        aim="one line, status 2, nothing half written",
        value=lambda m: (
            f"{sum(map(_is_told, m.values()))} of {len(m)}: {', '.join(m)}"
            + "".join(f"; {name}: {each}" for name, each in m.items() if not _is_told(each))
        ),
        held=lambda m: all(map(_is_told, m.values())),
    ),
    Row(
        measurement="together",
        figure="exports begun at once, to a file each and as many to the same file",
        aim="each file whole, nothing else left",
        value=lambda m: (
            f"{m['apart_ended']} and {m['same_ended']} of {m['processes']} ended well; "
            f"{m['apart_open']} files and {'the shared one' if m['same_opens'] else '**not** it'} "
            f"open; left besides: {', '.join(m['left']) or 'nothing'}"
        ),
        held=lambda m: (
            m["apart_ended"] == m["same_ended"] == m["apart_open"] == m["processes"]
            and m["same_opens"]
            and not m["left"]
        ),
    ),
)

NOTES = (
    "- A file is damaged by turned bits, cuts, holes, noise, parts moved, numbers that programs "
    "stumble over, all of which follow from a number (`tools/fuzz/`). A sound file is read whole "
    "and from its middle on; a model file's card is read, the model loaded, half a second tagged.",
    "- Files are damaged with the hash that `export` writes into them and without; without, what "
    "the runtimes refuse is up to them, and a crash stays within a process of its own. Of "
    "ExecuTorch's without there are a fifth as many as of the others.",
    "- A killed command is given again, with `--resume` where there is something to go on from,"
    " and killed again, until it comes to its end; then all begins anew.",
    "- The full disk is a file system in memory with room for less than the command writes.",
)
