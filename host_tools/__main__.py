"""Entry point of `host-tools` and `python -m host_tools`, as small as that of `edge-app`."""

import sys

from edge_app.import_path import forget_current_folder


def main() -> int:
    """Run the program without modules of the current folder; return its exit code."""
    try:
        forget_current_folder()
        from host_tools.cli import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
