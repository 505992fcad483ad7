"""Carry out `edge-app merge`: add what several boards counted, to the last count."""

from __future__ import annotations

import argparse
from functools import reduce
from pathlib import Path

from rich.console import Console

from edge_app.commands.evaluate import tell_outcome
from edge_app.errors import UsageError
from edge_app.evaluate.evaluation_result import ALLOWANCES, NAME, merge, read_outcome


def merge_command(options: argparse.Namespace) -> int:
    """Add evaluations; nothing is written where they do not belong together."""
    allow = frozenset(name.strip() for name in options.allow.split(",") if name.strip())
    if unknown := allow.difference(ALLOWANCES):
        raise UsageError(
            f"--allow {', '.join(sorted(unknown))}: choose from {', '.join(ALLOWANCES)}"
        )
    if len(options.results) < 2:
        raise UsageError("one result needs no adding; name two or more")
    outcomes = [read_outcome(Path(path)) for path in options.results]
    total = reduce(lambda first, second: merge(first, second, allow), outcomes)
    out = Path(options.out)
    total.write(out / NAME)
    tell_outcome(Console(), total, out)
    return 0
