"""Carry out `edge-app demo`: all variants on the sample, then one table."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from edge_app.assets import assets_dir
from edge_app.commands.common import coloured, compact_table, sample
from edge_app.commands.run import Order, carry_out
from edge_app.spec import read_card
from edge_app.style import file_size, percent, significant

_MODEL = "mnist"


def demo_command(options: argparse.Namespace) -> int:
    """Run every variant on the sample, recording each; stop at the first signal."""
    console = Console()
    out = Path(options.out)
    spec = read_card(assets_dir() / "models" / _MODEL)
    source, truth = sample(spec.task)
    rows: list[Mapping[str, Any]] = []
    code = 0
    for variant in spec.variants:
        order = Order(
            spec=spec,
            variant=variant,
            source=source,
            truth=truth,
            runtime=options.runtime,
            threads=options.threads,
            record=out / f"{spec.name}-{variant}.mp4",
            metrics=out / variant,
            headless=options.headless,
            as_fast_as_possible=True,
        )
        summary, code = carry_out(order, console)
        rows.append(summary)
        if code or summary["status"] != "complete":
            break
    console.print(_table(spec.title, rows))
    console.print(f"everything is in {out.resolve()}", highlight=False, soft_wrap=True)
    return code


def _table(title: str, rows: list[Mapping[str, Any]]) -> Table:
    columns = (
        "variant", "size", "top-1", "invoke\np50 ms", "\np90", "network\nfps", "whole\nline fps",
    )  # fmt: skip
    table = compact_table(f"{title}: what quantization costs and buys here", columns, 1)
    for row in rows:
        invoke = row["stages"].get("invoke", {})
        table.add_row(
            coloured(row["variant"]),
            file_size(row["bytes"]),
            percent((row["quality"] or {}).get("top1")),
            significant(invoke.get("p50_ms")),
            significant(invoke.get("p90_ms")),
            significant(row["fps"]["network"]),
            significant(row["fps"]["shown"]),
        )
    return table
