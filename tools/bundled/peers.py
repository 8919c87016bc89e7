"""What else could have been shipped at the same cost, trained and measured in the same way.

Part of `tools.bundled`, which trains them beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from datar_edge.models import build
from datar_edge.models.count import count_macs, count_parameters
from datar_edge.presets import preset
from datar_edge.variants import varied
from tools.bundled.runs import held_out, split


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A model in the table.

    Attributes:
        title: as it is told.
        preset: its preset.
        variants: what is changed of the preset.
    """

    title: str
    preset: str
    variants: tuple[str, ...] = ()

    def options(self) -> list[str]:
        """That `datar-edge train` takes; all else is the recipe's."""
        chosen = [option for name in self.variants for option in ("--variant", name)]
        return ["--preset", self.preset, *chosen]

    @property
    def name(self) -> str:
        """Of its folder."""
        return "-".join((self.preset, *self.variants))

    def folder(self, runs: Path, fold: int, seed: int) -> Path:
        """Of the run that leaves the fold out; the bundled model's own lie where they are."""
        own = self == SHIPPED
        return runs / ("" if own else f"peers/{self.name}") / f"fold-{fold}-seed-{seed}"

    def cost(self, labels: int) -> tuple[int, int]:
        """Parameters, and multiply-accumulates of a window without its front-end."""
        model = build(varied(preset(self.preset), self.variants), heads={"class": labels})
        return count_parameters(model), count_macs(model.eval())


SHIPPED = Peer(title="DATAR, as it ships", preset="datar-micro")
PEERS = (
    SHIPPED,
    Peer(
        title="shifted windows in place of deformable attention",
        preset="datar-micro",
        variants=("no-deformable",),
    ),
    Peer(title="without the input adaptor", preset="datar-micro", variants=("no-adaptor",)),
    Peer(title="plain convolutional net", preset="conv-micro"),
    Peer(title="AST, small", preset="ast-micro"),
)


def peer_runs(
    peers: Sequence[Peer],
    runs: Path,
    given: Sequence[str],
    *,
    folds: Sequence[int],
    peer_folds: Sequence[int],
    seed: int,
) -> list[tuple[Path, list[str]]]:
    """Folder and options of each run that the table needs, the bundled model's own among them."""
    return [
        (peer.folder(runs, fold, seed), [*given, *peer.options(), *split(fold, folds)])
        for fold in peer_folds
        for peer in peers
    ]


def peer_table(
    peers: Sequence[Peer], runs: Path, data: str, peer_folds: Sequence[int], seed: int
) -> str:
    """What each learnt, as Markdown."""
    names = [f"fold {fold}" for fold in peer_folds]
    lines = [
        f"| model | parameters | MMAC | {' | '.join(names)} | all |",
        f"| --- | --- | --- |{' --- |' * (len(names) + 1)}",
    ]
    for peer in peers:
        results = [held_out(data, fold, peer.folder(runs, fold, seed)) for fold in peer_folds]
        clips = sum(result["clips"] for result in results)
        right = sum(result["top1"] * result["clips"] for result in results)
        parameters, macs = peer.cost(len(results[0]["heads"]["class"]["per_class"]))
        shares = " | ".join(f"{result['top1']:.1%}" for result in results)
        lines.append(
            f"| {peer.title} | {parameters / 1e6:.2f} M | {macs / 1e6:.0f} | {shares} | "
            f"{right / clips:.1%} |"
        )
    return "\n".join(lines)
