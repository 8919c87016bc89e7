"""Tags one sound file with the bundled model: python examples/tag_file.py FILE."""

from __future__ import annotations

import sys

import datar_edge


def main(path: str) -> None:
    """Prints the best label of each part of the file, with its score and times in seconds."""
    with datar_edge.load() as tagger:
        for segment in tagger.tag_file(path):
            best = segment.tags[0]
            print(f"{segment.start_s:6.2f} {segment.end_s:6.2f} {best.score:5.2f} {best.label}")


if __name__ == "__main__":
    main(sys.argv[1])
