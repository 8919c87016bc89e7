"""`python -m datar_edge` is `datar-edge`."""

import sys

from datar_edge.cli import main

sys.exit(main())
