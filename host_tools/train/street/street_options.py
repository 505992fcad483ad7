"""Name the options of `host-tools train street`."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLES = """examples:
  host-tools fetch deeplab-cityscapes --out downloads      the teacher, a frozen graph
  host-tools train street --data camvid:CamVid --data video:drive.mp4 \\
      --teacher frozen_inference_graph.pb --minutes 80 --out street.keras
  host-tools train street --data cityscapes:cityscapes --data scenes:400 \\
      --teacher frozen_inference_graph.pb --minutes 600
  host-tools train street ... --minutes 120 --resume       go on, up to 120 minutes in all

CamVid's folder holds train, trainannot, val and valannot; Cityscapes' holds leftImg8bit and
gtFine, of which only train is read. Nothing of a folder called test or of Cityscapes' val is
looked at. The teacher labels every picture once, about a second for each; what it said is kept
in the cache. The network's first blocks start from the teacher's weights.

Beside FILE it leaves FILE's name with .history.json and .history.png. While it trains,
.unfinished.keras can be converted at any moment, and .checkpoint.npz is what --resume goes on
from; Ctrl-C leaves both.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to the command's parser."""
    parser.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="KIND:PATH",
        help="camvid:DIR, cityscapes:DIR, video:FILE or scenes:COUNT; may be repeated",
    )
    parser.add_argument(
        "--teacher", type=Path, required=True, metavar="PB", help="DeepLab's frozen graph"
    )
    parser.add_argument(
        "--minutes", type=_minutes, default=80.0, help="how long, resumed runs counted (80)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of weights and pictures (0)")
    parser.add_argument(
        "--resume", action="store_true", help="go on from the checkpoint of a run that stopped"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="where the teacher's answers are kept (FILE's name with .cache)",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("street.keras"), metavar="FILE", help="(street.keras)"
    )


def _minutes(text: str) -> float:
    number = float(text)
    if not 0 < number < 60 * 24 * 30:
        raise argparse.ArgumentTypeError("must be above 0 and below a month")
    return number
