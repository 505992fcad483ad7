"""Name the options of `host-tools diagnose`."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_app.commands.arg_types import numbers

EXAMPLES = """examples:
  host-tools diagnose models/street --images photos/ --out diagnosis
  host-tools diagnose models/street --images drive.mp4 --repair
  host-tools diagnose --float32 a.tflite --int8 b.tflite --images photos/ --mean 127.5 --std 127.5

DIR holds afterwards layers.png and layers.json. What --repair finds goes to convert --keep-float.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to the command's parser."""
    parser.add_argument("bundle", nargs="?", type=Path, metavar="MODEL_DIR", help="a model folder")
    parser.add_argument("--variant", choices=("int8",), default="int8", help="(int8)")
    parser.add_argument("--float32", type=Path, metavar="FILE", help="or two .tflite files: this")
    parser.add_argument("--int8", type=Path, metavar="FILE", help="and this")
    parser.add_argument(
        "--images", required=True, metavar="SOURCE", help="pictures: a folder, a video, IDX digits"
    )
    parser.add_argument("--samples", type=int, default=8, help="how many of them (8)")
    parser.add_argument(
        "--mean",
        type=numbers,
        metavar="M[,M,M]",
        help="for files: input is (pixel - mean) / std (127.5; of digits 0)",
    )
    parser.add_argument("--std", type=numbers, metavar="S[,S,S]", help="(127.5; of digits 255)")
    parser.add_argument("--channels", choices=("rgb", "bgr"), help="their order, for files (rgb)")
    parser.add_argument(
        "--repair", action="store_true", help="try which operators have to stay in float"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the chart and all layers")
