"""A variant gives the results that its card expects, or it is refused."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.errors import ModelError, UsageError
from edge_app.frame import Classification, Image
from edge_app.model.card import InputSpec, read_card
from edge_app.model.engine import Engine, check_golden, load_engine
from edge_app.model.golden import golden_classes, golden_image
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.model.interpreter.runtimes import find_runtime
from edge_app.pipeline.run import plain_run
from edge_app.quality import Quality, agreement
from edge_app.sources.factory import open_source
from edge_app.sources.truth import open_truth

ROOT = Path(__file__).resolve().parents[3]
VARIANTS = ("float32", "float16", "dynamic_range", "int8")


@pytest.fixture(params=VARIANTS)
def digits(request: pytest.FixtureRequest, assets: Path) -> Engine:
    """Return each variant of the shipped digit model."""
    return load_engine(read_card(assets / "models/mnist"), request.param, threads=1)


def with_golden(engine: Engine, golden: dict[str, Any]) -> Engine:
    """Return the engine with another golden check in its card."""
    return replace(engine, spec=replace(engine.spec, golden=golden))


def scored(engine: Engine, source: str, truth: str, labels: str | None = None) -> Quality:
    """Return the score of a whole source, run as users run it."""
    with open_source(source, truth=open_truth(truth, labels)) as opened:
        run = plain_run(opened, engine)
        run.go()
    quality = run.stats.quality()
    assert quality is not None
    return quality


def test_the_golden_image_gets_the_expected_class(digits: Engine) -> None:
    """The shipped card expects a seven from every variant."""
    assert digits.spec.golden["expected"][digits.variant.name] == [7]
    image = golden_image("digit", (28, 28))
    assert golden_classes(digits.predict(image)) == [7]
    check_golden(digits)


def test_a_failed_golden_check_refuses_the_variant(digits: Engine) -> None:
    """The message names the file, the runtime and what to try."""
    wrong = {"pattern": "digit", "expected": {digits.variant.name: [1]}}
    with pytest.raises(ModelError) as fault:
        check_golden(with_golden(digits, wrong))
    assert str(fault.value).startswith(f"{digits.variant.path} fails its golden check")
    assert digits.network.runtime.title in str(fault.value)
    assert str(fault.value).endswith("or try another --runtime")


@pytest.mark.parametrize(
    "golden", [{}, {"pattern": "digit"}, {"expected": {"other": [1]}}, {"pattern": "unicorn"}]
)
def test_a_card_without_expectations_is_not_checked(assets: Path, golden: dict[str, Any]) -> None:
    """A variant without expected classes is accepted."""
    engine = load_engine(read_card(assets / "models/mnist"), "int8", threads=1)
    check_golden(with_golden(engine, golden))


@pytest.mark.parametrize("golden", [{"pattern": "unicorn"}, {}])
def test_an_unknown_pattern_is_a_model_error(assets: Path, golden: dict[str, Any]) -> None:
    """A card of a newer version gives a message, not a KeyError."""
    engine = load_engine(read_card(assets / "models/mnist"), "int8", threads=1)
    with pytest.raises(ModelError, match=r"golden pattern '(unicorn|None)', which .* convert"):
        check_golden(with_golden(engine, {**golden, "expected": {"int8": [7]}}))


def test_groups_give_the_same_results_as_single_images(digits: Engine) -> None:
    """The results are the same, and every stage has its time."""
    random = np.random.default_rng(0)
    images: list[Image] = [random.integers(0, 256, (28, 28, 3), np.uint8) for _ in range(6)]
    images[3] = random.integers(0, 256, (60, 31, 3), np.uint8)
    for image, grouped in zip(images, digits.timed_all(images), strict=True):
        alone = digits.timed(image)
        assert isinstance(alone[0], Classification)
        assert isinstance(grouped[0], Classification)
        assert grouped[0].class_id == alone[0].class_id
        assert np.array_equal(grouped[0].logits, alone[0].logits)
        assert all(duration_ms >= 0 for duration_ms in (*alone[1:], *grouped[1:]))


def test_an_unknown_variant_is_a_usage_error(assets: Path) -> None:
    """The message lists the card's variants."""
    with pytest.raises(UsageError, match="mnist has no variant 'int4'; it has: float32"):
        load_engine(read_card(assets / "models/mnist"), "int4")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input": InputSpec((32, 32), "gray")}, "the card says 32x32 gray, but the file's input"),
        ({"input": InputSpec((28, 28), "rgb")}, "the card says 28x28 rgb"),
        ({"task": "segmentation"}, "its output is 1x10 float32"),
    ],
)
def test_a_card_that_does_not_fit_its_file_is_refused(
    assets: Path, changes: dict[str, Any], message: str
) -> None:
    """The message begins with the path of the file."""
    spec = replace(read_card(assets / "models/mnist"), **changes)
    with pytest.raises(ModelError) as fault:
        load_engine(spec, "float32")
    assert str(fault.value).startswith(str(assets / "models/mnist/float32.tflite"))
    assert message in str(fault.value)


