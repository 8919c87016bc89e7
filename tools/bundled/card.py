"""The bundled model's card, in Hugging Face's form; each figure is of a command of the recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datar_edge.report.confusion import confusion_picture
from datar_edge.runtime import read_model_card
from tools.bundled.calibration import Calibration

Results = Mapping[tuple[int, int], Mapping[str, Any]]
"""What `evaluate` wrote, by held-out fold and seed."""

_HEAD = "class"


def confusion_of(results: Results) -> str:
    """The confusion of all held-out clips, as SVG."""
    heads = [result["heads"][_HEAD] for result in results.values()]
    total = np.array([head["confusion"] for head in heads], dtype=np.int64).sum(axis=0)
    return confusion_picture(_HEAD, tuple(heads[0]["per_class"]), total)


def card(
    final: Path,
    results: Results,
    calibration: Calibration,
    exported: Sequence[Path],
    *,
    events: str,
    peers: str,
) -> str:
    """The card.

    Args:
        final: folder of the run that ships.
        results: of the cross-validation.
        calibration: of its windows.
        exported: the files.
        events: what tools/false_events.py printed.
        peers: the table of what else was trained.
    """
    config = json.loads((final / "config.json").read_text())
    clips = sum(result["clips"] for result in results.values())
    right = sum(result["top1"] * result["clips"] for result in results.values())
    return CARD.format(
        accuracy=right / clips,
        files="\n".join(map(_file_row, exported)),
        rows="\n".join(_fold_rows(results)),
        seeds=", ".join(map(str, sorted({seed for _, seed in results}))),
        clips=clips,
        classes="\n".join(_class_rows(results)),
        hop_s=next(iter(results.values()))["hop_s"],
        epochs=config["epochs"],
        batch_size=config["batch_size"],
        learning_rate=config["learning_rate"],
        minutes=json.loads((final / "minutes.json").read_text()),
        folds=", ".join(map(str, config["folds"])),
        calibration=calibration,
        events=events.strip(),
        peers=peers,
    )


def _file_row(path: Path) -> str:
    told = read_model_card(path)
    difference, same = told.parity["max_abs_score_diff"], told.parity["top1_agreement"]
    size_mb = path.stat().st_size / 1e6
    return f"| `{path.name}` | {told.quantize} | {size_mb:.1f} | {difference:.1e} | {same:.1%} |"


def _fold_rows(results: Results) -> list[str]:
    return [
        f"| {fold} | {seed} | {result['clips']} | {result['top1']:.1%} | {result['top5']:.1%} | "
        f"{result['heads'][_HEAD]['mean_average_precision']:.3f} |"
        for (fold, seed), result in sorted(results.items())
    ]


def _class_rows(results: Results) -> list[str]:
    counts: dict[str, list[float]] = {}
    for result in results.values():
        for label, one in result["heads"][_HEAD]["per_class"].items():
            hit, of = counts.get(label, (0.0, 0))
            counts[label] = [hit + one["top1"] * one["clips"], of + one["clips"]]
    return [f"| {label} | {hit:.0f} of {of:.0f} |" for label, (hit, of) in counts.items()]


CARD = """\
---
license: apache-2.0
library_name: datar-edge
pipeline_tag: audio-classification
tags: [audio, sound-event-detection, tflite, executorch, onnx, deformable-attention]
datasets: [ESC-10]
metrics: [accuracy, mean_average_precision]
model-index:
  - name: datar-micro
    results:
      - task: {{type: audio-classification}}
        dataset: {{name: "ESC-10, cross-validation over folds {folds}", type: ESC-10}}
        metrics: [{{type: accuracy, value: {accuracy:.4f}}}]
---
# datar-micro on ESC-10

The model that ships with datar-edge: DATAR (deformable audio transformer) in its smallest
preset, trained from scratch. It takes 2.56 s of 16 kHz mono sound and gives a score for each of
ten labels.

    datar-edge tag SOUND.wav

## Files
`datar-micro.safetensors` is the checkpoint, its matrices in float16. The others are made of it by
`datar-edge export`, which compared them with it on recordings of the package:

| file | quantization | MB | largest difference of a score | same best label |
| --- | --- | --- | --- | --- |
{files}

ONNX and other forms: `datar-edge export --target onnx --quantize int8 --output model.onnx`.

## Data
ESC-10, folds {folds}: 320 clips of about 5 s, ten classes, Creative Commons Attribution 3.0.
K. J. Piczak, "ESC: Dataset for Environmental Sound Classification", ACM Multimedia 2015,
doi 10.1145/2733373.2806390. The clips derive from recordings on Freesound. Fold 5 was never used.
Besides, 64 sounds that are none of the labels, made by `tools/training_negatives.py`: noise, hum,
tones, chords, sweeps, and speech by espeak-ng. The weights are licensed under Apache-2.0; whoever
passes them on names the data set as above.

## Recipe
    make bundled-model

{epochs} epochs, batches of {batch_size}, AdamW at {learning_rate:g}, the augmentation of
`datar_edge/data/augment.py`, the weights averaged (EMA), the statistics of batch-norm taken again
for the average. A negative's target is the same for every label. The run that ships took
{minutes:.0f} minutes on one core of a server, another busy beside it; its
energy was not measured.

## Accuracy
Cross-validation: each fold held out once a seed, seeds: {seeds}; the last weights (never the best
epoch), rounded to float16 as those that ship, a window every {hop_s:g} s, windows 20 dB below a
clip's loudest left out (`datar-edge evaluate`, called by the recipe). One clip is 1.25 points; the
standard error of a fold is about 4 points. The recipe was chosen on folds 1 and 2, which makes
these two look better than a fold that had no part in it.

| held-out fold | seed | clips | top-1 | top-5 | mean average precision |
| --- | --- | --- | --- | --- | --- |
{rows}
| all | | {clips} | {accuracy:.1%} | | |

For comparison, published on all five folds: people 95.7 %, a random forest on MFCC 72.7 %.
The model that ships was trained on all four folds, so its own accuracy is not in the table.

| label | right, held out |
| --- | --- |
{classes}

![Which labels are taken for which, held out](confusion.svg)

## What its parts bring
Other models at about its cost, trained by the same recipe on the same clips and measured in the
same way, on the folds that the recipe was not chosen on. MMAC: millions of multiply-accumulates of
a window of 2.56 s.

{peers}

A difference of a few clips is within the error: of 160 clips it is about 2.5 points.

## How far to trust a score
The logits are divided by a temperature of {calibration.temperature:.2f}, fitted to the held-out
windows and negatives of the cross-validation. Expected calibration error (15 bins) of its
{calibration.windows} labelled windows: {calibration.error_before:.3f} before,
{calibration.error_after:.3f} after, each fold at the temperature that the others gave.

## Sounds that are none of the labels
`python tools/false_events.py --minutes 60 --data esc:DIR`, with the default thresholds: sounds,
voices and words that it was not trained with. The clips at the end are those that it learnt from.

{events}

## Limits
It knows ten labels and nothing else. Sounds that it never met, music and voices that shout or laugh
among them, may get one of the ten. Digital silence is not scored at all. It was trained on clips
chosen to be clear; a far or mixed sound is harder than the table tells.
"""
