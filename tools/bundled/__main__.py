"""Trains the model that ships, measures it by cross-validation, and writes its files and card.

    python -m tools.bundled --data esc:../shared/esc10

Each step is a command of datar-edge, printed before it runs. What is finished is not done again,
and a stopped training goes on where it stopped, so the script may be killed and run again at any
time. Everything but the results stays in runs/bundled/.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from datar_edge.models import load_checkpoint, save_checkpoint
from tools.bundled.calibration import calibrate, divide_logits, held_out_windows
from tools.bundled.card import card, confusion_of
from tools.bundled.peers import PEERS, SHIPPED, Peer, peer_runs, peer_table
from tools.bundled.runs import held_out, run, split, train

ROOT = Path(__file__).parents[2]
BUNDLED = ROOT / "datar_edge" / "bundled"
NAME = "datar-micro"
THRESHOLD = 0.75
"""With it none of the sounds of false_events.py is told as an event; see the card."""

FILES = (
    ("tflite", "none", BUNDLED / f"{NAME}.tflite"),
    ("tflite", "int8", ROOT / "models" / f"{NAME}-int8.tflite"),
    ("executorch", "int8", ROOT / "models" / f"{NAME}-int8.pte"),
)
"""Target, quantization and place; what is in `models/` is in the repository, not in the wheel."""


def negatives_in(folder: Path) -> Path:
    """What is none of the labels, made by the script beside this one."""
    if not folder.exists():
        partial = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(partial, ignore_errors=True)
        script = ROOT / "tools" / "training_negatives.py"
        subprocess.run([sys.executable, str(script), str(partial)], check=True)
        partial.replace(folder)
    return folder


def train_all(
    options: argparse.Namespace, peers: Sequence[Peer]
) -> tuple[dict[tuple[int, int], Path], Path]:
    """Trains a model a fold and seed without that fold, one on all folds, and what it is held to.

    Returns:
        The runs by fold and seed, and the final one.
    """
    negatives = negatives_in(options.runs / "negatives")
    spectrograms = options.runs / "spectrograms"
    given = ["--data", options.data, "--negatives", str(negatives), "--cache", str(spectrograms)]
    seed, folds = options.seeds[0], options.folds
    final = options.runs / "all"
    runs = {
        (fold, seed): options.runs / f"fold-{fold}-seed-{seed}"
        for seed in options.seeds
        for fold in folds
    }
    wanted = {final: ([*given, "--folds", ",".join(map(str, folds))], seed)}
    wanted |= {
        folder: ([*given, *split(fold, folds)], seed) for (fold, seed), folder in runs.items()
    }
    held = {"folds": folds, "peer_folds": options.peer_folds, "seed": seed}
    for folder, arguments in peer_runs(peers, options.runs, given, **held):
        wanted.setdefault(folder, (arguments, seed))
    with ThreadPoolExecutor(options.jobs) as pool:
        ends = [
            pool.submit(train, folder, *arguments, seed=seed)
            for folder, (arguments, seed) in wanted.items()
        ]
        for end in ends:
            end.result()
    return runs, final


def publish(final: Path, temperature: float) -> None:
    """Writes the files that ship."""
    checkpoint = load_checkpoint(final / "model.safetensors")
    divide_logits(checkpoint.model, temperature)
    told = {**checkpoint.provenance, "temperature": f"{temperature:.3f}"}
    shipped = BUNDLED / f"{NAME}.safetensors"
    save_checkpoint(
        shipped, dataclasses.replace(checkpoint, provenance=told, threshold=THRESHOLD), half=True
    )
    for target, quantize, output in FILES:
        output.parent.mkdir(exist_ok=True)
        form = ["--target", target, "--quantize", quantize, "--output", str(output)]
        run("export", str(shipped), *form, "--force")


def false_events(runs: Path, data: str) -> str:
    """What the file that ships tells of an hour of each sound; kept by the file's hash."""
    shipped = hashlib.sha256((BUNDLED / f"{NAME}.tflite").read_bytes()).hexdigest()
    kept = runs / f"false-events-{shipped[:12]}.md"
    if not kept.exists():
        command = [sys.executable, "tools/false_events.py", "--minutes", "60", "--data", data]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        kept.write_text(told, encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def main() -> None:
    """Cross-validates, trains on everything, exports, writes the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="esc:../shared/esc10")
    parser.add_argument("--folds", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--peer-folds", type=int, nargs="+", default=[3, 4])
    names = [peer.name for peer in PEERS]
    parser.add_argument("--peers", nargs="+", choices=names, default=names)
    parser.add_argument("--jobs", type=int, default=2, help="runs at once, a core each")
    parser.add_argument("--runs", type=Path, default=Path("runs") / "bundled")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    peers = [peer for peer in PEERS if peer == SHIPPED or peer.name in options.peers]
    runs, final = train_all(options, peers)
    results = {key: held_out(options.data, key[0], folder) for key, folder in runs.items()}
    negatives = options.runs / "negatives"
    windows = {
        key: held_out_windows(folder, options.data, key[0], negatives)
        for key, folder in runs.items()
    }
    calibration = calibrate(windows)
    publish(final, calibration.temperature)
    events = false_events(options.runs, options.data)
    table = peer_table(peers, options.runs, options.data, options.peer_folds, options.seeds[0])
    files = [path for *_, path in FILES]
    text = card(final, results, calibration, files, events=events, peers=table)
    picture = confusion_of(results)
    (BUNDLED / "confusion.svg").write_text(picture, encoding="utf-8")
    (BUNDLED / "MODEL_CARD.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
