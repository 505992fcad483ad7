"""Each link of the proof chain compares two real ways to compute the answers."""

from __future__ import annotations

import os
import tarfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.progress import Progress

from edge_app.errors import ModelError
from edge_app.frame import Image
from edge_app.labels import numbered_labels
from edge_app.model.card import InputSpec, ModelSpec, Variant, read_card
from edge_app.model.engine import load_engine
from edge_app.sources.factory import open_source
from host_tools.convert.builders import VariantBuilders
from host_tools.convert.calibration import Calibration
from host_tools.convert.conversion_options import CardOptions, ConversionOptions
from host_tools.convert.convert import convert
from host_tools.convert.float_models import FloatModels
from host_tools.convert.proof_chain import (
    NamedImage,
    kernel_links,
    proof_notes,
    prove,
    source_link,
)
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.convert.verify import VerifiedVariant, verify, with_agreement
from host_tools.models.loaded_model import LoadedModel, SourceOptions
from host_tools.models.open_model import open_model
from tests.support.changed_weights import with_head_bias
from tests.support.named_bundle import field_image, write_bundle
from tests.support.tiny_networks import SIZE_WH, divided_by_mean

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
pytestmark = pytest.mark.tensorflow


def test_a_variant_of_any_name_has_its_links(tmp_path: Path) -> None:
    """float32 with the variant, and the delegate with the runtime's own kernels."""
    spec = write_bundle(tmp_path, ("float32", "int8-mixed"))
    images = [field_image(seed)[0] for seed in range(4)]
    verified = with_agreement([verify(spec, name, None, images) for name in spec.variants])
    named = [NamedImage(f"{at}", image) for at, image in enumerate(images)]
    links = [
        (one.link, one.variant)
        for one in prove(spec, "the file", None, verified, named)
        if one.link != "runtime"
    ]
    assert links == [
        ("variant", "int8-mixed"), ("delegate", "float32"), ("delegate", "int8-mixed")
    ]  # fmt: skip


@pytest.fixture(scope="module")
def digits(assets: Path) -> list[NamedImage]:
    """Return 20 of the shipped digits."""
    source = str(assets / "samples" / "digits-images-idx3-ubyte.gz")
    with open_source(source, max_frames=20) as frames:
        return [NamedImage(frame.name, frame.image) for frame in frames]


