"""Trains the model that ships, measures it by cross-validation, and writes its files and card.

    python tools/bundled_model.py --data esc:../shared/esc10

Each step is a command of datar-edge, printed before it runs. What is finished is not done again,
and a stopped training goes on where it stopped, so the script may be killed and run again at any
time. Everything but the results stays in runs/bundled/.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import itertools
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bundled_average import average
from bundled_calibration import calibrate, divide_logits, held_out_windows
from bundled_card import CrossValidation, card, confusion_of
from bundled_peers import PEERS, SHIPPED, Peer, peer_runs, peer_table
from bundled_runs import held_out, run, split, started, train_each

from datar_edge.models import load_checkpoint, save_checkpoint

ROOT = Path(__file__).parents[1]
RECIPES = ("soft", "hard")
"""By how far they change an example; the seeds take them in turn."""
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


def made(folder: Path, script: str) -> Path:
    """Sounds that a script beside this one makes."""
    if not folder.exists():
        partial = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(partial, ignore_errors=True)
        command = [sys.executable, str(Path(__file__).with_name(script)), str(partial)]
        subprocess.run(command, check=True)
        partial.replace(folder)
    return folder


def cached(runs: Path) -> list[str]:
    """Options of runs that share their spectrograms."""
    return ["--cache", str(runs / "spectrograms")]


def like(recipe: str) -> list[str]:
    """Options of a run by a recipe of ours."""
    return ["--recipe", str(Path(__file__).with_name("recipes") / f"{recipe}.json")]


def pretrain_all(runs: Path, peers: Sequence[Peer], *, seed: int, jobs: int) -> None:
    """Trains each model on made-up sounds first."""
    sounds = made(runs / "synthetic", "synthetic_sounds.py")
    own = ["--data", f"folder:{sounds}", "--val-folds", "5"]
    given = [*own, *like("pretraining"), *cached(runs)]
    wanted = {peer.start(runs): ([*given, *peer.options()], seed) for peer in peers}
    train_each(wanted, jobs)


def train_all(
    options: argparse.Namespace, peers: Sequence[Peer]
) -> tuple[dict[tuple[int, int], Path], list[Path]]:
    """Trains a model a fold and seed without that fold, and one a seed on all folds.

    Returns:
        The runs by fold and seed, and those on all folds.
    """
    negatives = made(options.runs / "negatives", "training_negatives.py")
    given = ["--data", options.data, "--negatives", str(negatives), *cached(options.runs)]
    folds, seeds = options.folds, options.seeds
    own = [*given, *started(SHIPPED.start(options.runs))]
    recipes = dict(zip(seeds, itertools.cycle(RECIPES), strict=False))
    runs = {
        (fold, seed): options.runs / f"fold-{fold}-seed-{seed}" for seed in seeds for fold in folds
    }
    wanted = {
        folder: ([*own, *like(recipes[seed]), *split(fold, folds)], seed)
        for (fold, seed), folder in runs.items()
    }
    finals = [options.runs / f"all-seed-{seed}" for seed in seeds]
    every = ["--folds", ",".join(map(str, folds))]
    for folder, seed in zip(finals, seeds, strict=True):
        wanted[folder] = ([*own, *like(recipes[seed]), *every], seed)
    given += like(RECIPES[0])
    held = {"folds": folds, "peer_folds": options.peer_folds, "seed": seeds[0]}
    for folder, arguments in peer_runs(peers, options.runs, given, **held):
        wanted.setdefault(folder, (arguments, seeds[0]))
    train_each(wanted, options.jobs)
    return runs, finals


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
    pretrain_all(options.runs, peers, seed=options.seeds[0], jobs=options.jobs)
    runs, finals = train_all(options, peers)
    means = {
        fold: average([runs[fold, seed] for seed in options.seeds], options.runs / f"fold-{fold}")
        for fold in options.folds
    }
    final = average(finals, options.runs / "all")
    results = {key: held_out(options.data, key[0], folder) for key, folder in runs.items()}
    of_means = {fold: held_out(options.data, fold, folder) for fold, folder in means.items()}
    negatives = options.runs / "negatives"
    windows = {
        fold: held_out_windows(folder, options.data, fold, negatives)
        for fold, folder in means.items()
    }
    calibration = calibrate(windows)
    publish(final, calibration.temperature)
    events = false_events(options.runs, options.data)
    table = peer_table(peers, options.runs, options.data, options.peer_folds, options.seeds[0])
    files = [path for *_, path in FILES]
    text = card(
        finals, CrossValidation(results, of_means), calibration, files, events=events, peers=table
    )
    picture = confusion_of(of_means)
    (BUNDLED / "confusion.svg").write_text(picture, encoding="utf-8")
    (BUNDLED / "MODEL_CARD.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
