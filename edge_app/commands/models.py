"""`edge-app models`: list the models, check them, and write a card for a file without one."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge_app.commands.arg_types import OptionAdder
from edge_app.commands.model_options import add_file_options, add_runtime, overrides_of
from edge_app.errors import UsageError
from edge_app.paths import is_shipped_model

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from edge_app.console import CompactTable
    from edge_app.model.card import ModelSpec
    from edge_app.results.model_card import ProofLink

EXAMPLES = """examples:
  edge-app models                      what ships, and its quality as measured
  edge-app models check mnist          its files against its card, and its proof chain to here
  edge-app models init float32.tflite --out models/net   a folder with a card, to be corrected
"""


_ACTIONS = ("list", "check", "init")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `models`."""
    parser.add_argument(
        "action",
        nargs="?",
        type=_action,
        choices=_ACTIONS,
        default="list",
        help="list what ships, check files against card and reference output, or write a card for "
        "a .tflite file without one (default: list)",
    )
    parser.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help="model to check, a folder or a name as for `run --model` (default: all that ship), "
        "or the .tflite file of `init`",
    )
    text = "new folder for `init`: a copy of the file, and its model.json (default: none)"
    OptionAdder(parser).value("--out", "DIR", text, Path)
    add_runtime(parser)
    add_file_options(parser)


def _action(text: str) -> str:
    """Return what to do; a model in its place is refused with the command that checks it."""
    # A path of any length, for which Path.exists raises.
    if text not in _ACTIONS and (is_shipped_model(text) or os.path.exists(text)):  # noqa: PTH110
        raise argparse.ArgumentTypeError(
            f"'{text}' is a model; did you mean edge-app models check {text}?"
        )
    return text


def run(options: argparse.Namespace) -> int:
    """List, check or describe models; return 1 if a check fails."""
    from edge_app.console import TextConsole
    from edge_app.model.card import read_card
    from edge_app.model.catalog import shipped_models

    console = TextConsole()
    if options.action == "init":
        return _init(console, options)
    if options.out:
        raise UsageError(f"models {options.action} writes no folder; leave out --out")
    if options.action == "list":
        if options.model:
            raise UsageError(
                f"models list takes no model; to check one: edge-app models check {options.model}"
            )
        console.print(_overview([read_card(folder) for folder in shipped_models()]))
        return 0
    names = [options.model] if options.model is not None else map(str, shipped_models())
    passed = [_check(console, name, options) for name in names]
    return 0 if all(passed) else 1


def _check(console: Console, name: str, options: argparse.Namespace) -> bool:
    """Check one model and print the verdicts; return whether all its files passed."""
    from rich.markup import escape

    from edge_app.console import coloured, print_wrapped, text_table
    from edge_app.doctor.proof_check import has_failed, links_here
    from edge_app.doctor.variant_check import PASSED, check_variant
    from edge_app.model.catalog import resolve_model
    from edge_app.session.guess_table import guess_table, way_to_keep

    spec = resolve_model(name, overrides_of(options), runtime=options.runtime)
    if spec.guessed:
        console.print(guess_table(spec.guessed))
    folder = next((variant.path.parent for variant in spec.variants.values()), name)
    table = text_table(
        f"{escape(spec.title)} [dim]({escape(str(folder))})[/]", ("variant", "verdict")
    )
    failed = False
    here: dict[str, list[ProofLink]] = {}
    for variant in spec.variants.values():
        check = check_variant(spec, variant, runtime=options.runtime, threads=options.threads)
        failed = failed or check.state != PASSED
        colour = "green" if check.state == PASSED else "bold red"
        table.add_row(
            coloured(variant.name, spec.variants), f"[{colour}]{escape(check.message)}[/]"
        )
        if check.state == PASSED:
            links = links_here(spec, variant, runtime=options.runtime, threads=options.threads)
            here[variant.name] = links
            failed = failed or has_failed(links)
    console.print(table)
    console.print(_proof_table(spec, here))
    if spec.guessed:
        print_wrapped(console, escape(way_to_keep(spec)))
    return not failed


def _proof_table(spec: ModelSpec, here: Mapping[str, list[ProofLink]]) -> Table:
    """Return the whole chain: the links of the card, and those that were repeated here."""
    from rich.markup import escape

    from edge_app.console import coloured, text_table
    from edge_app.model.proof_link import PROOF_COLUMNS, proof_cells

    table = text_table("Proof chain: from the source to this machine", ("variant", *PROOF_COLUMNS))
    for name in spec.variants:
        links = [*(link for link in spec.proof if link.variant == name), *here.get(name, ())]
        for number, link in enumerate(links):
            compared, *cells, last = map(escape, proof_cells(link))
            last = f"[bold red]{last}[/]" if link.note else last
            end = number == len(links) - 1
            table.add_row(
                "" if number else coloured(name, spec.variants),
                compared,
                *cells,
                last,
                end_section=end,
            )
    return table


def _init(console: Console, options: argparse.Namespace) -> int:
    """Write a model folder for a .tflite file without a card, and print what was inferred."""
    from rich.markup import escape

    from edge_app.console import print_line, print_wrapped
    from edge_app.model.init_card import write_model_folder
    from edge_app.model.model_kinds import way_to_convert
    from edge_app.output_place import reserved
    from edge_app.session.guess_table import guess_table, way_to_correct

    if not options.model or not options.out:
        raise UsageError(
            "models init needs a .tflite file and a folder: edge-app models init FILE --out DIR"
        )
    title, way = way_to_convert(Path(options.model))
    if way and Path(options.model).exists():
        raise UsageError(f"{options.model} is {title}; {way}")
    with reserved(folders=[options.out]):
        spec = write_model_folder(
            Path(options.model), options.out, overrides_of(options), runtime=options.runtime
        )
    console.print(guess_table(spec.guessed))
    print_wrapped(console, escape(way_to_correct(spec.guessed)))
    print_line(console, f"written: {options.out}; run it: edge-app run --model {options.out}")
    return 0


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
                cells = (coloured(variant.name, spec.variants), file_size(variant.bytes), quality)
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
