"""Entry point of `edge-app` and `python -m edge_app`; `doctor` runs even if nothing is installed.

So small that Ctrl-C hardly falls outside of `main`: the program's own modules take tenths of a
second to import, and an interrupt there is an end like any other, without a traceback.
"""

import sys

from edge_app.import_path import forget_current_folder


def main() -> int:
    """Run the program without modules of the current folder; return its exit code."""
    try:
        forget_current_folder()
        from edge_app.cli import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
