"""The kinds of input that are attacked: their whole originals, their changes, what reads them."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import sys
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.mutate import TEXTS, mutated_bytes, mutated_json
from tests.fuzz.trial import Limits

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "assets" / "models"
Work = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of input.

    prepare: writes the originals into a folder. attack: writes one changed input into a new
    folder, and returns the command that reads it. modules: loaded once, before the first attempt.
    """

    name: str
    prepare: Callable[[Path], None]
    attack: Callable[[Path, Path, Random], Work]
    limits: Limits = field(default_factory=Limits)
    modules: Sequence[str] = ("cv2", "av", "PIL.Image", "edge_app.session.run_session")


def edge(*arguments: object) -> Work:
    """Return a run of edge-app in this process."""

    def work() -> int:
        from edge_app.cli import main

        return main([str(argument) for argument in arguments])

    return work


def host(*arguments: object) -> Work:
    """Return a run of host-tools in this process."""

    def work() -> int:
        from host_tools.cli import main

        return main([str(argument) for argument in arguments])

    return work


def short_run(source: object, model: object, *more: object) -> Work:
    """Return a run of two frames without a window."""
    quick = ("--headless", "--as-fast-as-possible", "--max-frames", "2", "--threads", "1")
    return edge("run", source, "--model", model, *quick, *more)


def _read_or_refuse(read: Callable[[], object], refusal: type[Exception]) -> int:
    """Call a reader as a command does; any other exception than its refusal is a fault."""
    try:
        read()
    except refusal as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


def _prepare_images(folder: Path) -> None:
    """Write images to run models on; the models themselves ship."""
    from tests.support.media_files import write_images

    write_images(folder, ["1.png", "2.png"])


# Models -------------------------------------------------------------------------------------------
def _attack_model(originals: Path, place: Path, draw: Random) -> Work:
    from tests.fuzz.model_schema import mutated_model, with_packed_labels

    original = draw.choice(sorted(MODELS.glob("*/*.tflite")))
    if original.parent.name == "street" and draw.random() < 0.7:
        original = MODELS / "mnist" / original.name  # the larger take longer
    ways = (mutated_bytes, mutated_model, with_packed_labels)
    data = draw.choices(ways, (45, 40, 15))[0](original.read_bytes(), draw)
    if draw.random() < 0.2:  # behind a whole card
        shutil.copy(original.with_name("model.json"), place)
        for name in ("float32", "float16", "dynamic_range", "int8"):
            (place / f"{name}.tflite").symlink_to(original.with_name(f"{name}.tflite"))
        path = place / original.name
        path.unlink()
        path.write_bytes(data)
        if draw.random() < 0.5:
            return edge("models", "check", place)
        return short_run(originals, place, "--variant", original.stem)
    path = place / "model.tflite"
    path.write_bytes(data)
    if draw.random() < 0.1:
        return lambda: _read_graph(path)
    return short_run(originals, path)


def _read_graph(path: Path) -> int:
    """Read the graph as host-tools does for --keep-float; ModelError is its only refusal."""
    from edge_app.errors import ModelError
    from host_tools.tflite.flatbuffer import read_graph

    return _read_or_refuse(lambda: read_graph(path.read_bytes()), ModelError)


# Cards --------------------------------------------------------------------------------------------
def _attack_card(originals: Path, place: Path, draw: Random) -> Work:
    original = MODELS / draw.choice(("mnist", "mnist", "street"))
    for path in original.glob("*.tflite"):
        (place / path.name).symlink_to(path)
    card = json.loads((original / "model.json").read_bytes())
    count = 10 if card["task"] == "classification" else 19
    if draw.random() < 0.6:
        card["labels"] = {"name": "own", "names": [f"class {i}" for i in range(count)]}
    # A whole card whose names are hostile.
    if isinstance(card["labels"], dict) and draw.random() < 0.5:
        card["labels"]["names"] = [draw.choice(TEXTS) for _ in range(count)]
        card |= {key: draw.choice(TEXTS) for key in ("name", "title", "licence")}
        (place / "model.json").write_text(json.dumps(card))
    else:
        (place / "model.json").write_bytes(mutated_json(card, draw))
    out = place / "out"
    return draw.choice(
        (
            short_run(originals, place),
            short_run(originals, place, "--record", place / "a.mp4", "--metrics", out),
            short_run(originals, place, "--save", place / "a.png"),
            edge("models", "check", place),
        )
    )


