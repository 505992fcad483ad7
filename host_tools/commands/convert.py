"""`host-tools convert`: a model becomes a folder of four variants with a card."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.commands.arg_types import OptionAdder, options_from, size
from edge_app.commands.model_options import add_overrides, overrides_of
from edge_app.errors import UsageError

if TYPE_CHECKING:
    from host_tools.convert.conversion_options import ConversionOptions
    from host_tools.convert.evaluation import Evaluation

EXAMPLES = """examples:
  host-tools convert mnist.keras --out models/mnist --calibration mnist --eval mnist
  host-tools convert frozen_inference_graph.pb --out models/street --input-size 513x257 \\
      --calibration CamVid/train --eval camvid:CamVid/test,CamVid/testannot --eval-every 3
  host-tools convert saved_model/ --out models/net --calibration drive.mp4 --labels cityscapes
  host-tools convert float32.tflite --out models/net --calibration photos/
  host-tools convert float32.tflite --out models/net --calibration photos/ --recipe corrected.json
  edge-app run digits.gz --model models/mnist   then watch it

a network of unknown form: see what is inferred of it, correct that in a card, quantize it:
  edge-app run --model float32.tflite --headless
  edge-app models init float32.tflite --out models/net
  host-tools convert models/net --out models/four --calibration photos/

DIR then holds float32.tflite, float16.tflite, dynamic_range.tflite, int8.tflite and the model card
model.json. int8 is calibrated on real images, never on those it is scored on. If a variant loses
more than --max-drop, DIR is unchanged.

A recipe is {"scheme": "int8"}, or float16, dynamic_range, int16x8 or int4, and what differs from
the usual: "weights" mse or octav; "activations" percentile, moving_average or mse; "equalize" and
"correct_bias" true; "keep", "keep_int16": operators. The card of a variant has its recipe, and the
same model, images and recipe give the same bytes.

