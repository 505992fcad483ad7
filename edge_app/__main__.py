"""Entry point of `python -m edge_app`; its `doctor` runs even if nothing is installed."""

import sys

from edge_app.import_path import forget_current_folder


def main() -> int:
    """Run the program without modules of the current folder."""
    forget_current_folder()
    from edge_app.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
