"""Read the command line of `host-tools` and print what goes wrong in one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from edge_app import __version__
from edge_app.commands.arg_types import Commands, add_command, numbers, size
from edge_app.program import exit_code
from host_tools.commands import diagnose, evaluate, report
from host_tools.synthetic_streets.write_command import add_scenes
from host_tools.train.street import street_options as street

_TRAIN = """examples:
  host-tools train mnist
  host-tools train street --data camvid:CamVid --teacher frozen_inference_graph.pb --minutes 80

host-tools train NETWORK --help shows a network's options.
"""
_TRAIN_MNIST = """examples:
  host-tools train mnist                        MNIST from this machine, else downloaded by Keras
  host-tools train mnist --data mnist --seed 1 --out digits.keras
  host-tools train mnist --recipe reference     as the reference project trained it
  host-tools train mnist --resume               go on after Ctrl-C, a kill or a power cut

Beside FILE it leaves FILE's name with .history.json and .history.png: loss and accuracy of every
epoch. Each whole epoch leaves a .checkpoint.npz there until the training is done; gone on from
there, the weights are those of one run. Ctrl-C keeps what there is as .interrupted.keras.
"""
_CONVERT = """examples:
  host-tools convert mnist.keras --out models/mnist --calibration mnist --eval mnist
  host-tools convert frozen_inference_graph.pb --out models/street --input-size 513x257 \\
      --calibration CamVid/train --eval camvid:CamVid/test,CamVid/testannot --eval-every 3
  host-tools convert saved_model/ --out models/net --calibration drive.mp4 --labels cityscapes
  host-tools convert float32.tflite --out models/net --calibration photos/ --keep-float decoder
  edge-app run digits.gz --model models/mnist   then look at it

DIR holds afterwards float32.tflite, float16.tflite, dynamic_range.tflite, int8.tflite and the
model card model.json. int8 is calibrated on real pictures, never on those it is scored on. A
variant that loses more than --max-drop leaves DIR as it was.
"""
_DATA = "a folder with MNIST's four IDX files, plain or .gz (default: looked for, else downloaded)"
_SAMPLE = """example:
  host-tools sample digits --count 500 --out assets/samples
"""
_FETCH = """examples:
  host-tools fetch mnist                        the four files, to ./mnist
  host-tools fetch deeplab-cityscapes --out downloads

A download that was cut off goes on with the same command. What is published of a file, its
size and SHA-256, is checked; where nothing is, the first SHA-256 is recorded and said.
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="host-tools",
        description="Turn a model into four TFLite variants and prove them, on a workstation.",
        epilog="host-tools COMMAND --help shows a command's options with examples.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_train(commands)
    _add_convert(commands)
    add_scenes(commands)
    _add_sample(commands)
    _add_fetch(commands)
    text = "score many models and variants on a Dask cluster"
    evaluate.add_arguments(add_command(commands, "evaluate", text, evaluate.EXAMPLES))
    text = "make a page of results, with charts"
    report.add_arguments(add_command(commands, "report", text, report.EXAMPLES))
    text = "show layer by layer what int8 loses against float32"
    diagnose.add_arguments(add_command(commands, "diagnose", text, diagnose.EXAMPLES))
    return parser


def _add_train(commands: Commands) -> None:
    train = add_command(commands, "train", "train a network that ships with the app", _TRAIN)
    networks = train.add_subparsers(dest="network", metavar="NETWORK", required=True)
    text = "train the street network with DeepLab as its teacher"
    street.add_options(add_command(networks, "street", text, street.EXAMPLES))
    parser = add_command(networks, "mnist", "train the digit network", _TRAIN_MNIST)
    parser.add_argument("--data", type=Path, metavar="DIR", help=_DATA)
    parser.add_argument("--epochs", type=int, default=5, help="passes over the digits (5)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and order (0)")
    parser.add_argument(
        "--recipe",
        choices=("ours", "reference"),
        default="ours",
        help="ours: rate 0.005 falling along a cosine, batches of 128; "
        "reference: constant 0.001, batches of 32 (ours)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on from the last whole epoch of a run that stopped; all else as given then",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("mnist.keras"), metavar="FILE", help="(mnist.keras)"
    )


