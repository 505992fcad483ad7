"""Say what `edge-app evaluate` and `edge-app merge` can be asked for; imports nothing heavy."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from edge_app.commands.arg_types import Commands, add_command

_EVALUATE_EXAMPLES = """examples:
  edge-app evaluate --dataset camvid:CamVid --model street
  edge-app evaluate --dataset cityscapes:cityscapes --model models/deeplab --variants int8
  edge-app evaluate --dataset driveseg:mit_driveseg_sample_gt.tar.gz --model models/deeplab
  edge-app evaluate --dataset idx:t10k-images.gz,t10k-labels.gz --model mnist --frames 0:5000

DIR holds afterwards evaluation.json with every count, a confusion matrix per variant as a picture,
and the worst frames (picture, truth, answer). Ctrl-C or a power cut lose nothing that was counted:
the same command goes on.
"""
_MERGE_EXAMPLES = """example, half a data set on each of two boards:
  edge-app evaluate --dataset camvid:CamVid --frames 0:100 --out first      on one
  edge-app evaluate --dataset camvid:CamVid --frames 100: --out second      on the other
  edge-app merge first/evaluation.json second/evaluation.json --out both
"""


def add_evaluate(commands: Commands, add_model: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add `evaluate`; add_model: adds how a model is named."""
    parser = add_command(
        commands, "evaluate", "score variants over a whole data set", _EVALUATE_EXAMPLES
    )
    add_model(parser)
    parser.add_argument(
        "--dataset",
        required=True,
        metavar="KIND:PATH",
        help="camvid:DIR, cityscapes:DIR, driveseg:TAR, idx:IMAGES,LABELS, or KIND:PICTURES,TRUTH",
    )
    parser.add_argument(
        "--variants", default="all", metavar="LIST", help="names with commas between, or all"
    )
    parser.add_argument(
        "--frames", metavar="START:STOP", help="a part of the data set, to share it among boards"
    )
    parser.add_argument("--worst", type=int, default=8, help="worst frames to draw, at most 8 (8)")
    parser.add_argument("--out", default="evaluation", metavar="DIR", help="(default: evaluation)")
    parser.add_argument("--anew", action="store_true", help="do not go on from what DIR holds")


def add_merge(commands: Commands) -> None:
    """Add `merge`."""
    parser = add_command(
        commands, "merge", "add evaluations of several boards, to the last count", _MERGE_EXAMPLES
    )
    parser.add_argument("results", nargs="+", metavar="RESULT.json")
    parser.add_argument("--out", default="merged", metavar="DIR", help="(default: merged)")
    parser.add_argument(
        "--allow",
        default="",
        metavar="LIST",
        help="add in spite of other model files (models), other data sets (datasets), or frames "
        "counted twice (overlap)",
    )
