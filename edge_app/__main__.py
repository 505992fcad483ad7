"""Entry point of `edge-app` and `python -m edge_app`; `doctor` runs even if nothing is installed.

So small that Ctrl-C hardly falls outside of `run_program`.
"""

import sys

from edge_app.import_path import run_program


def main() -> int:
    """Run the program; return its exit code."""
    return run_program("edge_app.cli")


if __name__ == "__main__":
    sys.exit(main())