def _add_convert(commands: Commands) -> None:
    parser = add_command(commands, "convert", "convert a model into four variants", _CONVERT)
    parser.add_argument(
        "model",
        type=Path,
        metavar="SOURCE",
        help="a .keras or .h5 file, a SavedModel folder, a frozen graph .pb, a float32 .tflite",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the model folder")
    parser.add_argument("--name", help="what to call the model (DIR's name)")
    parser.add_argument("--title", help="what to call it on screen (the name)")
    parser.add_argument("--source", default="", help="where the weights come from, for the card")
    parser.add_argument("--licence", default="", help="of the weights, for the card")
    _add_input(parser.add_argument_group("the model"))
    _add_variants(parser.add_argument_group("the variants"))
    _add_pictures(parser.add_argument_group("the pictures"))


def _add_input(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--task", choices=("segmentation", "classification"), help="(by its output)")
    group.add_argument("--labels", help="the label set (by the number of classes)")
    group.add_argument(
        "--input-size", type=size, metavar="WxH", help="rebuild a frozen graph for this size"
    )
    group.add_argument("--input-tensor", metavar="NAME", help="of a frozen graph (probed)")
    group.add_argument("--output-tensor", metavar="NAME", help="(probed)")
    group.add_argument(
        "--mean", type=numbers, metavar="M", help="input is (pixel - mean) / std; one or R,G,B"
    )
    group.add_argument("--std", type=numbers, metavar="S", help="(found in the model, or usual)")
    group.add_argument("--channels", choices=("rgb", "bgr"), help="their order (rgb)")
    group.add_argument("--fit", choices=("stretch", "letterbox"), default="stretch")


def _add_variants(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--variants",
        default="float32,float16,dynamic_range,int8",
        metavar="LIST",
        help="which to make (float32,float16,dynamic_range,int8)",
    )
    group.add_argument(
        "--io",
        choices=("uint8", "int8", "float32"),
        default="uint8",
        help="what int8 takes: uint8 pixels as they are, or float32 in and out (uint8)",
    )
    group.add_argument(
        "--keep-float",
        action="append",
        default=[],
        metavar="PATTERN",
        help="leave the operators that match in float; may be repeated",
    )
    group.add_argument(
        "--quantizer",
        choices=("auto", "tensorflow", "ai-edge-quantizer"),
        default="auto",
        help="whose variants to take (auto: per variant the one that measures better)",
    )
    group.add_argument(
        "--max-drop",
        type=float,
        metavar="P",
        help="the loss against float32 that fails (0.02 of mIoU, 0.005 of top-1)",
    )


def _add_pictures(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--calibration",
        metavar="PATH",
        help="to calibrate int8 on: a folder of images, a video, IDX images, MNIST's folder",
    )
    group.add_argument("--samples", type=int, default=100, help="how many of them (100)")
    group.add_argument("--seed", type=int, default=0, help="which of them (0)")
    group.add_argument(
        "--allow-weak-calibration",
        action="store_true",
        help="take noise, or fewer than 20; the card will say so",
    )
    group.add_argument(
        "--eval",
        dest="evaluation",
        metavar="[LABELS:]IMAGES,TRUTH",
        help="score every variant on these, or on a folder of MNIST, Cityscapes or CamVid",
    )
    group.add_argument(
        "--eval-every", type=int, default=1, metavar="N", help="score every Nth of them (1)"
    )


def _add_sample(commands: Commands) -> None:
    parser = add_command(
        commands, "sample", "draw a balanced sample of MNIST's test digits", _SAMPLE
    )
    parser.add_argument("what", choices=("digits",))
    parser.add_argument("--data", type=Path, metavar="DIR", help=_DATA)
    parser.add_argument("--count", type=int, default=500, help="(500)")
    parser.add_argument("--seed", type=int, default=0, help="(0)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")


def _add_fetch(commands: Commands) -> None:
    parser = add_command(commands, "fetch", "download a model or data set that cannot ship", _FETCH)
    parser.add_argument("what", choices=("deeplab-cityscapes", "mnist"))
    parser.add_argument("--out", type=Path, metavar="DIR", help="(a folder of that name, here)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, 1 for a fault, 2 for usage, 130 after Ctrl-C."""
    options = build_parser().parse_args(arguments)
    return exit_code(
        "host-tools",
        lambda: _dispatch(options),
        interrupted="stopped; what was there before is as it was",
    )


def _dispatch(options: argparse.Namespace) -> int:
    if options.command == "scenes":
        from host_tools.synthetic_streets.write_command import scenes_command

        return scenes_command(options)
    if options.command == "fetch":
        from host_tools.commands.fetch import run

        return run(options)
    if options.command == "evaluate":
        return evaluate.run(options)
    if options.command == "report":
        return report.run(options)
    if options.command == "diagnose":
        return diagnose.run(options)
    if options.command == "train" and options.network == "street":
        from host_tools.train.street.train_command import street_command

        return street_command(options)
    from host_tools.commands import basic as commands

    if options.command == "train":
        return commands.train_command(options)
    if options.command == "convert":
        return commands.convert_command(options)
    return commands.sample_command(options)


if __name__ == "__main__":
    sys.exit(main())
