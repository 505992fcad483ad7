"""`host-tools report`: make a page of results, with charts and a gallery."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_app.commands.arg_types import OptionAdder, options_from

EXAMPLES = """examples:
  edge-app bench --model street --json pi5.json                 on the board
  edge-app run drive.mp4 --model street --variant int8 --metrics runs/int8
  host-tools report pi5.json laptop.json runs/*/summary.json --out report
  host-tools report pi5.json --out report --gallery models/street --images photos/

DIR then holds index.html, which needs nothing beside it, and the charts as PNG.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `report`."""
    text = "files or folders of edge-app bench --json, edge-app evaluate and run --metrics"
    parser.add_argument("results", nargs="*", type=Path, metavar="RESULT.json", help=text)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the page's folder")
    add = OptionAdder(parser)
    title = "Quantization report"
    add.value("--title", "TITLE", f"title of the page (default: {title})", default=title)
    text = "name of a file's machine (default: the board's own)"
    parser.add_argument("--name", action="append", default=[], metavar="[FILE=]NAME", help=text)
    text = "leave out the published figures that ship (default: show them)"
    add.flag("--no-reference", text)
    text = "show what this model's variants make of some images (default: no gallery)"
    add.value("--gallery", "MODEL_DIR", text)
    add.value("--images", "SOURCE", "images of the gallery: a folder, a video or IDX digits")
    add.value("--samples", "SAMPLES", "number of gallery images (default: 3)", int, 3)


def run(options: argparse.Namespace) -> int:
    """Make the page; print its path and the warnings of the results."""
    from edge_app.console import TextConsole
    from edge_app.output_place import reserved
    from host_tools.report.build_report import ReportOptions, build_report

    reference = not options.no_reference
    wanted = options_from(options, ReportOptions, names=options.name, reference=reference)
    with reserved(folders=[options.out]):
        build_report(wanted, TextConsole())
    return 0
