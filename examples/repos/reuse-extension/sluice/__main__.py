"""`python3 -m sluice`."""

import sys

from sluice.cli import main

sys.exit(main(sys.argv[1:]))
