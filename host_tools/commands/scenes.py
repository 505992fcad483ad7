"""`host-tools scenes`: synthetic streets, as a clip or as labelled frames."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_app.commands.arg_types import OptionAdder, positive, seconds, size
from host_tools.synthetic_streets import WEATHERS

EXAMPLES = """examples:
  host-tools scenes clip --out assets/samples        street.mp4 and street-truth.tar
  host-tools scenes clip --weather rain --seconds 20 --seed 3 --out rain
  host-tools scenes frames --count 500 --out scenes  in the layout of Cityscapes

Every image is drawn by a program that knows the class of each pixel. The same seed gives the same
images. `frames` keeps existing files, so the same command continues after a stop.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `scenes`."""
    parser.add_argument("what", choices=("clip", "frames"), help="a video clip, or single frames")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="output folder")
    add = OptionAdder(parser)
    text = "random seed of the street; of frames, the first seed (default: 7)"
    add.value("--seed", "SEED", text, int, 7)
    add.value("--seconds", "SECONDS", "duration of the clip (default: 12)", seconds, 12.0)
    add.choice("--weather", WEATHERS, "weather of the clip (default: noon)", "noon")
    add.value("--count", "COUNT", "number of frames (default: 100)", positive, 100)
    text = "image size (default: 1280x720 for the clip, 1024x512 for frames)"
    add.value("--size", "WxH", text, size)


def run(options: argparse.Namespace) -> int:
    """Draw the clip or the frames, and print the files."""
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    from edge_app.console import TextConsole, print_line
    from edge_app.output_place import reserved
    from host_tools.synthetic_streets.clip import Clip, write_clip, write_scenes

    console = TextConsole()
    text, bar, *_ = Progress.get_default_columns()
    columns = (text, bar, MofNCompleteColumn(), TimeRemainingColumn())
    with reserved(folders=[options.out]), Progress(*columns, console=console) as progress:
        if options.what == "clip":
            clip = Clip(options.seconds, options.seed, options.weather, options.size or (1280, 720))
            task = progress.add_task("drawing the clip", total=clip.frames)
            paths = write_clip(clip, options.out, lambda: progress.advance(task))
        else:
            task = progress.add_task("drawing frames", total=options.count)
            size_wh = options.size or (1024, 512)
            write_scenes(
                options.count, options.seed, options.out, size_wh, lambda: progress.advance(task)
            )
            paths = (options.out / "leftImg8bit", options.out / "gtFine")
    for path in paths:
        size_text = f": {path.stat().st_size:,} bytes" if path.is_file() else ""
        print_line(console, f"synthetic: {path}{size_text}")
    return 0
