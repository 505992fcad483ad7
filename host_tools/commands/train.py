"""`host-tools train`: train the digit or the street network."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_app.commands.arg_types import OptionAdder, number, options_from, whole
from edge_app.program import add_command

EXAMPLES = """examples:
  host-tools train mnist
  host-tools train street --data camvid:CamVid --teacher frozen_inference_graph.pb --minutes 80

host-tools train NETWORK --help shows a network's options.
"""
_MNIST_EXAMPLES = """examples:
  host-tools train mnist                        MNIST from this machine, else downloaded by Keras
  host-tools train mnist --data mnist --seed 1 --out digits.keras
  host-tools train mnist --recipe reference     like the reference project
  host-tools train mnist --resume               continue after Ctrl-C, a kill or a power cut

Beside NAME.keras, NAME.history.json and NAME.history.png show loss and accuracy of every epoch.
Each epoch leaves NAME.checkpoint.npz until the training ends; a resumed training ends with the
weights of an uninterrupted one. Ctrl-C saves the weights so far as NAME.interrupted.keras.
"""
_STREET_EXAMPLES = """examples:
  host-tools fetch deeplab-cityscapes --out downloads      the teacher, a frozen graph
  host-tools train street --data camvid:CamVid --data video:drive.mp4 \\
      --teacher frozen_inference_graph.pb --minutes 80 --out street.keras
  host-tools train street --data cityscapes:cityscapes --data scenes:400 \\
      --teacher frozen_inference_graph.pb --minutes 600
  host-tools train street ... --minutes 120 --resume       continue, up to 120 minutes in all
  host-tools train street ... --size large --set frozen=3 --set auxiliary=0.4 --set lovasz=0.5

CamVid's folder holds train, trainannot, val and valannot; Cityscapes' holds leftImg8bit and
gtFine, of which only train is read. Folders called test and Cityscapes' val are never read. The
teacher labels every image once, in a second or two; its labels are cached, those of --teacher-views
many beside the others. The network's first blocks start from the teacher's weights, or all of it
from those of --start.

Values of --set, as they are without it:
  batch=8 rate=0.0015 encoder_rate=0.25 warmup=0.02 decay=0.02
                       the steps: learning rate of the decoder, the encoder's as a share of it
  mean=0.998           momentum of the weights' running mean, which is what is written
  frozen=0             first blocks of the encoder that keep their weights: faster
  zoom=0.7:2           range of the scale of the images
  soft=0.5             weight of the teacher's probabilities in the loss
  lovasz=0             weight of the mIoU of a batch (Lovasz-softmax)
  auxiliary=0          weight of predictions by inner layers, which are dropped at the end
  sure=2 hard=0.1      pixels found with a probability above sure do not count, but the hardest
                       tenth does (online hard example mining; above 1, all count)

