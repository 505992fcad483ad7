"""`edge-app run`: stream frames through a model and show them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.commands.arg_types import listen_at, positive, seconds, share, size
from edge_app.commands.model_options import add_model, read_model
from edge_app.controls import ALPHA, KEYS

if TYPE_CHECKING:
    from edge_app.session.options import RunOptions

_KEYS = "\n".join(f"  {' or '.join(key.keys):<12}{key.what}" for key in KEYS)
EXAMPLES = f"""examples:
  edge-app run drive.mp4 --model street --variant int8
  edge-app run drive.mp4 --model street --headless --record out.mp4 --metrics runs/drive
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
        "(default: the sample that fits the model)",
    )
    add_model(parser)
    parser.add_argument(
        "--variant", metavar="V", help="variant to run (default: int8, else the first)"
    )
    parser.add_argument(
        "--truth",
        metavar="T",
        help="folder, tarball or IDX file of truth (default: the sample's, else none)",
    )
    parser.add_argument(
        "--truth-labels",
        metavar="SET",
        help="camvid, cityscapes or driveseg (default: by the files' layout)",
    )
    _add_outputs(parser)
    _add_view(parser)
    parser.add_argument(
        "--as-fast-as-possible",
        action="store_true",
        help="ignore the time stamps of a file (default: keep to them)",
    )
    parser.add_argument(
        "--keep-loaded",
        type=positive,
        metavar="N",
        help="variants to keep in memory (default: 2, or all if memory is ample)",
    )
    parser.add_argument(
        "--max-frames", type=positive, metavar="N", help="stop after N frames (default: no limit)"
    )
    parser.add_argument(
        "--loop", action="store_true", help="start over at the end of a file (default: stop)"
    )
    parser.add_argument(
        "--read-digits",
        choices=("auto", "on", "off"),
        default="auto",
        help="find the digits on a page and read each "
        "(default: auto, on large images with a digit model)",
    )
    _add_camera(parser.add_argument_group("camera options (default: the camera's own)"))


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help=".mp4 file for the overlay (default: none)"
    )
    parser.add_argument(
        "--record-max-mb",
        type=positive,
        metavar="N",
        help="stop recording at N megabytes, all files together (default: no limit)",
    )
    parser.add_argument(
        "--segment-s",
        type=seconds,
        metavar="S",
        help="start a new file every S seconds: FILE-0001.mp4 and so on (default: one file)",
    )
    parser.add_argument(
        "--metrics",
        type=Path,
        metavar="DIR",
        help="folder for frames.jsonl and summary.json (default: none)",
    )
    parser.add_argument(
        "--metrics-max-mb",
        type=positive,
        metavar="N",
        help="keep the newest N megabytes of frames.jsonl, also of earlier runs (default: all)",
    )


def _add_view(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--headless", action="store_true", help="open no window (default: one, if possible)"
    )
    parser.add_argument(
        "--kiosk",
        action="store_true",
        help="fill the screen, and fail if that is impossible (default: a window)",
    )
    parser.add_argument(
        "--serve",
        type=listen_at,
        metavar="[HOST:]PORT",
        help="show it in browsers, keys and all: on this machine, or with HOST 0.0.0.0 on the "
        "network, to those who have the token (default: no)",
    )
    parser.add_argument(
        "--serve-token", metavar="T", help="token for --serve (default: a new one, printed)"
    )
    parser.add_argument(
        "--alpha",
        type=share,
        default=ALPHA,
        metavar="A",
        help=f"share of the class colours, 0 to 1 (default: {ALPHA})",
    )
    parser.add_argument(
        "--edges",
        choices=("auto", "smooth", "clean"),
        default="auto",
        help="class borders: smooth from upsampled logits, or clean as the network's own pixels "
        "(default: auto)",
    )


def _add_camera(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--camera-size", type=size, metavar="WxH", help="size of its images (default: 1280x720)"
    )
    group.add_argument("--fps", type=float, metavar="N", help="images per second")
    group.add_argument("--exposure", type=float, metavar="MS", help="exposure time in milliseconds")
    group.add_argument(
        "--awb", metavar="LIGHT", help="white balance: auto, tungsten, fluorescent, daylight, ..."
    )
    group.add_argument("--hflip", action="store_true", help="mirror left and right (default: no)")
    group.add_argument("--vflip", action="store_true", help="mirror top and bottom (default: no)")
    group.add_argument(
        "--rotation",
        type=int,
        choices=(0, 90, 180, 270),
        default=0,
        help="degrees clockwise (default: 0)",
    )


def run(options: argparse.Namespace) -> int:
    """Run once; return the exit code."""
    from contextlib import suppress

    from rich.console import Console

    from edge_app.session.run_session import run_session
    from edge_app.sinks.summary import summary_table

    console = Console()
    summary, code = run_session(run_options(options), console)
    with suppress(OSError, SystemExit):
        console.print(summary_table(summary))
    return code


def run_options(options: argparse.Namespace) -> RunOptions:
    """Return the options of a run, with the sample that fits the model by default."""
    from edge_app.model.catalog import default_variant, sample
    from edge_app.session.options import OutputOptions, RunOptions
    from edge_app.session.tasks import TaskSpec
    from edge_app.sources.camera import CameraOptions

    spec = read_model(options)
    source, truth = options.source, options.truth
    if source is None:
        source, sample_truth = sample(spec)
        truth = truth or sample_truth
    return RunOptions(
        task=TaskSpec(spec, source, truth, options.truth_labels),
        variant=options.variant or default_variant(spec),
        outputs=OutputOptions(
            record=options.record,
            record_max_mb=options.record_max_mb,
            segment_s=options.segment_s,
            metrics=options.metrics,
            metrics_max_mb=options.metrics_max_mb,
            headless=options.headless,
            kiosk=options.kiosk,
            alpha=options.alpha,
            edges=options.edges,
            serve=options.serve,
            serve_token=options.serve_token,
        ),
        runtime=options.runtime,
        threads=options.threads,
        keep_loaded=options.keep_loaded,
        as_fast_as_possible=options.as_fast_as_possible,
        max_frames=options.max_frames,
        loop=options.loop,
        camera=CameraOptions(
            size_wh=options.camera_size,
            fps=options.fps,
            exposure_ms=options.exposure,
            awb=options.awb,
            hflip=options.hflip,
            vflip=options.vflip,
            rotation=options.rotation,
        ),
        read_digits=options.read_digits,
    )
