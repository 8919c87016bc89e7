"""Tagging by a Ray cluster of two machines, both of them here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TAG = [sys.executable, "-m", "datar_edge", "tag"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two nodes, of one core each."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415 (3 s)

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        made.add_node(num_cpus=1)
        yield made.address
    finally:
        made.shutdown()


@pytest.mark.slow
def test_a_cluster_writes_the_same_file(
    cluster: str, many_sounds: Callable[[int], Path], tmp_path: Path
) -> None:
    root = many_sounds(40)
    (root / "day 0" / "0003 broken.wav").write_text("no sound")
    plain, clustered = tmp_path / "a.csv", tmp_path / "b.csv"
    for output, options in ((plain, []), (clustered, ["--ray", cluster])):
        done = subprocess.run(
            [*TAG, str(root), "--output", str(output), *options],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2  # for the broken one
        errors = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
        assert len(errors) == 1, done.stderr
        assert "0003 broken.wav" in errors[0]
        assert done.stdout == ""
    assert clustered.read_bytes() == plain.read_bytes()
    assert clustered.read_bytes().count(b"\n") > 40


@pytest.mark.slow
def test_a_cluster_of_its_own(real_sounds: list[Path]) -> None:
    """In processes of their own: Ray warns of much, which is an error here."""
    arguments = [*TAG, *map(str, real_sounds), "--json"]
    plain, local = (
        subprocess.run([*arguments, *options], capture_output=True, text=True, check=True)
        for options in ([], ["--ray", "local"])
    )
    assert local.stdout == plain.stdout
    assert local.stderr == plain.stderr


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "127.0.0.1:port"])
def test_an_address_without_a_cluster_is_told(real_sounds: list[Path], address: str) -> None:
    done = subprocess.run(
        [*TAG, str(real_sounds[0]), "--ray", address], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: no Ray cluster can be reached at '{address}': ")
    assert len(done.stderr.splitlines()) == 1


def test_ray_that_is_not_installed_is_told(real_sounds: list[Path]) -> None:
    program = (
        "import sys\nsys.modules['ray'] = None\n"
        "from datar_edge.cli import main\n"
        f"sys.exit(main(['tag', {str(real_sounds[0])!r}, '--ray', 'local']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: --ray needs the package 'ray'")
    assert "datar-edge[cluster]" in done.stderr
    assert len(done.stderr.splitlines()) == 1