Beside NAME.keras, NAME.history.json and NAME.history.png show the progress. During training,
NAME.unfinished.keras can be converted at any moment, and --resume continues from
NAME.checkpoint.npz; both remain after Ctrl-C.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two networks with their options."""
    networks = parser.add_subparsers(dest="network", metavar="NETWORK", required=True)
    _add_street(add_command(networks, "street", "train the street network", _STREET_EXAMPLES))
    _add_mnist(add_command(networks, "mnist", "train the digit network", _MNIST_EXAMPLES))


def run(options: argparse.Namespace) -> int:
    """Train a network; return 130 if Ctrl-C ended it."""
    from edge_app.output_place import reserved

    with reserved(files=[options.out]):  # of its checkpoint and history, too
        return (_train_street if options.network == "street" else _train_mnist)(options)


def _add_street(parser: argparse.ArgumentParser) -> None:
    text = "camvid:DIR, cityscapes:DIR, video:FILE or scenes:COUNT; may be repeated"
    parser.add_argument("--data", action="append", required=True, metavar="KIND:PATH", help=text)
    text = "DeepLab's frozen graph"
    parser.add_argument("--teacher", type=Path, required=True, metavar="PB", help=text)
    add = OptionAdder(parser)
    text = (
        "few: one or two sizes; many: larger and mirrored, too, and what it is unsure of is left "
    )
    add.choice(
        "--teacher-views",
        ("few", "many"),
        text + "out, for five times the pixels (default: few)",
        "few",
    )
    text = "training time, including resumed runs (default: 80, or what --steps takes)"
    add.value("--minutes", "MINUTES", text, _minutes)
    text = "train for so many batches, resumed runs included, however long they take on a busy "
    add.value("--steps", "STEPS", text + "machine (default: by time)", _steps)
    add.value("--seed", "SEED", "random seed of weights and images (default: 0)", int, 0)
    text = "small: 512x256, as shipped; large: 768x384, some three times the work (default: small)"
    add.choice("--size", ("small", "large"), text, "small")
    text = "begin with the weights of this .keras or float32 .tflite file (default: the teacher's)"
    add.value("--start", "FILE", text, Path)
    text = "a value of the recipe, as in --set lovasz=0.5; may be repeated (default: below)"
    parser.add_argument("--set", action="append", metavar="NAME=VALUE", help=text, default=[])
    add.flag("--resume", "continue from the checkpoint of a stopped run (default: start again)")
    add.value("--cache", "DIR", "folder of the teacher's labels (default: NAME.cache)", Path)
    name = "street.keras"
    add.value("--out", "NAME.keras", f"output file (default: {name})", Path, Path(name))


def _add_mnist(parser: argparse.ArgumentParser) -> None:
    add = OptionAdder(parser)
    text = "folder with MNIST's four IDX files, plain or .gz "
    add.value("--data", "DIR", text + "(default: ./mnist, else downloaded by Keras)", Path)
    add.value("--epochs", "EPOCHS", "passes over the digits (default: 5)", int, 5)
    add.value("--seed", "SEED", "random seed of weights and order (default: 0)", int, 0)
    text = (
        "ours: learning rate 0.005 with cosine decay, batches of 128; "
        "reference: constant 0.001, batches of 32 (default: ours)"
    )
    add.choice("--recipe", ("ours", "reference"), text, "ours")
    text = "continue after the last epoch of a stopped run with the same options "
    add.flag("--resume", text + "(default: start again)")
    name = "mnist.keras"
    add.value("--out", "NAME.keras", f"output file (default: {name})", Path, Path(name))


def _minutes(text: str) -> float:
    minutes = number(text, "minutes, e.g. 80 or 0.5")
    if not 0 < minutes < 60 * 24 * 30:
        raise argparse.ArgumentTypeError("must be above 0 and below a month")
    return minutes


def _steps(text: str) -> int:
    steps = whole(text, "a number of batches, e.g. 4000")
    if steps < 1:
        raise argparse.ArgumentTypeError("train for at least 1")
    return steps


def _train_street(options: argparse.Namespace) -> int:
    from edge_app.console import TextConsole, print_line
    from host_tools.train.street.recipe_text import read_recipe
    from host_tools.train.street.train_street import StreetOptions, train_street

    console = TextConsole()
    recipe = read_recipe(options.set)
    trained = train_street(options_from(options, StreetOptions, recipe=recipe), console)
    chart = options.out.with_suffix(".history.png")
    if not trained.finished:
        print_line(console, f"stopped; saved as {trained.path}, history: {chart}")
        print_line(console, "the same command with --resume continues")
        return 130
    print_line(
        console,
        f"{trained.path}: history: {chart}; next: host-tools convert {trained.path} "
        "--task segmentation --labels cityscapes --calibration IMAGES --out DIR",
    )
    return 0


def _train_mnist(options: argparse.Namespace) -> int:
    from edge_app.atomic import write_atomic
    from edge_app.console import TextConsole, print_line
    from host_tools.charts.drawing import check_matplotlib
    from host_tools.datasets import find_mnist, read_digits
    from host_tools.framework import check_tensorflow
    from host_tools.train.checkpoint import check_target, checkpoint_path, read_checkpoint
    from host_tools.train.mnist.digit_chart import digit_chart
    from host_tools.train.mnist.train_digits import RECIPES, train_digits
    from host_tools.train.watching import training_bar

    console = TextConsole()
    check_target(options.out, options.epochs, options.seed)
    check_matplotlib()
    check_tensorflow()
    checkpoint = checkpoint_path(options.out)
    if options.resume:
        read_checkpoint(checkpoint)  # fails at once if there is none
    folder = find_mnist(options.data)
    digits, held_out = read_digits(folder, "train"), read_digits(folder, "test")
    print_line(
        console, f"{len(digits.labels):,} digits from {folder}, {len(held_out.labels):,} held out"
    )
    if checkpoint.exists() and not options.resume:
        print_line(console, f"starting again; --resume would continue from {checkpoint}")
    with training_bar(console=console) as progress:
        trained = train_digits(
            digits,
            held_out,
            options.out,
            recipe=RECIPES[options.recipe],
            epochs=options.epochs,
            seed=options.seed,
            resume=options.resume,
            progress=progress,
        )
    if not trained.finished:
        result = f"saved as {trained.path}" if trained.path else "nothing is trained yet"
        print_line(console, f"stopped after {trained.batches} batches; {result}")
        if trained.history.records:
            done = f"{len(trained.history.records)} of {options.epochs}"
            print_line(console, f"the same command with --resume continues after epoch {done}")
        return 130
    chart = options.out.with_suffix(".history.png")
    write_atomic(chart, digit_chart(trained.history))
    print_line(
        console,
        f"{trained.path}: {100 * (trained.accuracy or 0):.2f} % of the held-out digits, "
        f"trained in {trained.seconds:.0f} s; history: {chart}; "
        f"next: host-tools convert {trained.path} --calibration {folder} --eval {folder} --out DIR",
    )
    return 0
