"""The two runtimes give the same classes; needs both in one environment (Python 3.11, numpy 1)."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.frame import Segmentation
from edge_app.model.card import read_card
from edge_app.model.engine import load_engine
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.model.interpreter.runtimes import installed
from edge_app.quality import agreement

pytestmark = pytest.mark.skipif(
    not {"litert", "tflite-runtime"} <= set(installed()),
    reason="LiteRT and tflite-runtime are not both installed here",
)


@pytest.mark.parametrize("variant", ["float32", "float16", "dynamic_range", "int8"])
def test_digits_get_the_same_class(assets: Path, variant: str) -> None:
    """Every shipped variant gives the first 200 digits the same class on both runtimes."""
    from edge_app.sources.factory import open_source

    spec = read_card(assets / "models" / "mnist")
    engines = [load_engine(spec, variant, runtime=name) for name in ("litert", "tflite-runtime")]
    digits = str(assets / "samples" / "digits-images-idx3-ubyte.gz")
    with open_source(digits, max_frames=200) as source:
        pairs = [[engine.predict(frame.image) for engine in engines] for frame in source]
    assert sum(one.class_id == other.class_id for one, other in pairs) >= 199  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("file", "floor"),
    [
        ("street_trial/float32.tflite", 0.9999),
        ("street_trial/int8.tflite", 0.99),
        ("deeplab/seed_1025x2049_int8.tflite", 0.99),
        # Quantized per tensor for the Edge TPU: one step of rounding is worth more there.
        ("tflite/coral__deeplab_mobilenet_edgetpu_slim_cityscapes_quant.tflite", 0.96),
    ],
)
def test_streets_get_the_same_classes(shared: Path, file: str, floor: float) -> None:
    """Nearly all pixels of a real frame get the same class from both."""
    image = np.asarray(cv2.imread(str(shared / "frames" / "mit_driveseg_sample.png")), np.uint8)
    maps = []
    for name in ("litert", "tflite-runtime"):
        spec = infer_card(shared / file, CardOverrides(labels="cityscapes"), runtime=name)
        engine = load_engine(spec, next(iter(spec.variants)), runtime=name)
        result = engine.predict(image)
        assert isinstance(result, Segmentation)
        maps.append(result.class_map)
    assert agreement(*maps) >= floor
