"""`host-tools convert`: a model becomes a folder of four variants with a card."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.commands.arg_types import size
from edge_app.commands.model_options import add_overrides
from edge_app.errors import UsageError

if TYPE_CHECKING:
    from host_tools.convert.conversion_options import ConversionOptions
    from host_tools.convert.evaluation import Evaluation

EXAMPLES = """examples:
  host-tools convert mnist.keras --out models/mnist --calibration mnist --eval mnist
  host-tools convert frozen_inference_graph.pb --out models/street --input-size 513x257 \\
      --calibration CamVid/train --eval camvid:CamVid/test,CamVid/testannot --eval-every 3
  host-tools convert saved_model/ --out models/net --calibration drive.mp4 --labels cityscapes
  host-tools convert float32.tflite --out models/net --calibration photos/ --keep-float decoder
  edge-app run digits.gz --model models/mnist   then watch it

DIR then holds float32.tflite, float16.tflite, dynamic_range.tflite, int8.tflite and the model card
model.json. int8 is calibrated on real images, never on those it is scored on. If a variant loses
more than --max-drop, DIR is unchanged.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `convert`."""
    option = parser.add_argument
    option(
        "model",
        type=Path,
        metavar="SOURCE",
        help="a .keras or .h5 file, a SavedModel folder, a frozen graph .pb, a float32 .tflite",
    )
    option("--out", type=Path, required=True, metavar="DIR", help="the model folder")
    option("--name", default="", help="name of the model (default: DIR's name)")
    option("--title", default="", help="title on screen (default: the name)")
    option("--source", default="", help="origin of the weights (default: SOURCE)")
    option("--licence", default="", help="licence of the weights (default: none)")
    _add_model(parser.add_argument_group("the model"))
    _add_variants(parser.add_argument_group("the variants"))
    _add_images(parser.add_argument_group("the images"))


def _add_model(group: argparse._ArgumentGroup) -> None:
    option = group.add_argument
    option(
        "--input-size",
        type=size,
        metavar="WxH",
        help="size of an open input, or to rebuild a frozen graph for (default: the model's own)",
    )
    option("--input-tensor", metavar="NAME", help="input of a frozen graph (default: found in it)")
    option("--output-tensor", metavar="NAME", help="output of the graph (default: found in it)")
    add_overrides(group)


def _add_variants(group: argparse._ArgumentGroup) -> None:
    option = group.add_argument
    every = "float32,float16,dynamic_range,int8"
    option(
        "--variants",
        type=_names,
        default=every,
        metavar="LIST",
        help=f"what to make (default: {every})",
    )
    option(
        "--io",
        choices=("uint8", "int8", "float32"),
        default="uint8",
        help="int8's input; uint8 takes pixels unchanged, float32 is for the output too "
        "(default: uint8)",
    )
    option(
        "--keep-float",
        action="append",
        default=[],
        metavar="PATTERN",
        help="keep matching operators in float; may be repeated (default: none)",
    )
    option(
        "--quantizer",
        choices=("auto", "tensorflow", "ai-edge-quantizer"),
        default="auto",
        help="auto keeps the better result of each variant (default: auto)",
    )
    option(
        "--max-drop",
        type=float,
        metavar="P",
        help="largest loss against float32 (default: 0.02 of mIoU, 0.005 of top-1)",
    )


def _add_images(group: argparse._ArgumentGroup) -> None:
    option = group.add_argument
    option(
        "--calibration",
        metavar="PATH",
        help="images for int8: a folder, a video, IDX images, MNIST's folder "
        "(default: MNIST for a digit network)",
    )
    option("--samples", type=int, default=100, help="number of calibration images (default: 100)")
    option("--seed", type=int, default=0, help="random seed for choosing them (default: 0)")
    option(
        "--allow-weak-calibration",
        action="store_true",
        help="accept noise, or fewer than 20 images, and note it in the card (default: refuse)",
    )
    option(
        "--eval",
        dest="evaluation",
        metavar="[LABELS:]IMAGES,TRUTH",
        help="score every variant on these, or on a folder of MNIST, Cityscapes or CamVid "
        "(default: no score)",
    )
    option("--eval-every", type=int, default=1, metavar="N", help="score every Nth (default: 1)")


def run(options: argparse.Namespace) -> int:
    """Convert, and print the table of the variants."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from edge_app.console import print_line
    from host_tools.convert.conversion_summary import notes, result_table
    from host_tools.convert.convert import convert

    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    conversion = conversion_options(options)
    with Progress(*columns, console=console) as progress:
        result = convert(conversion, progress)
    console.print(result_table(result))
    for line in (*notes(result), f"written: {options.out}"):
        print_line(console, line)
    return 0


def conversion_options(options: argparse.Namespace) -> ConversionOptions:
    """Return the options of a conversion; raise UsageError or SourceError for wrong images."""
    from host_tools.convert.calibration import CalibrationOptions
    from host_tools.convert.conversion_options import CardOptions, ConversionOptions
    from host_tools.models.loaded_model import SourceOptions

    calibration, evaluation = _images(options)
    return ConversionOptions(
        model=options.model,
        out=options.out,
        source=SourceOptions(options.input_size, options.input_tensor, options.output_tensor),
        card=CardOptions(
            name=options.name,
            title=options.title,
            source=options.source,
            licence=options.licence,
            task=options.task,
            labels=options.labels,
            mean=options.mean,
            std=options.std,
            channels=options.channels,
            fit=options.fit or "stretch",
        ),
        calibration=CalibrationOptions(
            calibration, options.samples, options.seed, options.allow_weak_calibration
        ),
        evaluation=evaluation,
        variants=options.variants,
        io=options.io,
        keep_float=tuple(options.keep_float),
        quantizer=options.quantizer,
        max_drop=options.max_drop,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _images(options: argparse.Namespace) -> tuple[str, Evaluation | None]:
    """Return the sources of calibration and evaluation; a digit network has MNIST by default."""
    from host_tools.convert.evaluation import parse_evaluation
    from host_tools.datasets import digit_files, find_mnist, holds_mnist

    calibration, evaluation = options.calibration, options.evaluation
    if calibration is None and "int8" in options.variants:
        keras = options.model.suffix in {".keras", ".h5", ".hdf5"}
        if not (options.labels == "digits" or (options.labels is None and keras)):
            raise UsageError("int8 needs real images for calibration; give --calibration")
        folder = find_mnist()
        calibration, evaluation = str(folder), evaluation or str(folder)
    if calibration and holds_mnist(Path(calibration)):
        calibration = str(digit_files(Path(calibration), "train")[0])
    return calibration or "", (
        parse_evaluation(evaluation, options.eval_every) if evaluation else None
    )
