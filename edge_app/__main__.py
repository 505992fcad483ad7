"""Run as `python -m edge_app`: where nothing is installed, `doctor` still tells what is missing."""

import sys

from edge_app.cli import main

if __name__ == "__main__":
    sys.exit(main())
