"""Variants are measured by the code that ships, and the shipped ones are good."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError, SourceError
from edge_app.model.card import VARIANTS, Variant, read_card
from edge_app.sources.factory import open_source
from host_tools.convert.evaluation import Evaluation
from host_tools.convert.verify import (
    VerifiedVariant,
    check_collapsed,
    check_drop,
    difference,
    verify,
    with_agreement,
)
from host_tools.datasets import digit_files

# Lowest top-1 of a shipped digit variant.
FLOOR = 0.979


@pytest.fixture
def sample(assets: Path) -> Evaluation:
    """Return the 500 shipped digits."""
    images, labels = (assets / "samples" / f"digits-{kind}-ubyte.gz" for kind in KINDS)
    return Evaluation(str(images), str(labels))


KINDS = ("images-idx3", "labels-idx1")


@pytest.mark.parametrize("name", VARIANTS)
def test_the_shipped_variants_reach_the_floor(assets: Path, shared: Path, name: str) -> None:
    """On all 10,000 test digits, within a few digits of the card's figure."""
    spec = read_card(assets / "models" / "mnist")
    images, labels = digit_files(shared / "mnist", "test")
    quality = verify(spec, name, Evaluation(str(images), str(labels)), ()).variant.quality
    assert quality["frames"] == 10_000
    assert quality["top1"] >= FLOOR
    assert quality["top1"] == pytest.approx(spec.variants[name].quality["top1"], abs=5e-4)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_measurements_for_the_card(assets: Path, sample: Evaluation, name: str) -> None:
    """Score, golden classes, tensor types and partitions come from one load."""
    spec = read_card(assets / "models" / "mnist")
    frames: list[int] = []
    with open_source(sample.images, max_frames=50) as source:
        known = [frame.image for frame in source]
    verified = verify(spec, name, sample, known, on_frame=lambda: frames.append(1))
    assert len(frames) == verified.variant.quality["frames"] == 500
    assert verified.variant.quality["top1"] > 0.97
    assert verified.golden == spec.golden["expected"][name] == [7]
    assert verified.class_count == 10
    assert verified.variant.measured["partitions"] == 1
    assert verified.variant.measured["input"] == ("uint8" if name == "int8" else "float32")


def test_without_truth_there_is_no_quality(assets: Path) -> None:
    """A variant that is not scored has no quality in its card."""
    spec = read_card(assets / "models" / "mnist")
    assert verify(spec, "int8", None, ()).variant.quality == {}


def test_truth_of_other_images_is_refused(assets: Path, sample: Evaluation, mnist: Path) -> None:
    """50 labels cannot belong to 500 digits."""
    other = Evaluation(sample.images, str(digit_files(mnist, "test")[1]))
    with pytest.raises(SourceError, match="50 labels"):
        verify(read_card(assets / "models" / "mnist"), "int8", other, ())


def _variant(name: str, classes: int) -> VerifiedVariant:
    return VerifiedVariant(Variant(name, Path(f"{name}.tflite"), 1), [7], classes)


def test_a_variant_with_one_class_for_all_images_is_refused() -> None:
    """One class, if float32 gives ten, is a failed conversion."""
    variants = [_variant("float32", 10), _variant("float16", 10), _variant("int8", 1)]
    with pytest.raises(ModelError, match="int8 gives the same class to every image"):
        check_collapsed(variants)


@pytest.mark.parametrize("classes", [(10, 9, 2), (1, 1, 1)])
def test_other_variants_pass(classes: tuple[int, int, int]) -> None:
    """A network with one class in float32 lost nothing by quantization."""
    check_collapsed([_variant(name, n) for name, n in zip(VARIANTS, classes, strict=False)])


def _scored(name: str, **quality: float) -> VerifiedVariant:
    return VerifiedVariant(Variant(name, Path(f"{name}.tflite"), 1, quality=quality), [7], 10)


@pytest.mark.parametrize(
    ("figure", "before", "after", "limit", "fails"),
    [
        ("miou", 0.562, 0.541, None, True),
        ("miou", 0.562, 0.543, None, False),
        ("miou", 0.562, 0.543, 0.01, True),
        ("top1", 0.98, 0.974, None, True),
        ("top1", 0.98, 0.975, None, False),
        ("top1", 0.98, 0.5, 1.0, False),
        ("miou", 0.562, 0.6, 0.0, False),
    ],
)
def test_a_loss_beyond_the_limit_is_refused(
    figure: str, before: float, after: float, limit: float | None, fails: bool
) -> None:
    """The limit is 2 points of mIoU or half a point of top-1 by default."""
    variants = [_scored("float32", **{figure: before}), _scored("int8", **{figure: after})]
    if not fails:
        check_drop(variants, limit)
        return
    said = r"int8 (\.541|\.543|97\.40 %) lost more than .*host-tools diagnose"
    with pytest.raises(ModelError, match=said):
        check_drop(variants, limit)


def test_unscored_variants_pass() -> None:
    """Without truth there is no loss."""
    check_drop([_scored("float32"), _scored("int8")], None)


def test_variants_are_compared_with_float32() -> None:
    """Agreement counts equal classes; the error is that of the dequantized output."""
    first, other = _scored("float32"), _scored("int8")
    first.predictions.classes.extend([1, 2, 3, 4])
    other.predictions.classes.extend([1, 2, 3, 9])
    first.predictions.outputs.append(np.array([[0.0, 1.0]], np.float32))
    other.predictions.outputs.append(np.array([[0.5, 1.0]], np.float32))
    measured = [dict(one.variant.measured) for one in with_agreement([first, other])]
    assert measured == [
        {"agreement": 1.0, "mean_abs_error": 0.0},
        {"agreement": 0.75, "mean_abs_error": 0.25},
    ]


def test_answers_of_nan_agree_with_nothing() -> None:
    """Both have the class that the argmax of NaN gives, and are counted as different."""
    first, other = _scored("float32"), _scored("int8")
    for one in (first, other):
        one.predictions.classes.extend([0, 0, 3, 4])
        one.predictions.outputs.extend([np.full((1, 2), v, np.float32) for v in (np.nan, 1.0)])
        one.predictions.lost.add(0)
    assert difference(first.predictions, other.predictions) == {
        "agreement": 0.75,
        "mean_abs_error": 0.0,
    }
