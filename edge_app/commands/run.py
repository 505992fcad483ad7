"""`edge-app run`: stream frames through a model and show them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.commands.arg_types import (
    OptionAdder,
    connections,
    listen_at,
    natural,
    options_from,
    positive,
    seconds,
    share,
    size,
    slide_seconds,
    whole,
)
from edge_app.commands.model_options import add_model, read_model
from edge_app.controls import ALPHA, KEYS
from edge_app.errors import UsageError
from edge_app.labels import TRUTH_SETS

if TYPE_CHECKING:
    from edge_app.session.options import RunOptions

_KEYS = "\n".join(f"  {' or '.join(key.keys):<12}{key.what}" for key in KEYS)
EXAMPLES = f"""examples:
  edge-app run drive.mp4 --model street --variant int8
  edge-app run drive.mp4 --model street --headless --record out.mp4 --metrics runs/drive
  edge-app run photo.jpg --model street --headless --save overlay.png
  edge-app run drive.mp4 --model street --variant int8 --compare-with float16
  edge-app run camvid/test --truth camvid/testannot --model street --against models/deeplab
  edge-app run camvid/test --truth camvid/testannot --truth-labels camvid --model deeplab.tflite
  edge-app run picamera --model street --camera-size 1280x720 --fps 30
  edge-app run rtsp://user:password@host/stream --model street
  edge-app run picamera --model street --headless --serve 0.0.0.0:8080
  edge-app run t10k-images-idx3-ubyte.gz --truth t10k-labels-idx1-ubyte.gz --model mnist

keys, in the window and in the terminal:
{_KEYS}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.add_argument(
        "source",
        nargs="?",
        metavar="SOURCE",
        help="a video, image, folder of images, IDX digits, 'synthetic', a camera (picamera, "
        "/dev/video0, see edge-app cameras) or a stream (rtsp://, http://) "
        "(default: EDGE_SOURCE, else the sample that fits the model)",
    )
    add_model(parser)
    add = OptionAdder(parser)
    text = "file with the source in one line: other users see a command line (default: none)"
    add.value("--source-file", "FILE", text, Path)
    add.value("--variant", "V", "variant to run (default: int8, else the first)")
    text = "other variant to show beside it from the start (default: float32, once c is pressed)"
    add.value("--compare-with", "V", text)
    text = "other model with the same classes to show and score beside it (default: none)"
    add.value("--against", "M", text)
    text = "folder, tarball or IDX file of truth (default: the sample's, else none)"
    add.value("--truth", "T", text)
    text = f"{', '.join(TRUTH_SETS)} (default: by the files' layout)"
    add.value("--truth-labels", "SET", text)
    _add_outputs(add)
    _add_view(add)
    text = "ignore the time stamps of a file (default: keep to them)"
    add.flag("--as-fast-as-possible", text)
    text = "variants to keep in memory (default: 2, or all if memory is ample)"
    add.value("--keep-loaded", "N", text, positive)
    add.value("--max-frames", "N", "stop after N frames (default: no limit)", positive)
    text = "stream N of a video with several, from 0 (default: the largest)"
    add.value("--video-stream", "N", text, natural)
    text = "show each image of a folder for S seconds (default: until a key, in a window)"
    add.value("--slideshow", "S", text, slide_seconds)
    text = "refuse images and truth of more than N pixels (default: 100 million)"
    add.value("--max-pixels", "N", text, positive)
    add.flag("--loop", "start over at the end of a file (default: stop)")
    add.choice(
        "--read-digits",
        ("auto", "on", "off"),
        "find the digits on a page and read each "
        "(default: auto, on large images with a digit model)",
        "auto",
    )
    _add_camera(parser.add_argument_group("camera options (default: the camera's own)"))


def _add_outputs(add: OptionAdder) -> None:
    add.value("--record", "FILE", ".mp4 file for the overlay (default: none)", Path)
    text = "stop recording at N megabytes, all files together (default: no limit)"
    add.value("--record-max-mb", "N", text, positive)
    text = "start a new file every S seconds: FILE-0001.mp4 and so on (default: one file)"
    add.value("--segment-s", "S", text, seconds)
    add.value("--metrics", "DIR", "folder for frames.jsonl and summary.json (default: none)", Path)
    text = ".png file for the last frame with its overlay (default: none)"
    add.value("--save", "FILE", text, Path)
    text = "keep the newest N megabytes of frames.jsonl, also of earlier runs (default: all)"
    add.value("--metrics-max-mb", "N", text, positive)