# Images and videos --------------------------------------------------------------------------------
_IMAGES = ("a.png", "a.jpg", "a.bmp", "a.tiff", "a.webp", "a.gif", "a.ppm", "palette.png", "a.avif")
_VIDEOS = ("a.mp4", "a.mkv", "a.ts", "a.avi", "a.mjpeg", "moving.png", "moving.webp", "moving.gif")


def _prepare_media(folder: Path) -> None:
    from PIL import Image, features

    from tests.support.media_files import noise, write_video

    frames = noise(6, (64, 48))

    images = [Image.fromarray(frame) for frame in frames]
    for name in _IMAGES:
        if name != "a.avif" or features.check("avif"):
            image = images[0].convert("P") if name == "palette.png" else images[0]
            image.save(folder / name)
    for name in ("moving.png", "moving.webp", "moving.gif"):
        images[0].save(folder / name, save_all=True, append_images=images[1:], duration=100)
    with (folder / "a.mjpeg").open("wb") as file:
        for image in images:
            image.save(file, "JPEG")
    for name in ("a.mp4", "a.mkv", "a.ts", "a.avi"):
        write_video(folder / name, images=frames)


def _attack_media(originals: Path, place: Path, draw: Random) -> Work:
    original = draw.choice(sorted(originals.iterdir()))
    path = place / original.name
    path.write_bytes(mutated_bytes(original.read_bytes(), draw))
    if draw.random() < 0.1 and original.suffix == ".png":
        truth = ("--truth", path, "--truth-labels", "cityscapes")
        return short_run(originals / "a.png", MODELS / "street", *truth)
    return short_run(path, MODELS / "mnist")


# IDX and label files ------------------------------------------------------------------------------
def _prepare_idx(folder: Path) -> None:
    import numpy as np

    from tests.support.media_files import write_digits, write_idx

    write_digits(folder / "images-idx3-ubyte", 5)
    write_idx(folder / "labels-idx1-ubyte", np.arange(5, dtype=np.uint8))
    for path in list(folder.iterdir()):
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    lines = "".join(f"{index},{index}\n" for index in range(5))
    (folder / "labels.csv").write_text(f"frame,label\n{lines}")


def _attack_idx(originals: Path, place: Path, draw: Random) -> Work:
    original = draw.choice(sorted(originals.iterdir()))
    path = place / original.name
    data = original.read_bytes()
    if original.suffix == ".gz" and draw.random() < 0.5:
        path.write_bytes(gzip.compress(mutated_bytes(gzip.decompress(data), draw)))
    else:
        path.write_bytes(mutated_bytes(data, draw))
    if "labels" in path.name:
        return short_run(originals / "images-idx3-ubyte", MODELS / "mnist", "--truth", path)
    return short_run(path, MODELS / "mnist")


# Tarballs of truth --------------------------------------------------------------------------------
def _prepare_tars(folder: Path) -> None:
    from tests.support.media_files import write_images, write_tarball

    names = ["1.png", "2.png"]
    write_images(folder / "images", names)
    write_tarball(folder / "truth.tar", names)
    (folder / "truth.tar.gz").write_bytes(gzip.compress((folder / "truth.tar").read_bytes()))


def _attack_tar(originals: Path, place: Path, draw: Random) -> Work:
    ways = (mutated_bytes, _changed_header, _changed_member)
    data = draw.choices(ways, (50, 30, 20))[0]((originals / "truth.tar").read_bytes(), draw)
    path = place / draw.choice(("truth.tar", "truth.tar.gz"))
    if path.suffix == ".gz":
        data = gzip.compress(data, 1)
        if draw.random() < 0.3:
            data = mutated_bytes(data, draw)
    path.write_bytes(data)
    return short_run(originals / "images", MODELS / "street", "--truth", path)


