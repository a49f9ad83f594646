import sys

from depot.cli import main

sys.exit(main(sys.argv[1:]))
