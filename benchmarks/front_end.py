"""How far the front-end is from Kaldi's fbank on real clips.

    python benchmarks/front_end.py --data esc:../shared/esc10

The reference is `torchaudio.compliance.kaldi.fbank` in double precision. Beside ours stands the
same function in float32: where that one is as far from its own double precision as we are, the
rest is what float32 can tell.
"""

from __future__ import annotations

import argparse

import torch
import torchaudio

from datar_edge.audio.files import read_audio
from datar_edge.config import FbankConfig
from datar_edge.data.readers import open_dataset
from datar_edge.features import Fbank
from datar_edge.presets import FBANKS

BOUND = 1e-3


def kaldi(waveform: torch.Tensor, config: FbankConfig) -> torch.Tensor:
    """The reference in the precision of its input, `[frames, mels]`."""
    return torchaudio.compliance.kaldi.fbank(
        waveform,
        htk_compat=True,
        sample_frequency=config.sample_rate_hz,
        use_energy=False,
        window_type="hanning",
        num_mel_bins=config.num_mel_bins,
        dither=0.0,
        frame_shift=config.frame_shift_ms,
        frame_length=config.frame_length_ms,
    )


def main() -> None:
    """Prints a row for each front-end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="esc:../shared/esc10")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    clips = open_dataset(options.data, limit=options.limit).clips
    print(f"{len(clips)} clips; differences of log-mel values, in nats")
    print("| front-end | ours, median clip's largest | ours, largest | values over 1e-3 |", end="")
    print(" torchaudio float32, largest | its values over 1e-3 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, config in FBANKS.items():
        fbank = Fbank(config)
        largest: list[float] = []
        over = theirs_over = values = 0
        theirs_largest = 0.0
        for clip in clips:
            waveform = torch.from_numpy(read_audio(clip.path, config.sample_rate_hz)).unsqueeze(0)
            expected = kaldi(waveform.double(), config)
            ours = (fbank(waveform)[0] - expected).abs()
            theirs = (kaldi(waveform, config) - expected).abs()
            largest.append(ours.max().item())
            theirs_largest = max(theirs_largest, theirs.max().item())
            over += int((ours > BOUND).sum())
            theirs_over += int((theirs > BOUND).sum())
            values += ours.numel()
        median = sorted(largest)[len(largest) // 2]
        what = f"{name}, {config.sample_rate_hz / 1000:g} kHz, {config.num_mel_bins} mels"
        print(
            f"| {what} | {median:.1e} | {max(largest):.1e} | {over} of {values:,} "
            f"| {theirs_largest:.1e} | {theirs_over} |"
        )


if __name__ == "__main__":
    main()
