"""`host-tools diagnose`: show layer by layer what int8 loses against float32."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_app.commands.arg_types import OptionAdder, numbers

EXAMPLES = """examples:
  host-tools diagnose street --images photos/ --out diagnosis
  host-tools diagnose models/street --images drive.mp4 --repair
  host-tools diagnose --float32 a.tflite --int8 b.tflite --images photos/ --mean 127.5 --std 127.5

DIR then holds layers.png and layers.json. What --repair finds goes to convert --keep-float.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `diagnose`."""
    parser.add_argument(
        "bundle", nargs="?", metavar="MODEL", help="a model folder, or a shipped name"
    )
    add = OptionAdder(parser)
    add.choice("--variant", ("int8",), "what to compare (default: int8)", "int8")
    add.value("--float32", "FILE", "instead of a folder: the float32 .tflite file", Path)
    add.value("--int8", "FILE", "and the int8 .tflite file", Path)
    text = "images: a folder, a video or IDX digits"
    parser.add_argument("--images", required=True, metavar="SOURCE", help=text)
    add.value("--samples", "SAMPLES", "number of images (default: 8)", int, 8)
    text = "for files: input is (pixel - mean) / std (default: 127.5, of digits 0)"
    add.value("--mean", "M[,M,M]", text, numbers)
    add.value("--std", "S[,S,S]", "(default: 127.5, of digits 255)", numbers)
    add.choice("--channels", ("rgb", "bgr"), "channel order, for files (default: rgb)")
    text = "also find the operators that have to stay in float (default: only compare)"
    add.flag("--repair", text)
    add.value("--out", "DIR", "folder for the chart and all layers (default: none)", Path)


def run(options: argparse.Namespace) -> int:
    """Compare the two variants; print the worst layers, the verdict and advice."""
    from edge_app.output_place import reserved

    with reserved(folders=[options.out]):
        return _diagnose(options)


def _diagnose(options: argparse.Namespace) -> int:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from edge_app.console import TextConsole, print_line, print_wrapped
    from edge_app.errors import UsageError
    from host_tools.charts.drawing import check_matplotlib
    from host_tools.convert.ai_edge import check_ai_edge
    from host_tools.diagnose.advice import advice, repair_advice, verdict
    from host_tools.diagnose.diagnosis import diagnose, write_diagnosis
    from host_tools.diagnose.layer_table import (
        input_line,
        layer_legend,
        layer_table,
        trial_table,
    )
    from host_tools.diagnose.model_pair import (
        InputScaling,
        pair_of_files,
        pair_of_model,
        spread_images,
    )

    console = TextConsole()
    if options.samples < 1:
        raise UsageError(f"--samples {options.samples}: give 1 or more")
    scaling = InputScaling(options.mean, options.std, options.channels)
    if options.bundle is not None and not (options.float32 or options.int8):
        pair = pair_of_model(options.bundle, scaling)
    elif options.bundle is None and options.float32 and options.int8:
        pair = pair_of_files(options.float32, options.int8, scaling)
    else:
        raise UsageError(
            "give a model folder or a shipped model's name, or --float32 and --int8, not both"
        )
    if options.out:
        check_matplotlib()
    if options.repair:
        check_ai_edge()
    samples = list(pair.tensors(spread_images(options.images, options.samples)))
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        diagnosis = diagnose(pair, samples, progress, repair=options.repair)
    found, trials = diagnosis.comparison, diagnosis.trials
    console.print(layer_table(found))
    print_wrapped(console, f"[dim]{layer_legend(found)}[/]")
    for line in (input_line(found), verdict(found), *(f"- {text}" for text in advice(found))):
        print_line(console, line)
    if trials:
        console.print(trial_table(trials))
        print_line(console, repair_advice(trials))
    if options.out:
        paths = write_diagnosis(diagnosis, options.out)
        print_line(console, f"written: {', '.join(map(str, paths))}")
    return 0
