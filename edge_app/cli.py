"""The commands of `edge-app`. A command's module is imported only when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from edge_app.program import Command, Program

PROGRAM = Program(
    "edge-app",
    "Watch post-training quantization: run the four variants of a model live.",
    (
        Command("run", "stream frames through a model and show them", "edge_app.commands.run"),
        Command("bench", "measure the variants of a model", "edge_app.commands.bench"),
        Command("compare", "set two bench results side by side", "edge_app.commands.compare"),
        Command("evaluate", "score variants over a whole data set", "edge_app.commands.evaluate"),
        Command("merge", "add up the evaluations of several boards", "edge_app.commands.merge"),
        Command(
            "models",
            "list the models, check one, or make a card for a file",
            "edge_app.commands.models",
        ),
        Command("demo", "run all variants on the shipped sample", "edge_app.commands.demo"),
        Command("cameras", "list the cameras of this machine", "edge_app.commands.cameras"),
        Command("doctor", "check this machine, and say how to fix it", "edge_app.commands.doctor"),
        Command("service", "run at every boot, under systemd", "edge_app.commands.service"),
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, 1 after an error, 2 for usage, 128 + n after signal n."""
    return PROGRAM.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
