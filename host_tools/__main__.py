"""Entry point of `host-tools` and `python -m host_tools`, as small as that of `edge-app`."""

import sys

from edge_app.import_path import run_program


def main() -> int:
    """Run the program; return its exit code."""
    return run_program("host_tools.cli")


if __name__ == "__main__":
    sys.exit(main())
