"""What all benchmark scripts share: their options, and how they print."""

from __future__ import annotations

import argparse
import sys


def bench_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with `--smoke`, which every script has; description: of the script."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--smoke", action="store_true", help="measure only a few frames, to test the script"
    )
    return parser


def say(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def verdict(kept: bool) -> str:
    """Return the text for a bound that is kept or missed."""
    return "kept" if kept else "MISSED"
