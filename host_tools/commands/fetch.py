"""`host-tools fetch`: download a model or data set that cannot ship."""

from __future__ import annotations

import argparse
from pathlib import Path

from host_tools.fetch.fetch import DOWNLOADS

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
    """Add the arguments of `fetch`."""
    parser.add_argument("what", choices=tuple(DOWNLOADS), help="model or data set")
    text = "folder of the files (default: ./ and that name)"
    parser.add_argument("--out", type=Path, metavar="DIR", help=text)


def run(options: argparse.Namespace) -> int:
    """Download, unpack, and print the licence and the next command."""
    from rich.progress import DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    from edge_app.console import TextConsole, print_line
    from edge_app.output_place import reserved
    from host_tools.fetch.fetch import RECORD_NAME, fetch

    console = TextConsole()
    download, folder = DOWNLOADS[options.what], options.out or Path(options.what)
    text, bar, *_ = Progress.get_default_columns()
    columns = (text, bar, DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, disable=not console.is_terminal)
    with reserved(folders=[folder]), progress:
        fetched = fetch(download, folder, progress)
    for one in fetched:
        size = one.path.stat().st_size
        print_line(console, f"{one.path}: {size:,} bytes, {_COMPARED[one.compared]}")
        if one.compared == "nothing":
            print_line(console, f"  SHA-256 {one.sha256}, recorded in {folder / RECORD_NAME}")
    print_line(console, f"licence: {download.licence}")
    path = fetched[-1].unpacked or folder
    print_line(console, f"next: {download.next_command.format(path=path)}")
    return 0
