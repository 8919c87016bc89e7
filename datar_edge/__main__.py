"""`python -m datar_edge` is `datar-edge`."""

from datar_edge.cli import main

main()
