"""Read the command line; the only place that prints errors and decides exit codes.

Nothing heavy is imported before a command is chosen, so that --help answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from edge_app import __version__
from edge_app.commands.arg_types import (
    Commands,
    add_command,
    listen_at,
    numbers,
    positive,
    seconds,
    share,
    size,
)
from edge_app.commands.evaluate_options import add_evaluate, add_merge
from edge_app.commands.looking import add_cameras, add_doctor
from edge_app.commands.measuring import add_bench, add_compare
from edge_app.commands.service_options import add_service
from edge_app.controls import KEYS
from edge_app.exits import run_command
from edge_app.model.interpreter.runtimes import CHOICES

_RUN_EXAMPLES = """examples:
  edge-app run drive.mp4 --model street --variant int8
  edge-app run drive.mp4 --model street --headless --record out.mp4 --metrics runs/drive
  edge-app run camvid/test --truth camvid/testannot --truth-labels camvid --model deeplab.tflite
  edge-app run picamera --model street --camera-size 1280x720 --fps 30
  edge-app run rtsp://user:password@host/stream --model street
  edge-app run picamera --model street --headless --serve 0.0.0.0:8080
  edge-app run t10k-images-idx3-ubyte.gz --truth t10k-labels-idx1-ubyte.gz --model mnist
"""
_MODELS_EXAMPLES = """examples:
  edge-app models                      what is there, and how good it was measured to be
  edge-app models check assets/models/mnist
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="edge-app",
        description="Watch post-training quantization: run the four variants of a model live.",
        epilog="edge-app COMMAND --help shows a command's options with examples.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_run(commands)
    add_bench(commands, _add_model)
    add_compare(commands)
    add_evaluate(commands, _add_model)
    add_merge(commands)
    _add_models(commands)
    _add_demo(commands)
    add_cameras(commands)
    add_doctor(commands)
    add_service(commands)
    return parser


def _add_run(commands: Commands) -> None:
    parser = add_command(
        commands,
        "run",
        "stream frames through a model and show them",
        f"{_RUN_EXAMPLES}\n{_keys_told()}",
    )
    parser.add_argument(
        "source",
        nargs="?",
        metavar="SOURCE",
        help="a video, picture, folder of pictures, IDX digits, 'synthetic', a camera (picamera, "
        "/dev/video0, see edge-app cameras) or a stream (rtsp://, http://) "
        "(default: the sample that fits the model)",
    )
    _add_model(parser)
    parser.add_argument(
        "--variant", metavar="V", help="the variant to run (default: int8 if there)"
    )
    parser.add_argument(
        "--truth", metavar="T", help="a folder, tarball or IDX file of right answers"
    )
    parser.add_argument(
        "--truth-labels", metavar="SET", help="camvid, cityscapes, driveseg (default: by layout)"
    )
    parser.add_argument("--record", metavar="FILE", help="write the overlay to an .mp4 file")
    parser.add_argument(
        "--record-max-mb",
        type=positive,
        metavar="N",
        help="end the recording at N megabytes, all its files together",
    )
    parser.add_argument(
        "--segment-s",
        type=seconds,
        metavar="S",
        help="begin a new file after S seconds of recording: FILE-0001.mp4 and so on",
    )
    parser.add_argument(
        "--metrics", metavar="DIR", help="write frames.jsonl and summary.json there"
    )
    parser.add_argument(
        "--metrics-max-mb",
        type=positive,
        metavar="N",
        help="keep the newest N megabytes of frames.jsonl, also of earlier runs",
    )
    parser.add_argument("--headless", action="store_true", help="open no window")
    parser.add_argument(
        "--kiosk", action="store_true", help="fill the screen, and fail where there is none"
    )
    parser.add_argument(
        "--serve",
        type=listen_at,
        metavar="[HOST:]PORT",
        help="show it in browsers, keys and all: on this machine, or with HOST 0.0.0.0 to the "
        "network, to those who have the token",
    )
    parser.add_argument(
        "--serve-token", metavar="T", help="the token (default: a new one, printed)"
    )
    parser.add_argument(
        "--as-fast-as-possible",
        action="store_true",
        help="do not wait for a file's own time stamps",
    )
    parser.add_argument(
        "--keep-loaded",
        type=positive,
        metavar="N",
        help="variants held in memory at once (default: 2, or all where memory is ample)",
    )
    parser.add_argument("--max-frames", type=positive, metavar="N", help="stop after N frames")
    parser.add_argument("--loop", action="store_true", help="begin again at the end")
    parser.add_argument(
        "--read-digits",
        choices=("auto", "on", "off"),
        default="auto",
        help="find the digits on a page and read each (auto: on large pictures, by a digit model)",
    )
    parser.add_argument("--alpha", type=share, default=0.55, help="share of colour (default 0.55)")
    parser.add_argument(
        "--edges",
        choices=("auto", "smooth", "clean"),
        default="auto",
        help="borders of the colours: from upsampled logits, or the network's own pixels",
    )
    _add_camera(parser)


