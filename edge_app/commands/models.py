"""`edge-app models`: list the models, and check them against their cards."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge_app.commands.model_options import add_runtime
from edge_app.errors import ModelError, UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from edge_app.console import CompactTable
    from edge_app.model.card import ModelSpec
    from edge_app.results.model_card import ProofLink

EXAMPLES = """examples:
  edge-app models                      what ships, and its quality as measured
  edge-app models check mnist          its files against its card, and its proof chain to here
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `models`."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "check"),
        default="list",
        help="list what ships, or check files against card and reference output (default: list)",
    )
    parser.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help="model to check: a folder, or a name as for `run --model` (default: all that ship)",
    )
    add_runtime(parser)


def run(options: argparse.Namespace) -> int:
    """List or check models; return 1 if a check fails."""
    from rich.markup import escape

    from edge_app.console import TextConsole, coloured, text_table
    from edge_app.doctor.proof_check import has_failed, links_here
    from edge_app.doctor.variant_check import PASSED, check_variant
    from edge_app.model.card import read_card
    from edge_app.model.catalog import shipped_models

    console = TextConsole()
    if options.action == "list":
        if options.model:
            raise UsageError(
                f"models list takes no model; to check one: edge-app models check {options.model}"
            )
        console.print(_overview([read_card(folder) for folder in shipped_models()]))
        return 0
    names = [options.model] if options.model is not None else map(str, shipped_models())
    failed = False
    for name in names:
        spec = _model_with_card(name)
        folder = next((variant.path.parent for variant in spec.variants.values()), name)
        table = text_table(
            f"{escape(spec.title)} [dim]({escape(str(folder))})[/]", ("variant", "verdict")
        )
        here: dict[str, list[ProofLink]] = {}
        for variant in spec.variants.values():
            check = check_variant(spec, variant, runtime=options.runtime, threads=options.threads)
            failed = failed or check.state != PASSED
            colour = "green" if check.state == PASSED else "bold red"
            table.add_row(coloured(variant.name), f"[{colour}]{escape(check.message)}[/]")
            if check.state == PASSED:
                links = links_here(spec, variant, runtime=options.runtime, threads=options.threads)
                here[variant.name] = links
                failed = failed or has_failed(links)
        console.print(table)
        console.print(_proof_table(spec, here))
    return 1 if failed else 0


def _proof_table(spec: ModelSpec, here: Mapping[str, list[ProofLink]]) -> Table:
    """Return the whole chain: the links of the card, and those that were repeated here."""
    from rich.markup import escape

    from edge_app.console import coloured, text_table
    from edge_app.model.proof import PROOF_COLUMNS, proof_cells

    table = text_table("Proof chain: from the source to this machine", ("variant", *PROOF_COLUMNS))
    for name in spec.variants:
        links = [*(link for link in spec.proof if link.variant == name), *here.get(name, ())]
        for number, link in enumerate(links):
            compared, *cells, last = map(escape, proof_cells(link))
            last = f"[bold red]{last}[/]" if link.note else last
            end = number == len(links) - 1
            table.add_row("" if number else coloured(name), compared, *cells, last, end_section=end)
    return table


def _model_with_card(name: str) -> ModelSpec:
    """Return a model by its folder or its shipped name; raise ModelError if it has no card."""
    from edge_app.model.catalog import resolve_model

    if Path(name).suffix == ".tflite" and Path(name).is_file():
        raise ModelError(
            f"{name} is a single file, and the checks need its model card; name the folder with "
            f"its model.json, or try it: edge-app run --model {name}"
        )
    return resolve_model(name)


def _overview(specs: list[ModelSpec]) -> CompactTable:
    from rich.markup import escape

    from edge_app.console import CompactTable, coloured
    from edge_app.style import file_size

    table = CompactTable(
        "Models that ship with the app", ("model", "variant", "size", "quality as\nmeasured"), 2
    )
    for spec in specs:
        width, height = spec.input.size_wh
        channels = spec.input.channels
        about = (escape(spec.name), f"[dim]{spec.task}[/]", f"[dim]{width}x{height} {channels}[/]")
        lines = list(zip_longest(about, spec.variants.values(), fillvalue=None))
        for number, (name, variant) in enumerate(lines):
            cells = ("", "", "")
            if variant is not None:
                quality = _quality(variant.quality)
                cells = (coloured(variant.name), file_size(variant.bytes), quality)
            table.add_row(name or "", *cells, end_section=number == len(lines) - 1)
    return table


def _quality(quality: Mapping[str, Any]) -> str:
    """Return a variant's measured quality as text."""
    from edge_app.style import count, miou_text, percent

    parts = []
    if quality.get("miou") is not None:
        parts.append(miou_text(quality["miou"]))
    if quality.get("top1") is not None:
        parts.append(f"top-1 {percent(quality['top1'])}")
    if parts and quality.get("frames"):
        parts.append(f"on {count(quality['frames'], 'frame')}")
    return " ".join(parts) or "not measured"
