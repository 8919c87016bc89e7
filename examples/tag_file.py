"""Tags one sound file with the bundled model: python examples/tag_file.py FILE."""

from __future__ import annotations

import sys

import datar_edge


def main(path: str) -> None:
    """Prints the best labels of each part of the file, with their scores from 0 to 1."""
    with datar_edge.load(max_results=3) as tagger:
        for segment in tagger.tag_file(path):
            heard = ", ".join(f"{tag.label} {tag.score:.2f}" for tag in segment.tags) or "silence"
            print(f"{segment.start_s:.2f} s to {segment.end_s:.2f} s: {heard}")


if __name__ == "__main__":
    main(sys.argv[1])
