from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray

from datar_edge.bundled import bundled_tflite
from datar_edge.card import ModelCard
from datar_edge.config import FbankConfig
from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.data.readers import open_dataset
from datar_edge.errors import ConfigError, DataError, LabelError, ModelFileError
from datar_edge.report.evaluate import evaluate, open_model, rank_of

ROOT = Path(__file__).parents[2]
ESC_10 = ROOT.parent / "shared" / "esc10"
RATE_HZ = 16_000
LABELS = tuple("abcdefgh")
VERBS = ("cut", "wash")


class TableSession:
    """Looks a window's scores up: a clip of tone 200 + 100·n Hz has row n of the table.

    Args:
        table: scores `[clips, labels]` by head.
        heads: labels by head.
    """

    def __init__(
        self, table: Mapping[str, NDArray[np.float32]], heads: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.table = table
        fbank = FbankConfig(sample_rate_hz=RATE_HZ, window_s=0.1, num_frames=16)
        self.card = ModelCard(preset="table", heads=heads, fbank=fbank, hop_s=0.1)

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        peak_hz = 10 * int(np.abs(np.fft.rfft(waveform[0])).argmax())
        row = round((peak_hz - 200) / 100)
        return {head: scores[row] for head, scores in self.table.items()}

    def close(self) -> None:
        pass

    def __enter__(self) -> TableSession:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def make_clips(folder: Path, targets: list[dict[str, str]]) -> tuple[Clip, ...]:
    """One tone a clip, a third of a second long."""
    times = np.arange(RATE_HZ // 3) / RATE_HZ
    clips = []
    for row, labels in enumerate(targets):
        path = folder / f"{row}.wav"
        wave = 0.3 * np.sin(2.0 * np.pi * (200 + 100 * row) * times)
        soundfile.write(path, wave, RATE_HZ)
        clips.append(Clip(path=path, targets=labels))
    return tuple(clips)


def random_case(folder: Path) -> tuple[TableSession, ClipSet, dict[str, NDArray[np.int64]]]:
    rng = np.random.default_rng(11)
    heads = {"class": LABELS, "verb": VERBS}
    table = {h: rng.random((40, len(ls)), dtype=np.float32) for h, ls in heads.items()}
    right = {h: rng.integers(len(ls), size=40) for h, ls in heads.items()}
    targets = [{h: heads[h][right[h][row]] for h in heads} for row in range(40)]
    clips = ClipSet(name="tones", heads=heads, clips=make_clips(folder, targets))
    return TableSession(table, heads), clips, right


def test_accuracies_equal_those_of_torch_topk(tmp_path: Path) -> None:
    session, clips, right = random_case(tmp_path)
    result = evaluate(session, clips)
    hits = {}
    for head, table in session.table.items():
        k = min(5, table.shape[1])
        best = torch.from_numpy(table).topk(k).indices == torch.from_numpy(right[head])[:, None]
        hits[head] = best[:, 0].numpy()
        overall = result.heads[head].overall
        assert overall.top1 == pytest.approx(best[:, 0].float().mean().item())
        assert overall.top5 == pytest.approx(best.any(dim=1).float().mean().item())
        for index, label in enumerate(session.card.heads[head]):
            rows = right[head] == index
            one = result.heads[head].per_class[label]
            assert one.clips == rows.sum()
            assert one.top1 == pytest.approx(hits[head][rows].mean())
    assert result.clips == 40
    assert result.all_right == pytest.approx((hits["class"] & hits["verb"]).mean())
    assert 0.0 < result.all_right < result.heads["class"].overall.top1


def test_a_head_that_the_data_set_lacks_is_left_out(tmp_path: Path) -> None:
    session, clips, _ = random_case(tmp_path)
    verbs = ClipSet(name="verbs", heads={"verb": VERBS}, clips=clips.clips)
    assert list(evaluate(session, verbs).heads) == ["verb"]


def test_equal_scores_are_ranked_as_argmax_ranks_them() -> None:
    scores = np.array([0.2, 0.3, 0.3, 0.2], np.float32)
    assert [rank_of(scores, index) for index in range(4)] == [2, 0, 1, 3]


def test_labels_are_found_whatever_their_case(tmp_path: Path) -> None:
    heads = {"class": ("Dog", "Cat")}
    session = TableSession({"class": np.array([[0.1, 0.9]], np.float32)}, heads)
    clips = make_clips(tmp_path, [{"class": "cat"}])
    result = evaluate(session, ClipSet(name="pets", heads={"class": ("cat",)}, clips=clips))
    assert list(result.heads["class"].per_class) == ["Cat"]
    assert result.heads["class"].overall.top1 == 1.0


def test_clips_that_cannot_be_read_are_told_and_left_out(tmp_path: Path) -> None:
    session, clips, _ = random_case(tmp_path)
    clips.clips[3].path.write_text("not sound")
    clips.clips[5].path.unlink()
    result = evaluate(session, clips)
    assert result.clips == 38
    assert all(n in text for n, text in zip(["3.wav", "5.wav"], result.skipped, strict=True))


def test_a_set_of_unreadable_clips_is_an_error(tmp_path: Path) -> None:
    session, clips, _ = random_case(tmp_path)
    gone = [Clip(path=tmp_path / "gone.wav", targets=clips.clips[0].targets)]
    with pytest.raises(DataError, match=r"no clip of tones could be read, of 1\. .*gone\.wav"):
        evaluate(session, ClipSet(name="tones", heads=clips.heads, clips=tuple(gone)))


def test_a_label_that_the_model_lacks_is_named(tmp_path: Path) -> None:
    session, clips, _ = random_case(tmp_path)
    other = ClipSet(name="tones", heads={"class": (*LABELS, "Rooster")}, clips=clips.clips)
    with pytest.raises(LabelError, match="'Rooster'"):
        evaluate(session, other)


def test_a_head_that_the_model_lacks_is_named(tmp_path: Path) -> None:
    session, clips, _ = random_case(tmp_path)
    other = ClipSet(name="kitchen", heads={"noun": ("onion",)}, clips=clips.clips)
    with pytest.raises(DataError, match=r"no head 'noun', which kitchen asks for\. .*class, verb"):
        evaluate(session, other)


def test_a_hop_out_of_range_is_refused(tmp_path: Path) -> None:
    session, clips, _ = random_case(tmp_path)
    with pytest.raises(ConfigError, match="the hop is 0"):
        evaluate(session, clips, hop_s=0.0)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="none"):
        open_model(tmp_path / "none.safetensors")


@pytest.mark.skipif(not ESC_10.is_dir(), reason=f"the clips of {ESC_10} are not there")
def test_the_bundled_model_knows_the_clips_it_learnt() -> None:
    clips = open_dataset(f"esc:{ESC_10}", limit=40)
    with open_model(bundled_tflite()) as session:
        result = evaluate(session, clips)
    assert result.clips == 40
    assert result.skipped == ()
    # The published random forest reached 72.7 % on clips that it had not learnt.
    assert result.heads["class"].overall.top1 > 0.727
    assert len(result.heads["class"].per_class) == 10
