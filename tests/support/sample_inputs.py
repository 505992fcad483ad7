"""Inputs under the names that the documents use, small enough to run every command on."""

import shutil
import subprocess
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.label_fit import fit_labels
from edge_app.labels import CITYSCAPES
from edge_app.sources.factory import open_source
from edge_app.sources.truth import open_truth
from host_tools.framework import load_keras
from tests.support.made_digits import made_mnist
from tests.support.made_street import made_teacher
from tests.support.media_files import write_tarball

ROOT = Path(__file__).resolve().parents[2]
_SAMPLES = ROOT / "assets" / "samples"
_MODELS = ROOT / "assets" / "models"
_CALIBRATION = 20  # fewer are refused
_SCORED = 4


def write_sample_inputs(folder: Path) -> None:
    """Write videos, images, data sets, models and results under the documents' names."""
    _cut(_SAMPLES / "street.mp4", folder / "drive.mp4", packets=50)
    _write_street_data(folder)
    shutil.copy(folder / "drive.mp4", folder / "mit_driveseg_sample.mp4")
    names = [f"{number}.png" for number in range(50)]
    write_tarball(folder / "mit_driveseg_sample_gt.tar.gz", names)
    _write_digits(folder)
    for name in ("models/deeplab", "models/street", "models/mine", "models/a", "models/b"):
        shutil.copytree(_MODELS / "street", folder / name)
    shutil.copytree(_MODELS / "mnist", folder / "models" / "mnist")
    shutil.copytree(ROOT / "assets", folder / "assets", dirs_exist_ok=True)
    for name in ("deeplab.tflite", "a.tflite"):
        shutil.copy(_MODELS / "street" / "float32.tflite", folder / name)
    shutil.copy(_MODELS / "street" / "int8.tflite", folder / "b.tflite")
    shutil.copy(_MODELS / "street" / "float32.tflite", folder / "float32.tflite")
    (folder / "corrected.json").write_text('{"scheme": "int8", "correct_bias": true}')
    for name in ("before", "after", "pi4", "pi5", "laptop", "result"):
        shutil.copy(ROOT / "assets" / "reference" / "amd-epyc.json", folder / f"{name}.json")


def _cut(source: Path, target: Path, *, packets: int) -> None:
    """Copy the first packets of a video."""
    with av.open(str(source)) as film, av.open(str(target), "w") as cut:
        stream = cut.add_stream_from_template(film.streams.video[0])
        for packet in islice(film.demux(video=0), packets):
            if packet.dts is not None:
                packet.stream = stream
                cut.mux(packet)


def _write_street_data(folder: Path) -> None:
    """Write frames of the clip with their truth as plain folders, as CamVid and as Cityscapes."""
    truth = open_truth(str(_SAMPLES / "street-truth.tar"), None)
    camvid_ids = _camvid_ids()
    with open_source(str(_SAMPLES / "street.mp4"), truth=truth) as source:
        for frame in islice(source, 2 * _CALIBRATION + 2 * _SCORED):
            assert frame.truth is not None
            image = cv2.resize(frame.image, (480, 360), interpolation=cv2.INTER_AREA)
            ids = cv2.resize(np.asarray(frame.truth), (480, 360), interpolation=cv2.INTER_NEAREST)
            name = f"0001TP_{frame.index:06d}.png"
            if frame.index == 0:
                _write(folder / "photo.jpg", image)
            if frame.index < _CALIBRATION:
                for images in ("images", "photos"):
                    _write(folder / images / name, image)
                continue
            part = "train" if frame.index < 2 * _CALIBRATION else "val"
            for root in ("CamVid", "camvid"):
                for named in {part, part.replace("val", "test")}:
                    _write(folder / root / named / name, image)
                    _write(folder / root / f"{named}annot" / name, camvid_ids[ids])
            city, stem = folder / "cityscapes", f"aachen_{frame.index:06d}_000019"
            _write(city / "leftImg8bit" / part / "aachen" / f"{stem}_leftImg8bit.png", image)
            _write(city / "gtFine" / part / "aachen" / f"{stem}_gtFine_labelTrainIds.png", ids)
            if part == "val":
                _write(folder / "drive" / name, image)
                _write(folder / "drive-truth" / name, camvid_ids[ids])


def _camvid_ids() -> NDArray[np.uint8]:
    """Return uint8 (256,): CamVid's id of each Cityscapes trainId, 11 for void."""
    mapped = fit_labels(CITYSCAPES, "camvid").table
    assert mapped is not None
    table = np.full(256, 11, np.uint8)
    table[:19] = mapped[:19]
    return table


def _write_digits(folder: Path) -> None:
    """Write MNIST's four files, and the sample's images and labels under other names."""
    made_mnist(folder / "mnist", train=640, test=50)
    images = _SAMPLES / "digits-images-idx3-ubyte.gz"
    labels = _SAMPLES / "digits-labels-idx1-ubyte.gz"
    for name in ("t10k-images-idx3-ubyte.gz", "t10k-images.gz", "digits.gz"):
        shutil.copy(images, folder / name)
    for name in ("t10k-labels-idx1-ubyte.gz", "t10k-labels.gz"):
        shutil.copy(labels, folder / name)


def write_networks(folder: Path, host_tools: Path) -> None:
    """Write networks to convert, in every form that `convert` takes; needs TensorFlow.

    host_tools: the program, which trains the digit network.
    """
    subprocess.run(
        [str(host_tools), "train", "mnist", "--data", "mnist", "--out", "mnist.keras"],
        cwd=folder,
        check=True,
    )
    made_teacher(folder / "frozen_inference_graph.pb", folded=True)
    (folder / "downloads").mkdir()
    shutil.copy(folder / "frozen_inference_graph.pb", folder / "downloads")
    network = _street_network()
    for name in ("model.keras", "street.keras"):
        network.save(folder / name)
    network.export(folder / "saved_model", verbose=False)


def _street_network() -> Any:
    """Return a network that names a street's classes by colour: 96x48 in, logits at a quarter."""
    keras = load_keras()
    keras.utils.set_random_seed(0)
    image = x = keras.Input((48, 96, 3))
    for stride in (2, 2):
        x = keras.layers.Conv2D(16, 3, stride, "same", activation="relu")(x)
    return keras.Model(image, keras.layers.Conv2D(19, 1)(x))


def _write(path: Path, image: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)
