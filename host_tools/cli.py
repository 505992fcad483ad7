"""The commands of `host-tools`. A command's module is imported only when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from edge_app.program import Command, Program

_COMMANDS = {
    "train": "train a network that ships with the app",
    "convert": "convert a model into four variants",
    "scenes": "draw synthetic streets with their labels",
    "sample": "write a balanced sample of MNIST's test digits",
    "fetch": "download a model or data set that cannot ship",
    "evaluate": "score many models and variants on a Dask cluster",
    "report": "make a page of results, with charts",
    "diagnose": "show layer by layer where int8 differs from float32",
}
PROGRAM = Program(
    "host-tools",
    "Turn a model into four TFLite variants and verify them, on a workstation.",
    [Command(name, text, f"host_tools.commands.{name}") for name, text in _COMMANDS.items()],
    interrupted="stopped; earlier results are unchanged",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, 1 after an error, 2 for usage, 130 after Ctrl-C."""
    return PROGRAM.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
