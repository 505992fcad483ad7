"""Entry point of `python -m edge_app`; its `doctor` runs even if nothing is installed."""

import sys

from edge_app.cli import main

if __name__ == "__main__":
    sys.exit(main())
