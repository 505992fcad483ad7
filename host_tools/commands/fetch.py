"""`host-tools fetch`: download a model or data set that cannot ship."""

from __future__ import annotations

import argparse
from pathlib import Path

from host_tools.fetch import DOWNLOADS, RECORD_NAME, fetch

EXAMPLES = """examples:
  host-tools fetch mnist                        the four files, to ./mnist
  host-tools fetch deeplab-cityscapes --out downloads

Files that are there already are checked and kept. The published SHA-256 of a file is checked;
where none is published, the first one is recorded and another one refused later.
"""
_COMPARED = {
    "published": "SHA-256 as published",
    "recorded": "SHA-256 as recorded before",
    "nothing": "no SHA-256 is published; another one will be refused from now on",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `host-tools fetch`."""
    parser.add_argument("what", choices=tuple(DOWNLOADS))
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="the folder (default: of that name, here)"
    )


def run(options: argparse.Namespace) -> int:
    """Download, unpack, and print the licence and the next command."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = Console()
    download, folder = DOWNLOADS[options.what], options.out or Path(options.what)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        fetched = fetch(download, folder, progress)
    lines = []
    for one in fetched:
        lines.append(f"{one.path}: {one.path.stat().st_size:,} bytes, {_COMPARED[one.compared]}")
        if one.compared == "nothing":
            lines.append(f"  SHA-256 {one.sha256}, recorded in {folder / RECORD_NAME}")
    lines.append(f"licence: {download.licence}")
    lines.append(f"next: {download.next_command.format(path=fetched[-1].unpacked or folder)}")
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    return 0