A .tflite file holds no code. The others may be programs: a Lambda layer in a .keras or .h5 file is
Python, and a SavedModel or .pb may read and write files. These are refused before they are loaded,
unless you add --trust-code.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `convert`."""
    kinds = "a .keras or .h5 file, a SavedModel folder, a frozen graph .pb, a float32 .tflite, or "
    kinds += "a model folder with one, whose card then says what the options do not"
    parser.add_argument("model", type=Path, metavar="SOURCE", help=kinds)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the model folder")
    add = OptionAdder(parser)
    add.value("--name", "NAME", "name of the model (default: DIR's name)", default="")
    add.value("--title", "TITLE", "title on screen (default: the name)", default="")
    add.value("--source", "SOURCE", "origin of the weights (default: SOURCE)", default="")
    add.value("--licence", "LICENCE", "licence of the weights (default: none)", default="")
    group = parser.add_argument_group("the model")
    add = OptionAdder(group)
    text = "size of an open input, or to rebuild a frozen graph for (default: the model's own)"
    add.value("--input-size", "WxH", text, size)
    add.value("--input-tensor", "NAME", "input of a frozen graph (default: found in it)")
    add.value("--output-tensor", "NAME", "the same as --output (default: none)")
    text = "load a model that runs code of its author, who you trust (default: refuse it)"
    add.flag("--trust-code", text)
    add_overrides(group)
    _add_variants(parser.add_argument_group("the variants"))
    _add_images(OptionAdder(parser.add_argument_group("the images")))


def _add_variants(group: argparse._ArgumentGroup) -> None:
    add = OptionAdder(group)
    every = "float32,float16,dynamic_range,int8"
    add.value("--variants", "LIST", f"what to make (default: {every})", _names, every)
    text = "int8's input; uint8 takes pixels unchanged, float32 is for the output too "
    add.choice("--io", ("uint8", "int8", "float32"), text + "(default: uint8)", "uint8")
    text = "operators to keep in float: a kind, the start of a name, or a pattern with *; may be "
    text += "repeated (default: none)"
    group.add_argument("--keep-float", action="append", default=[], metavar="PATTERN", help=text)
    text = "JSON file that describes a further variant, named as the file; may be repeated "
    text += "(default: none)"
    group.add_argument(
        "--recipe", action="append", default=[], metavar="[NAME=]FILE", help=text, dest="recipes"
    )
    quantizers = ("auto", "tensorflow", "ai-edge-quantizer")
    text = "auto keeps the better result of each variant (default: auto)"
    add.choice("--quantizer", quantizers, text, "auto")
    text = "largest loss against float32 (default: 0.02 of mIoU, 0.005 of top-1)"
    add.value("--max-drop", "P", text, float)


def _add_images(add: OptionAdder) -> None:
    text = "images for int8: a folder, a video, IDX images, MNIST's folder "
    add.value("--calibration", "PATH", text + "(default: MNIST for digits, if it is here)")
    text = "number of calibration images (default: 100, or all if there are 20 or more)"
    add.value("--samples", "SAMPLES", text, int)
    add.value("--seed", "SEED", "random seed for choosing them (default: 0)", int, 0)
    text = "accept noise, or fewer than 20 images, and note it in the card (default: refuse)"
    add.flag("--allow-weak-calibration", text)
    text = "score every variant on these, or on a folder of MNIST, Cityscapes or CamVid "
    add.value("--eval", "[LABELS:]IMAGES,TRUTH", text + "(default: no score)")
    add.value("--eval-every", "N", "score every Nth (default: 1)", int, 1)


def run(options: argparse.Namespace) -> int:
    """Convert, and print the table of the variants."""
    from edge_app.console import TextConsole, print_line
    from edge_app.output_place import check_outputs
    from host_tools.convert.conversion_progress import conversion_progress
    from host_tools.convert.conversion_summary import notes, result_table
    from host_tools.convert.convert import convert

    console = TextConsole()
    check_outputs(folders=[options.out, options.out.parent])  # it is replaced as a whole
    conversion = conversion_options(options)
    with conversion_progress(console) as progress:
        result = convert(conversion, progress)
    console.print(result_table(result))
    for line in (*notes(result), f"written: {options.out}"):
        print_line(console, line)
    return 0


def conversion_options(options: argparse.Namespace) -> ConversionOptions:
    """Return the options of a conversion; raise an EdgeError for a wrong model or wrong images."""
    from host_tools.convert.calibration import CalibrationOptions
    from host_tools.convert.conversion_options import (
        CardOptions,
        ConversionOptions,
        check_recipe_names,
        check_variants,
        needing_images,
        with_images_of_recipes,
    )
    from host_tools.convert.recipe_file import read_recipes
    from host_tools.models.loaded_model import SourceOptions
    from host_tools.models.open_model import check_model, model_file

    options.model = model_file(options.model)
    check_model(options.model)
    check_variants(options.variants)
    recipes = read_recipes(options.recipes)
    check_recipe_names(recipes)
    calibration, evaluation = _images(options, needing_images(options.variants, recipes))
    assumed = options.calibration is None
    weak = options.allow_weak_calibration
    images, recipes = with_images_of_recipes(
        options_from(
            options, CalibrationOptions, source=calibration, allow_weak=weak, assumed=assumed
        ),
        recipes,
    )
    return options_from(
        options,
        ConversionOptions,
        source=options_from(
            options,
            SourceOptions,
            size_wh=options.input_size,
            output_tensor=options.output_tensor or options.output,
            layout=overrides_of(options).input_layout,
        ),
        card=options_from(options, CardOptions),
        calibration=images,
        evaluation=evaluation,
        keep_float=tuple(options.keep_float),
        recipes=recipes,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _images(options: argparse.Namespace, needing: Sequence[str]) -> tuple[str, Evaluation | None]:
    """Return the sources of calibration and evaluation.

    needing: the names of the variants that need images.

    A digit network has MNIST by default, if that is on this machine: nothing is downloaded.
    """
    from host_tools.convert.evaluation import parse_evaluation
    from host_tools.datasets import digit_files, holds_mnist, local_mnist

    calibration, evaluation = options.calibration, options.eval
    if calibration is None and needing:
        keras = options.model.suffix in {".keras", ".h5", ".hdf5"}
        digits = options.labels == "digits"
        folder = local_mnist() if digits or (options.labels is None and keras) else None
        if folder is None:
            way = "; for MNIST: host-tools fetch mnist" if digits else ""
            raise UsageError(
                f"{needing[0]} needs real images for calibration; give --calibration{way}"
            )
        calibration, evaluation = str(folder), evaluation or str(folder)
    if calibration and holds_mnist(Path(calibration)):
        calibration = str(digit_files(Path(calibration), "train")[0])
    scored = parse_evaluation(evaluation, options.eval_every) if evaluation else None
    return calibration or "", scored