@pytest.fixture(scope="module")
def loaded(keras_file: Path, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """Return a tiny Keras model, ready to be converted."""
    return open_model(keras_file, SourceOptions(), tmp_path_factory.mktemp("scratch"))


def digit_spec(assets: Path, path: Path) -> ModelSpec:
    """Return the shipped digits' card with one float32 file."""
    spec = read_card(assets / "models" / "mnist")
    variant = Variant("float32", path, path.stat().st_size)
    return replace(spec, variants={"float32": variant}, golden={})


def test_the_source_in_tensorflow_answers_as_float32(
    assets: Path, tmp_path: Path, loaded: LoadedModel, digits: list[NamedImage]
) -> None:
    """On real images every class is the same, and no output differs by more than rounding."""
    path = tmp_path / "float32.tflite"
    assert loaded.saved
    path.write_bytes(convert_saved_model(loaded.saved, "float32", lambda: iter(())))
    engine = load_engine(digit_spec(assets, path), "float32")
    link = source_link(loaded.kind, loaded.saved, engine, digits)
    assert (link.link, link.variant, link.images) == ("source", "float32", 20)
    assert link.first.startswith("the Keras model in TensorFlow 2.")
    assert link.agreement == 1.0
    assert link.max_abs_error is not None
    assert link.max_abs_error < 1e-3


def test_a_float32_that_is_another_network_is_refused(
    assets: Path, tmp_path: Path, loaded: LoadedModel, digits: list[NamedImage]
) -> None:
    """The same network with an offset on one class does not answer as its source."""
    path = tmp_path / "float32.tflite"
    assert loaded.saved
    right = convert_saved_model(loaded.saved, "float32", lambda: iter(()))
    path.write_bytes(with_head_bias(right, 500))
    engine = load_engine(digit_spec(assets, path), "float32")
    with pytest.raises(ModelError, match="float32 does not answer as the Keras model does"):
        source_link(loaded.kind, loaded.saved, engine, digits)


def test_kernels_are_compared(assets: Path, digits: list[NamedImage]) -> None:
    """With the delegate and on the runtime's own kernels, the digits have the same classes."""
    spec = read_card(assets / "models" / "mnist")
    links = kernel_links(spec, "int8", [image for _, image in digits])
    assert links[0].link == "delegate"
    assert (links[0].agreement, links[0].note) == (1.0, "")


def brightness_spec(tmp_path: Path) -> ModelSpec:
    """Return the card of a network that gives NaN for a black image."""
    path = tmp_path / "float32.tflite"
    path.write_bytes(divided_by_mean())
    variant = Variant("float32", path, path.stat().st_size)
    labels = numbered_labels("five", tuple("abcde"))
    given = InputSpec(SIZE_WH, "rgb", (127.5,), (127.5,))
    return ModelSpec("net", "Net", "classification", labels, given, {"float32": variant})


def test_an_image_without_an_answer_is_named_with_its_layer(tmp_path: Path) -> None:
    """The network is right for all others, so that it loads."""
    images: list[Image] = [np.full((16, 32, 3), level, np.uint8) for level in (90, 200, 0)]
    names = ["a.png", "b.png", "black.png"]
    said = r"float32 cannot answer the image black\.png: .* NaN, from the layer \S+ on; leave"
    with pytest.raises(ModelError, match=said):
        verify(brightness_spec(tmp_path), "float32", None, images, names=names)
    found = verify(brightness_spec(tmp_path), "float32", None, images[:2], names=names)
    assert len(found.predictions.classes) == 2


def test_a_network_of_nan_is_refused_with_its_layer(assets: Path, tmp_path: Path) -> None:
    """Before anything is made of it."""
    path = tmp_path / "nan.tflite"
    digits = (assets / "models" / "mnist" / "float32.tflite").read_bytes()
    path.write_bytes(with_head_bias(digits, float("nan")))
    card = CardOptions(labels="digits", mean=(0.0,), std=(255.0,))
    options = ConversionOptions(path, tmp_path / "out", variants=("float32",), card=card)
    said = r"the model gives no answer: a drawn image makes its layer \S+ NaN or infinite;"
    with pytest.raises(ModelError, match=said):
        convert(options, Progress(disable=True))
    assert not (tmp_path / "out").exists()


def test_one_class_for_every_image_is_noted() -> None:
    """Of float32 itself, on real images; drawings count only without them."""
    variant = Variant("float32", Path("float32.tflite"), 1)
    one, two = (VerifiedVariant(variant, [7], n, warnings=("drawn",)) for n in (1, 2))
    (note,) = proof_notes(one, (), 25)
    assert note.startswith("WARNING: float32 gives the same class to every image, all 25")
    assert proof_notes(two, (), 25) == ()
    assert proof_notes(two, (), 0) == ("drawn",)


def photographs(count: int, size_wh: tuple[int, int]) -> list[Image]:
    """Return smooth images that differ: uint8 (H, W, 3) each."""
    draw = np.random.default_rng(0)
    coarse = [draw.integers(0, 256, (4, 6, 3), dtype=np.uint8) for _ in range(count)]
    return [np.asarray(cv2.resize(each, size_wh), np.uint8) for each in coarse]


def with_one_black(size_wh: tuple[int, int]) -> Calibration:
    """Return 25 calibration images, of which the last is black."""
    black = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    images = (*photographs(24, size_wh), black)
    names = (*(f"{number}.png" for number in range(24)), "black.png")
    return Calibration(images, {}, names)


def check_images(loaded: LoadedModel, given: InputSpec, calibration: Calibration) -> None:
    """Check calibration images as a conversion does before it builds int8."""
    options = ConversionOptions(Path("net"), Path("out"))
    progress = Progress(disable=True)
    VariantBuilders(options, FloatModels(loaded), given, calibration, progress).check_images()


def test_one_black_image_is_found_before_int8_is_made() -> None:
    """TensorFlow's converter would take the image and say nothing."""
    given = InputSpec(SIZE_WH, "rgb", (127.5,), (127.5,))
    shape = (1, SIZE_WH[1], SIZE_WH[0], 3)
    loaded = LoadedModel("the TFLite model", shape, "", float32=divided_by_mean())
    calibration = with_one_black(SIZE_WH)
    with pytest.raises(ModelError, match=r"the image black\.png makes the layer \S+ NaN"):
        check_images(loaded, given, calibration)
    good = replace(calibration, images=calibration.images[:-1], names=calibration.names[:-1])
    check_images(loaded, given, good)


@pytest.mark.shared
def test_the_cases(shared: Path, tmp_path: Path) -> None:
    """A black image, a network of NaN and a constant one, each said in its own words."""
    cases = shared.parent / "cases"
    if not os.access(cases, os.R_OK):
        pytest.skip("the cases are not here")
    with tarfile.open(cases / "mean_nan_saved.tar.gz") as archive:
        archive.extractall(tmp_path / "mean", filter="data")
    (folder,) = (tmp_path / "mean").iterdir()
    loaded = open_model(folder, SourceOptions(), tmp_path)
    given = InputSpec((loaded.shape[2], loaded.shape[1]), "rgb", (127.5,), (127.5,))
    with pytest.raises(ModelError, match=r"the image black\.png makes the layer truediv NaN"):
        check_images(loaded, given, with_one_black(given.size_wh))

    def noted(name: str) -> tuple[str, ...]:
        options = ConversionOptions(cases / name, tmp_path / name, variants=("float16",))
        return convert(options, Progress(disable=True)).notes

    assert "float32 gives the same class to every image" in noted("constant_logits.tflite")[0]
    with pytest.raises(ModelError, match="a drawn image makes its layer Log NaN or infinite"):
        noted("nan_logits.tflite")
