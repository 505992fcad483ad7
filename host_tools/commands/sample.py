"""`host-tools sample`: a balanced sample of MNIST's test digits."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLES = """example:
  host-tools sample digits --count 500 --out assets/samples
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sample`."""
    option = parser.add_argument
    option("what", choices=("digits",), help="what to sample")
    option(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder with MNIST's four IDX files, plain or .gz "
        "(default: ./mnist, else downloaded by Keras)",
    )
    option("--count", type=int, default=500, help="number of digits (default: 500)")
    option("--seed", type=int, default=0, help="random seed (default: 0)")
    option("--out", type=Path, required=True, metavar="DIR", help="folder of the two IDX files")


def run(options: argparse.Namespace) -> int:
    """Write the sample and print its files."""
    from rich.console import Console

    from edge_app.console import print_line
    from host_tools.datasets import find_mnist, write_sample

    folder = find_mnist(options.data)
    for path in write_sample(folder, options.out, count=options.count, seed=options.seed):
        size = path.stat().st_size
        print_line(Console(), f"{path}: {options.count} digits, {size:,} bytes")
    return 0