def _add_view(add: OptionAdder) -> None:
    add.flag("--headless", "open no window (default: one, if possible)")
    add.flag("--kiosk", "fill the screen, and fail if that is impossible (default: a window)")
    text = (
        "show it in browsers, keys and all: on this machine, or with HOST 0.0.0.0 on the "
        "network, to those who have the token (default: no)"
    )
    add.value("--serve", "[HOST:]PORT", text, listen_at)
    text = (
        "token for --serve, which other users see on a command line (default: EDGE_SERVE_TOKEN, "
        "the file EDGE_SERVE_TOKEN_FILE, else a new one, printed)"
    )
    add.value("--serve-token", "T", text)
    text = (
        "connections to --serve at once; an eighth of them may watch, a third come from one "
        "address (default: 64)"
    )
    add.value("--serve-connections", "N", text, connections)
    text = "certificate for --serve, in PEM: encrypts the view (default: plain HTTP)"
    add.value("--serve-cert", "FILE", text, Path)
    text = (
        "key of the certificate, in PEM without a passphrase (default: in the certificate's file)"
    )
    add.value("--serve-key", "FILE", text, Path)
    text = f"share of the class colours, 0 to 1 (default: {ALPHA})"
    add.value("--alpha", "A", text, share, ALPHA)
    text = (
        "class borders: smooth from upsampled logits, or clean as the network's own pixels "
        "(default: auto)"
    )
    add.choice("--edges", ("auto", "smooth", "clean"), text, "auto")


def _add_camera(group: argparse._ArgumentGroup) -> None:
    add = OptionAdder(group)
    add.value("--camera-size", "WxH", "size of its images (default: 1280x720)", size)
    add.value("--fps", "N", "images per second", float)
    add.value("--exposure", "MS", "exposure time in milliseconds", float)
    add.value("--awb", "LIGHT", "white balance: auto, tungsten, fluorescent, daylight, ...")
    add.flag("--hflip", "mirror left and right (default: no)")
    add.flag("--vflip", "mirror top and bottom (default: no)")
    group.add_argument(
        "--rotation",
        type=whole,
        choices=(0, 90, 180, 270),
        default=0,
        help="degrees clockwise (default: 0)",
    )


def run(options: argparse.Namespace) -> int:
    """Run once; return the exit code."""
    from rich.markup import escape

    from edge_app.console import TextConsole, print_wrapped
    from edge_app.session.run_session import run_session
    from edge_app.sinks.summary import summary_table
    from edge_app.standard_streams import output_may_fail

    console = TextConsole()
    summary, code = run_session(run_options(options), console)
    with output_may_fail():
        console.print(summary_table(summary, console.width))
        if summary.answer:
            print_wrapped(console, escape(summary.answer))
    return code


def run_options(options: argparse.Namespace) -> RunOptions:
    """Return the options of a run, with the sample that fits the model by default."""
    from edge_app.model.catalog import default_variant, resolve_model, sample
    from edge_app.session.compared import ChosenPartner, told_apart
    from edge_app.session.options import OutputOptions, RunOptions
    from edge_app.session.private_values import SOURCE, TOKEN, private_value
    from edge_app.session.tasks import TaskSpec
    from edge_app.sources.camera import CameraOptions

    spec = read_model(options)
    against = None
    if options.against is not None:
        against = told_apart(spec, resolve_model(options.against, runtime=options.runtime))
    variant = spec.variant(options.variant or default_variant(spec)).name
    source, truth, token = options.source, options.truth, options.serve_token
    if source is not None and options.source_file is not None:
        raise UsageError("SOURCE and --source-file both name a source; give one of them")
    if source is None:
        source = private_value(SOURCE, options.source_file)
    if token is None and options.serve is not None:
        token = private_value(TOKEN)
    if source is None:
        source, sample_truth = sample(spec)
        truth = truth or sample_truth
    return options_from(
        options,
        RunOptions,
        task=TaskSpec(spec, source, truth, options.truth_labels, options.video_stream),
        variant=variant,
        partner=ChosenPartner(spec, against, options.compare_with),
        outputs=options_from(options, OutputOptions, serve_token=token),
        slideshow_s=options.slideshow,
        camera=options_from(
            options, CameraOptions, size_wh=options.camera_size, exposure_ms=options.exposure
        ),
    )
