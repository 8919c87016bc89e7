"""What the form of the sampler costs a TFLite file, all forms paired in one run.

    python benchmarks/sampler.py [CHECKPOINT]

Every round runs each form once, in turn, so that a machine that slows down slows all of them. One
thread.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import get_args

import numpy as np

from datar_edge.audio.files import read_audio
from datar_edge.bundled import bundled_checkpoint, verification_sounds
from datar_edge.config import SamplerForm
from datar_edge.export import Exported, export
from datar_edge.models import load_checkpoint
from datar_edge.runtime import Session, open_session


def run_ms(session: Session, waveform: np.ndarray) -> float:
    """Milliseconds of one window."""
    began_s = time.perf_counter()
    session.run(waveform)
    return 1_000 * (time.perf_counter() - began_s)


def main() -> None:
    """Prints a row for each form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, nargs="?", default=bundled_checkpoint())
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    forms = get_args(SamplerForm)
    with tempfile.TemporaryDirectory() as folder:
        files: dict[str, Exported] = {
            form: export(
                load_checkpoint(options.checkpoint),
                sampler=form,
                output=Path(folder) / f"{form}.tflite",
            )
            for form in forms
        }
        sessions = {form: open_session(files[form].artifact) for form in forms}
        card = sessions[forms[0]].card
        sound = read_audio(verification_sounds()[0], card.sample_rate_hz)
        waveform = np.resize(sound, (1, card.window_samples))
        rounds = [
            {form: run_ms(session, waveform) for form, session in sessions.items()}
            for _ in range(options.rounds)
        ][options.rounds // 10 :]  # the first ones warm up
    print("| form | operators | delegated | in parts | ms a window | native ÷ this |")
    print("| --- | --- | --- | --- | --- | --- |")
    for form in forms:
        delegation = files[form].delegation
        times = [one[form] for one in rounds]
        ratios = sorted(one["native"] / one[form] for one in rounds)
        low, high = ratios[len(ratios) // 10], ratios[-len(ratios) // 10]
        print(
            f"| {form} | {delegation.ops} | {delegation.delegated_ops / delegation.ops:.1%} "
            f"| {delegation.delegate_calls} | {statistics.median(times):.2f} "
            f"| {statistics.median(ratios):.2f} ({low:.2f} to {high:.2f}) |"
        )


if __name__ == "__main__":
    main()
