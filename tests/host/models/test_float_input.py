"""Graphs of uint8 images take real pixels, and give the same values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.errors import ModelError
from host_tools.framework import load_tensorflow
from host_tools.models.frozen import load_frozen
from host_tools.models.loaded_model import SourceOptions

pytestmark = pytest.mark.tensorflow


def _written(folder: Path, change: Any, layout: str = "nhwc") -> Path:
    """Write a graph of a uint8 image of open size; change: from it to real numbers."""
    tf = load_tensorflow()
    weights = np.random.default_rng(0).normal(0, 1, (3, 3, 3, 4)).astype(np.float32)
    shape = (1, None, None, 3) if layout == "nhwc" else (1, 3, None, None)
    with tf.Graph().as_default() as graph:
        given = tf.compat.v1.placeholder(tf.uint8, shape, name="image_tensor")
        if layout == "nchw":
            given = tf.transpose(given, (0, 2, 3, 1))
        x = tf.nn.conv2d(change(tf, given), tf.constant(weights), 2, "SAME")
        if layout == "nchw":
            x = tf.transpose(x, (0, 3, 1, 2))
        tf.identity(x, name="logits")
    path = folder / "made.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return path


def _cast(tf: Any, image: Any) -> Any:
    return (tf.cast(image, tf.float32) - 100.0) / 50.0


def _squeezed(tf: Any, image: Any) -> Any:
    return tf.expand_dims(tf.cast(tf.squeeze(image, [0]), tf.float32), 0)


def _resized(tf: Any, image: Any) -> Any:
    return tf.compat.v1.image.resize_bilinear(image, (8, 16))


@pytest.mark.parametrize("layout", ["nhwc", "nchw"])
@pytest.mark.parametrize("change", [_cast, _squeezed, _resized])
def test_pixels_become_real_outside(tmp_path: Path, change: Any, layout: str) -> None:
    """The rebuilt graph, fed with real pixels, agrees with the original, fed with whole ones."""
    loaded = load_frozen(_written(tmp_path, change, layout), SourceOptions((32, 16)), tmp_path)
    assert (loaded.shape, loaded.mean, loaded.std) == ((1, 16, 32, 3), (0.0,), (1.0,))
    assert loaded.notes["rebuilt_agreement"] > 0.999
    assert loaded.notes.get("source_layout") == ("nchw" if layout == "nchw" else None)


def test_arithmetic_of_whole_numbers_is_refused(tmp_path: Path) -> None:
    """uint8 sums wrap around, which real ones do not."""

    def wrapping(tf: Any, image: Any) -> Any:
        return tf.cast(image + image, tf.float32)

    with pytest.raises(ModelError, match=r"computes with whole numbers.*AddV2.*--input-tensor"):
        load_frozen(_written(tmp_path, wrapping), SourceOptions((32, 16)), tmp_path)
