"""Networks with TFLite metadata, and files packed behind them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from edge_app.model.inferred.packed_metadata import METADATA_NAME
from tests.support.flat_tables import flat_buffer
from tests.support.tflite_files import TfliteFile


def metadata(
    mean: list[float] | None = None, std: list[float] | None = None, labels: str = ""
) -> bytes:
    """Return metadata of an RGB image and of an output with a label file."""
    scaling = {0: 1, 1: {0: mean or [127.5], 1: std or [127.5]}}
    image = {0: "image", 3: {0: 2, 1: {0: 1}}, 4: [scaling]}
    scores: dict[int, object] = {0: "scores", 1: "what it sees"}
    if labels:
        scores[6] = [{0: labels, 2: 2}]
    network = {0: "A net", 1: "It sees", 3: [{2: [image], 3: [scores]}], 5: "Apache"}
    return flat_buffer(network, b"M001")


def write_classifier(
    path: Path, classes: int = 4, about: bytes | None = None, side: int = 8
) -> Path:
    """Write a classifier: the mean of each of its convolution's channels."""
    file = TfliteFile()
    given = file.tensor((1, side, side, 3), name="image")
    kernel = np.random.default_rng(0).normal(0, 1, (classes, 1, 1, 3))
    maps = file.conv(given, kernel, (1, side, side, classes))
    axes = file.constant(np.array([1, 2], np.int32))
    output = file.tensor((1, classes), name="scores")
    file.operator("MEAN", [maps, axes], output, "ReducerOptions")
    return file.write(path, [given], [output], {METADATA_NAME: about} if about else None)


def pack(path: Path, **files: str) -> Path:
    """Append text files to a network as a zip archive; _ in a name stands for a dot."""
    with zipfile.ZipFile(path, "a") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return path