def test_an_exchanged_file_is_found(assets: Path, tmp_path: Path) -> None:
    """A file that gives another class than its card expects is refused when it is loaded."""
    card = json.loads((assets / "models/mnist/model.json").read_text("utf-8"))
    card["golden"]["expected"]["int8"] = [3]
    (tmp_path / "model.json").write_text(json.dumps(card))
    content = (assets / "models/mnist/int8.tflite").read_bytes()
    (tmp_path / "int8.tflite").write_bytes(content)
    with pytest.raises(ModelError, match="fails its golden check"):
        load_engine(read_card(tmp_path), "int8")


def test_the_shipped_digits_are_recognised(digits: Engine, assets: Path) -> None:
    """Every variant recognises at least 97 % of the digits that ship with the app."""
    samples = assets / "samples"
    quality = scored(
        digits,
        str(samples / "digits-images-idx3-ubyte.gz"),
        str(samples / "digits-labels-idx1-ubyte.gz"),
    )
    assert quality.frames == 500
    assert quality.top1 is not None
    assert quality.top1 >= 0.97


@pytest.mark.parametrize(
    ("name", "percent"),
    [
        ("converted_model_f32", 97.95),
        ("float16_quantized", 97.95),
        ("dynamic_range_quantized", 98.01),
        ("int8_quantized", 97.92),
    ],
)
def test_the_reference_models_score_what_was_published(
    shared: Path, name: str, percent: float
) -> None:
    """The reference's files reach its published figures on 10,000 digits, to .03 points."""
    path = shared / "seed_mnist" / f"{name}.tflite"
    spec = infer_card(path, CardOverrides())
    engine = load_engine(spec, next(iter(spec.variants)), threads=1)
    digits = shared / "mnist"
    quality = scored(
        engine,
        str(next(digits.glob("t10k-images*"))),
        str(next(digits.glob("t10k-labels*"))),
    )
    assert quality.frames == 10_000
    assert quality.top1 is not None
    assert round(abs(100 * quality.top1 - percent), 2) <= 0.03


CAMVID = ("camvid/test", "camvid/testannot")
CITYSCAPES = ("cityscapes/leftImg8bit/val", "cityscapes/gtFine/val")
# From ESPNet's code: (pixel - mean) / std / 255, in BGR.
ESPNET = CardOverrides(channels="bgr", mean=(72.39, 82.91, 73.16), std=(11557.0, 11768.0, 11452.0))
# LiteRT 2.3.0 reaches, in this order: .579 .879, .578 .879, .385 .930, .450 .936, .568 .966.
FLOORS = {
    "street_trial/float32": (CardOverrides(), CAMVID, 0.57, 0.87),
    "street_trial/int8": (CardOverrides(), CAMVID, 0.57, 0.87),
    "tflite/coral__deeplab_mobilenet_edgetpu_slim_cityscapes_quant": (
        CardOverrides(),
        CITYSCAPES,
        0.37,
        0.92,
    ),
    "tflite/espnet_p2q8_cityscapes_512x1024_float32": (ESPNET, CITYSCAPES, 0.44, 0.93),
    "deeplab/seed_1025x2049_int8": (CardOverrides(), CITYSCAPES, 0.55, 0.96),
}


@pytest.mark.parametrize("name", FLOORS)
def test_street_models_reach_their_floor(shared: Path, name: str) -> None:
    """Real frames, run as users run them, reach the expected scores."""
    if name.startswith("deeplab/") and find_runtime() == "tflite-runtime":
        pytest.skip("tflite-runtime needs ten seconds a frame for it")
    overrides, (source, truth), miou, accuracy = FLOORS[name]
    spec = infer_card(shared / f"{name}.tflite", overrides)
    engine = load_engine(spec, next(iter(spec.variants)))
    quality = scored(engine, str(shared / source), str(shared / truth))
    assert quality.miou is not None
    assert quality.pixel_accuracy is not None
    assert quality.miou >= miou
    assert quality.pixel_accuracy >= accuracy


_CHILD = """
import sys
import cv2, numpy
from pathlib import Path
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.model.engine import load_engine
spec = infer_card(Path(sys.argv[1]), CardOverrides(labels="cityscapes"))
engine = load_engine(spec, next(iter(spec.variants)))
numpy.save(sys.argv[3], engine.predict(cv2.imread(sys.argv[2])).class_map)
sys.stdout.write(engine.network.runtime.name)
"""


@pytest.mark.parametrize(
    "name", ["street_trial/float32", "street_trial/int8", "deeplab/seed_1025x2049_int8"]
)
def test_the_old_runtime_agrees_with_the_new_one(shared: Path, tmp_path: Path, name: str) -> None:
    """tflite-runtime, in a Python of its own, agrees on 99 % of a real frame's pixels."""
    other = os.environ.get("EDGE_TFLITE_PYTHON")
    if not other:
        pytest.skip("EDGE_TFLITE_PYTHON does not name a Python with tflite-runtime")
    frame = shared / "frames" / "mit_driveseg_sample.png"
    maps = []
    for python, runtime in ((sys.executable, "litert"), (other, "tflite-runtime")):
        saved = tmp_path / f"{runtime}.npy"
        done = subprocess.run(
            [python, "-c", _CHILD, str(shared / f"{name}.tflite"), str(frame), str(saved)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.stderr) == (runtime, "")
        maps.append(np.load(saved))
    assert agreement(*maps) >= 0.99
