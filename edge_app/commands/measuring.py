"""Read the options of `edge-app bench` and `edge-app compare`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

from edge_app.commands.arg_types import Commands, add_command, positive, seconds

_BENCH_EXAMPLES = """examples:
  edge-app bench --model mnist
  edge-app bench --model street --variants int8,float32 --source drive.mp4 --json pi5.json
  edge-app bench --runtimes litert,tflite-runtime --threads 1,2,4 --csv pi5.csv
  edge-app bench --pace 30 --sustained 10m --explain
  edge-app bench --preset thesis

exit codes: 0 valid; 1 a fault; 2 usage; 3 measured, but not valid (throttled or crowded)
"""
_COMPARE_EXAMPLES = """examples:
  edge-app compare before.json after.json
  edge-app compare after.json --fail-if-slower 5%     against the board's reference
  edge-app compare pi4.json pi5.json --across-boards

exit codes: 0 fine; 1 a fault; 2 usage or unlike boards; 3 slower than allowed
"""
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def add_bench(commands: Commands, add_model: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add `bench`; add_model adds the options that name a model and a runtime."""
    parser = add_command(commands, "bench", "measure the variants of a model", _BENCH_EXAMPLES)
    add_model(parser)
    # Where several are asked for, each gets its turn.
    parser.set_defaults(threads=None)
    for action in parser._actions:
        if action.dest == "threads":
            action.type, action.metavar = _counts, "N[,N]"
    parser.add_argument(
        "--variants", default="all", metavar="LIST", help="names with commas between, or all"
    )
    parser.add_argument(
        "--runtimes", metavar="LIST", help="several runtimes, each measured (or: installed)"
    )
    parser.add_argument("--source", metavar="S", help="what to run on (default: a sample)")
    parser.add_argument("--truth", metavar="T", help="right answers to the source: adds quality")
    parser.add_argument("--truth-labels", metavar="SET", help="camvid, cityscapes, driveseg")
    parser.add_argument(
        "--quality-frames", type=positive, metavar="N",
        help="frames whose answers are judged (default 30, or all with --truth)",
    )  # fmt: skip
    parser.add_argument("--json", metavar="FILE", help="write the result there")
    parser.add_argument("--csv", metavar="FILE", help="write it as a table there")
    parser.add_argument(
        "--min-secs", type=seconds, default=5.0, metavar="S", help="per measurement (default 5)"
    )
    parser.add_argument(
        "--num-runs", type=positive, default=30, metavar="N", help="at least N runs (default 30)"
    )
    parser.add_argument(
        "--warmup-runs", type=positive, default=5, metavar="N", help="not counted (default 5)"
    )
    parser.add_argument(
        "--rounds", type=positive, default=3, metavar="N",
        help="turns of each case, in the order A B C A B C (default 3)",
    )  # fmt: skip
    parser.add_argument(
        "--pace", type=_above_zero, metavar="HZ", help="also run the network at a camera's rate"
    )
    parser.add_argument(
        "--sustained", type=_span, metavar="TIME", help="also run it for 10m without a pause"
    )
    parser.add_argument("--explain", action="store_true", help="say why each is as fast as it is")
    parser.add_argument(
        "--allow-throttled", action="store_true",
        help="exit with 0 although the board was throttled or busy; the result still says it",
    )  # fmt: skip
    parser.add_argument(
        "--preset", choices=("thesis",), help="the experiment this project began with"
    )
    parser.add_argument(
        "--digits", metavar="IMAGES,LABELS", help="for the preset (default: the sample)"
    )
    parser.add_argument(
        "--drive", metavar="VIDEO,TRUTH", help="for the preset (default: the sample)"
    )
    parser.add_argument(
        "--describe-results", action="store_true", help="print the fields of the JSON and stop"
    )


def add_compare(commands: Commands) -> None:
    """Add `compare`."""
    parser = add_command(
        commands, "compare", "set two bench results side by side", _COMPARE_EXAMPLES
    )
    parser.add_argument("first", metavar="A.json")
    parser.add_argument(
        "second", nargs="?", metavar="B.json", help="(default: A against its board's reference)"
    )
    parser.add_argument(
        "--fail-if-slower",
        type=_percent,
        metavar="5%",
        help="exit with 3 where B is slower by more",
    )
    parser.add_argument(
        "--across-boards", action="store_true", help="compare results of unlike boards"
    )
    parser.add_argument(
        "--allow-invalid", action="store_true", help="compare results marked as not valid"
    )


def _counts(text: str) -> list[int]:
    return [positive(part) for part in text.split(",")]


def _above_zero(text: str) -> float:
    number = float(text)
    if not 0 < number <= 1000:
        raise argparse.ArgumentTypeError("must be above 0 and at most 1000")
    return number


def _span(text: str) -> float:
    """Read a time as 90, 90s, 10m or 1h, in seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip().lower())
    if not found:
        raise argparse.ArgumentTypeError(f"'{text}' is no time; write 90s, 10m or 1h")
    return seconds(str(float(found[1]) * _UNITS[found[2]]))


def _percent(text: str) -> float:
    """Read 5% or 0.05 as a share."""
    number = float(text.rstrip("% ")) / (100 if text.strip().endswith("%") else 1)
    if not 0 <= number < 10:
        raise argparse.ArgumentTypeError("must be 0 % or more, as 5% or 0.05")
    return number