def _keys_told() -> str:
    """Return what the keys do, one per line."""
    lines = [f"  {' or '.join(key.keys):<12}{key.what}" for key in KEYS]
    return "\n".join(["keys, in the window and in the terminal:", *lines, ""])


def _add_camera(parser: argparse.ArgumentParser) -> None:
    camera = parser.add_argument_group("for a camera (else left to it)")
    camera.add_argument(
        "--camera-size", type=size, metavar="WxH", help="of its pictures (default 1280x720)"
    )
    camera.add_argument("--fps", type=float, metavar="N", help="pictures per second")
    camera.add_argument("--exposure", type=float, metavar="MS", help="open shutter in milliseconds")
    camera.add_argument(
        "--awb", metavar="LIGHT", help="white balance: auto, tungsten, fluorescent, daylight, ..."
    )
    camera.add_argument("--hflip", action="store_true", help="mirror left and right")
    camera.add_argument("--vflip", action="store_true", help="turn upside down, mirrored")
    camera.add_argument(
        "--rotation", type=int, choices=(0, 90, 180, 270), default=0, help="degrees clockwise"
    )


def _add_models(commands: Commands) -> None:
    parser = add_command(commands, "models", "list the models, or check one", _MODELS_EXAMPLES)
    parser.add_argument("action", nargs="?", choices=("list", "check"), default="list")
    parser.add_argument("folder", nargs="?", metavar="DIR", help="a model folder")
    _add_runtime(parser)


def _add_demo(commands: Commands) -> None:
    parser = add_command(
        commands,
        "demo",
        "run all variants on the sample that ships with the app",
        "leaves an overlay video, a metrics log and a summary per variant in --out, of the street\n"
        "also two pictures of float32 beside int8\n",
    )
    parser.add_argument(
        "--model", choices=("street", "mnist"), help="(default: the street, where it ships)"
    )
    parser.add_argument("--out", default="demo", metavar="DIR", help="(default: demo)")
    parser.add_argument("--headless", action="store_true", help="open no window")
    _add_runtime(parser)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        default="street",
        metavar="M",
        help="the name of a model that ships, a model folder, or a .tflite file (default: street)",
    )
    _add_runtime(parser)
    bare = parser.add_argument_group("for a .tflite file without a card (else guessed and said)")
    bare.add_argument("--task", choices=("segmentation", "classification"))
    bare.add_argument("--labels", metavar="SET", help="cityscapes, camvid, pascal-voc, digits")
    bare.add_argument(
        "--input-size", type=size, metavar="WxH", help="where the file leaves it open"
    )
    bare.add_argument("--channels", choices=("rgb", "bgr", "gray"))
    bare.add_argument(
        "--mean", type=numbers, metavar="M[,M,M]", help="input = (pixel - mean) / std"
    )
    bare.add_argument("--std", type=numbers, metavar="S[,S,S]")
    bare.add_argument("--fit", choices=("stretch", "letterbox"))


def _add_runtime(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--runtime",
        choices=CHOICES,
        default="auto",
        help="the inference runtime (default: the first that is installed)",
    )
    parser.add_argument(
        "--threads", type=positive, metavar="N", help="of the network (default: physical cores)"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, 1 for a fault, 2 for usage, 128 + n after signal n."""
    options = build_parser().parse_args(arguments)
    return run_command("edge-app", lambda: _dispatch(options))


def _dispatch(options: argparse.Namespace) -> int:
    if options.command == "run":
        from edge_app.commands.run import run_command

        return run_command(options)
    if options.command == "bench":
        from edge_app.commands.bench import bench_command

        return bench_command(options)
    if options.command == "evaluate":
        from edge_app.commands.evaluate import evaluate_command

        return evaluate_command(options)
    if options.command == "merge":
        from edge_app.commands.merge import merge_command

        return merge_command(options)
    if options.command == "compare":
        from edge_app.commands.compare import compare_command

        return compare_command(options)
    if options.command == "demo":
        from edge_app.commands.demo import demo_command

        return demo_command(options)
    if options.command == "cameras":
        from edge_app.commands.cameras import cameras_command

        return cameras_command(options)
    if options.command == "service":
        from edge_app.commands.service import service_command

        return service_command(options)
    if options.command == "doctor":
        from edge_app.commands.doctor import doctor_command

        return doctor_command(options)
    from edge_app.commands.models import models_command

    return models_command(options)


if __name__ == "__main__":
    sys.exit(main())
