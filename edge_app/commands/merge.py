"""`edge-app merge`: add up what several boards counted."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_app.commands.arg_types import OptionAdder

EXAMPLES = """example, half a data set on each of two boards:
  edge-app evaluate --dataset camvid:CamVid --frames 0:100 --out first      on one
  edge-app evaluate --dataset camvid:CamVid --frames 100: --out second      on the other
  edge-app merge first/evaluation.json second/evaluation.json --out both
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `merge`."""
    parser.add_argument(
        "results", nargs="+", type=Path, metavar="RESULT.json", help="two or more evaluations"
    )
    add = OptionAdder(parser)
    add.value("--out", "DIR", "folder of the sum (default: merged)", Path, Path("merged"))
    text = (
        "add in spite of other model files (models), other data sets (datasets) or frames "
        "counted twice (overlap) (default: none of them)"
    )
    add.value("--allow", "LIST", text, default="")


def run(options: argparse.Namespace) -> int:
    """Add up evaluations; nothing is written if they do not belong together."""
    from functools import reduce

    from rich.markup import escape

    from edge_app.console import TextConsole, print_wrapped
    from edge_app.errors import UsageError
    from edge_app.evaluate.evaluation_file import (
        ALLOWANCES,
        cpu_kinds,
        merge,
        write_evaluation,
    )
    from edge_app.evaluate.evaluation_output import print_evaluation
    from edge_app.output_owner import EVALUATION, check_owner
    from edge_app.output_place import reserved
    from edge_app.results.evaluation_result import read_evaluation

    allow = frozenset(name.strip() for name in options.allow.split(",") if name.strip())
    if unknown := allow.difference(ALLOWANCES):
        raise UsageError(
            f"--allow {', '.join(sorted(unknown))}: choose from {', '.join(ALLOWANCES)}"
        )
    if len(options.results) < 2:
        raise UsageError("only one result is given; give two or more")
    with reserved(folders=[options.out]):
        check_owner(options.out, EVALUATION, "--out")
        results = [read_evaluation(path) for path in options.results]
        total = reduce(lambda first, second: merge(first, second, allow), results)
        write_evaluation(total, options.out)
    console = TextConsole()
    print_evaluation(console, total, options.out)
    kinds = cpu_kinds(total)
    if len(kinds) > 1:
        print_wrapped(
            console,
            f"[yellow]counted on {len(kinds)} kinds of CPU, {escape(' and '.join(kinds))}: they "
            "round differently, so that some answers differ; edge-app models check shows how "
            "much on each[/]",
        )
    return 0
