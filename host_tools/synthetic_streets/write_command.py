"""Carry out `host-tools scenes`: write the synthetic clip, or scenes to train on."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_app.commands.arg_types import Commands, add_command, positive, seconds, size
from host_tools.synthetic_streets import WEATHERS

_SCENES = """examples:
  host-tools scenes clip --out assets/samples        street.mp4 and street-truth.tar
  host-tools scenes clip --weather rain --seconds 20 --seed 3 --out rain
  host-tools scenes frames --count 500 --out scenes  as Cityscapes lays its training pictures out

All of it is synthetic: drawn by a program, with the class of every pixel known. The same seed
gives the same pictures. `frames` leaves alone what is there, so it goes on where it was stopped.
"""


def add_scenes(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "scenes", "draw synthetic streets with their truth", _SCENES)
    parser.add_argument("what", choices=("clip", "frames"))
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seed", type=int, default=7, help="which street; frames: the first (7)")
    parser.add_argument("--seconds", type=seconds, default=12.0, help="of the clip (12)")
    parser.add_argument("--weather", choices=WEATHERS, default="noon", help="of the clip (noon)")
    parser.add_argument("--count", type=positive, default=100, help="of frames (100)")
    parser.add_argument(
        "--size", type=size, metavar="WxH", help="(the clip 1280x720, frames 1024x512)"
    )


def scenes_command(options: argparse.Namespace) -> int:
    """Carry the command out."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from host_tools.synthetic_streets.clip import Clip, write_clip, write_scenes

    console = Console()
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console,
    )  # fmt: skip
    with bar as progress:
        if options.what == "clip":
            clip = Clip(options.seconds, options.seed, options.weather, options.size or (1280, 720))
            step = progress.add_task("drawing the clip", total=clip.frames)
            made = write_clip(clip, options.out, lambda: progress.advance(step))
        else:
            step = progress.add_task("drawing scenes", total=options.count)
            write_scenes(
                options.count, options.seed, options.out, options.size or (1024, 512),
                lambda: progress.advance(step),
            )  # fmt: skip
            made = (options.out / "leftImg8bit", options.out / "gtFine")
    for path in made:
        held = f": {path.stat().st_size:,} bytes" if path.is_file() else ""
        console.print(f"synthetic: {path}{held}", highlight=False, soft_wrap=True)
    return 0
