"""`host-tools sample`: a balanced sample of MNIST's test digits."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_app.commands.arg_types import OptionAdder

EXAMPLES = """example:
  host-tools sample digits --count 500 --out assets/samples
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sample`."""
    parser.add_argument("what", choices=("digits",), help="what to sample")
    add = OptionAdder(parser)
    text = "folder with MNIST's four IDX files, plain or .gz "
    add.value("--data", "DIR", text + "(default: ./mnist, else downloaded by Keras)", Path)
    add.value("--count", "COUNT", "number of digits (default: 500)", int, 500)
    add.value("--seed", "SEED", "random seed (default: 0)", int, 0)
    text = "folder of the two IDX files"
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help=text)


def run(options: argparse.Namespace) -> int:
    """Write the sample and print its files."""
    from edge_app.console import TextConsole, print_line
    from edge_app.output_place import reserved
    from host_tools.datasets import find_mnist, write_sample

    with reserved(folders=[options.out]):
        folder = find_mnist(options.data)
        paths = write_sample(folder, options.out, count=options.count, seed=options.seed)
    for path in paths:
        size = path.stat().st_size
        print_line(TextConsole(), f"{path}: {options.count} digits, {size:,} bytes")
    return 0