def _changed_header(data: bytes, draw: Random) -> bytes:
    """Change a field of a member's header, and give it the right checksum again."""
    changed = bytearray(data)
    at = 512 * draw.choice(
        [n for n in range(len(data) // 512) if data[n * 512 + 257 : n * 512 + 262] == b"ustar"]
    )
    start, size = draw.choice(((0, 100), (100, 8), (124, 12), (136, 12), (156, 1), (157, 100)))
    content = draw.choice(
        (
            b"\x80" + b"\xff" * (size - 1), b"\xff" * size, b"77777777777"[:size], b"-1", b"",
            b"../../x", b"/etc/passwd", b"\x1b[2J", bytes([draw.choice(b"0123456789gxLKSVD")]),
            draw.randbytes(size),
        )
    )  # fmt: skip
    changed[at + start : at + start + size] = content[:size].ljust(size, b"\0")
    changed[at + 148 : at + 156] = b" " * 8
    total = sum(changed[at : at + 512])
    changed[at + 148 : at + 156] = b"%06o\0 " % total
    return bytes(changed)


def _changed_member(data: bytes, draw: Random) -> bytes:
    """Change the content of one member."""
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as source,
        tarfile.open(None, "w", packed) as target,
    ):
        members = source.getmembers()
        chosen = draw.choice([one for one in members if one.isfile()])
        for one in members:
            file = source.extractfile(one)
            content = file.read() if file else b""
            if one is chosen:
                content = mutated_bytes(content, draw)
                one.size = len(content)
            target.addfile(one, io.BytesIO(content))
    return packed.getvalue()


# Results ------------------------------------------------------------------------------------------
def _prepare_results(folder: Path) -> None:
    from edge_app.cli import main
    from tests.support import made_results

    made_results.write(folder / "bench.json", made_results.bench())
    made_results.write(folder / "summary.json", made_results.summary())
    samples = ROOT / "assets" / "samples"
    digits = [samples / f"digits-{name}-ubyte.gz" for name in ("images-idx3", "labels-idx1")]
    data = f"idx:{digits[0]},{digits[1]}"
    command = ["evaluate", "--model", "mnist", "--dataset", data, "--variants", "int8"]
    if main([*command, "--frames", "0:5", "--out", str(folder / "first")]):
        raise RuntimeError("no evaluation was written")
    main([*command, "--frames", "5:10", "--out", str(folder / "second")])


def _attack_results(originals: Path, place: Path, draw: Random) -> Work:
    name = draw.choice(("bench.json", "summary.json", "first/evaluation.json"))
    path = place / "result.json"
    path.write_bytes(mutated_json(json.loads((originals / name).read_bytes()), draw))
    if draw.random() < 0.03:  # takes seconds
        return host("report", path, "--out", place / "page")
    if name == "bench.json":
        other = originals / name
        pair: tuple[Any, ...] = (path, other) if draw.random() < 0.5 else (other, path)
        return edge("compare", *pair, "--allow-invalid", "--across-boards")
    if name == "summary.json":
        return lambda: _read_for_report(path)
    other = originals / "second" / "evaluation.json"
    return edge("merge", path, other, "--out", place / "merged", "--allow", "models,datasets")


def _read_for_report(path: Path) -> int:
    """Read a result as host-tools report does, without drawing the page."""
    from edge_app.errors import EdgeError
    from host_tools.report.reading import read_results

    return _read_or_refuse(lambda: read_results(path), EdgeError)


# Keras files --------------------------------------------------------------------------------------
def _prepare_keras(folder: Path) -> None:
    import contextlib

    from host_tools.framework import load_keras

    keras = load_keras()
    layers = keras.layers
    given = keras.Input((16, 16, 3), batch_size=1)
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(given)
    x = layers.BatchNormalization()(layers.DepthwiseConv2D(3)(x))
    model = keras.Model(given, layers.Dense(5, activation="softmax")(layers.Flatten()(x)))
    model.save(folder / "a.keras")
    with contextlib.redirect_stderr(io.StringIO()):
        model.save(folder / "a.h5")


def _attack_keras(originals: Path, place: Path, draw: Random) -> Work:
    from tests.fuzz.keras_files import mutated_archive, mutated_h5

    original = originals / draw.choice(("a.keras", "a.h5"))
    path = place / original.name
    data = original.read_bytes()
    if draw.random() < 0.4:
        data = mutated_bytes(data, draw)
    else:
        data = (mutated_archive if path.suffix == ".keras" else mutated_h5)(data, draw)
    path.write_bytes(data)
    return lambda: _read_keras(path, place)


def _read_keras(path: Path, place: Path) -> int:
    """Load a Keras file and save it for the converter, as `host-tools convert` begins."""
    from edge_app.program import exit_code
    from host_tools.models.loaded_model import SourceOptions
    from host_tools.models.open_model import open_model

    def work() -> int:
        open_model(path, SourceOptions(), place)
        return 0

    return exit_code("host-tools", work)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("models", _prepare_images, _attack_model, Limits(memory_mb=4_500)),
        Kind("cards", _prepare_images, _attack_card),
        Kind("media", _prepare_media, _attack_media),
        Kind("idx", _prepare_idx, _attack_idx),
        Kind("tars", _prepare_tars, _attack_tar),
        Kind("results", _prepare_results, _attack_results),
        Kind(
            "keras",
            _prepare_keras,
            _attack_keras,
            Limits(seconds=120, memory_mb=3_000),
            ("tensorflow", "keras", "h5py"),
        ),
    )
}
