"""`host-tools report`: make a page of results, with charts and a gallery."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLES = """examples:
  edge-app bench --model street --json pi5.json                 on the board
  edge-app run drive.mp4 --model street --variant int8 --metrics runs/int8
  host-tools report pi5.json laptop.json runs/*/summary.json --out report
  host-tools report pi5.json --out report --gallery models/street --images photos/

DIR then holds index.html, which needs nothing beside it, and the charts as PNG.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `report`."""
    option = parser.add_argument
    option(
        "results",
        nargs="*",
        type=Path,
        metavar="RESULT.json",
        help="files of edge-app bench --json, edge-app evaluate and edge-app run --metrics",
    )
    option("--out", type=Path, required=True, metavar="DIR", help="the page's folder")
    option(
        "--title",
        default="Quantization report",
        help="title of the page (default: Quantization report)",
    )
    option(
        "--name",
        action="append",
        default=[],
        metavar="[FILE=]NAME",
        help="name of a file's machine (default: the board's own)",
    )
    option(
        "--no-reference",
        action="store_true",
        help="leave out the published figures that ship (default: show them)",
    )
    option(
        "--gallery",
        type=Path,
        metavar="MODEL_DIR",
        help="show what this model's variants make of some images (default: no gallery)",
    )
    option(
        "--images", metavar="SOURCE", help="images of the gallery: a folder, a video or IDX digits"
    )
    option("--samples", type=int, default=3, help="number of gallery images (default: 3)")


def run(options: argparse.Namespace) -> int:
    """Make the page; print its path and the warnings of the results."""
    from rich.console import Console

    from host_tools.report.build_report import ReportOptions, build_report

    wanted = ReportOptions(
        results=options.results,
        out=options.out,
        title=options.title,
        names=options.name,
        reference=not options.no_reference,
        gallery=options.gallery,
        images=options.images,
        samples=options.samples,
    )
    build_report(wanted, Console())
    return 0
