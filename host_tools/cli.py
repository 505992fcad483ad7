"""The commands of `host-tools`. A command's module is imported only when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from edge_app.program import Command, Program

PROGRAM = Program(
    "host-tools",
    "Turn a model into four TFLite variants and verify them, on a workstation.",
    (
        Command("train", "train a network that ships with the app", "host_tools.commands.train"),
        Command("convert", "convert a model into four variants", "host_tools.commands.convert"),
        Command("scenes", "draw synthetic streets with their labels", "host_tools.commands.scenes"),
        Command(
            "sample", "write a balanced sample of MNIST's test digits", "host_tools.commands.sample"
        ),
        Command(
            "fetch", "download a model or data set that cannot ship", "host_tools.commands.fetch"
        ),
        Command(
            "evaluate",
            "score many models and variants on a Dask cluster",
            "host_tools.commands.evaluate",
        ),
        Command("report", "make a page of results, with charts", "host_tools.commands.report"),
        Command(
            "diagnose",
            "show layer by layer where int8 differs from float32",
            "host_tools.commands.diagnose",
        ),
    ),
    interrupted="stopped; earlier results are unchanged",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, 1 after an error, 2 for usage, 130 after Ctrl-C."""
    return PROGRAM.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
