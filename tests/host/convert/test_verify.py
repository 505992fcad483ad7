"""Test that variants are measured by the code that ships, and that the shipped ones hold."""

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
    compared,
    verify,
)
from host_tools.datasets import digit_files

# Below this a variant of the shipped digit model counts as broken.
FLOOR = 0.979


@pytest.fixture
def sample(assets: Path) -> Evaluation:
    """Return the 500 digits that ship."""
    images, labels = (assets / "samples" / f"digits-{kind}-ubyte.gz" for kind in KINDS)
    return Evaluation(str(images), str(labels))


KINDS = ("images-idx3", "labels-idx1")


@pytest.mark.parametrize("name", VARIANTS)
def test_the_shipped_variants_reach_the_floor(assets: Path, shared: Path, name: str) -> None:
    """On all 10,000 test digits, and within a digit or two of what the card says."""
    spec = read_card(assets / "models" / "mnist")
    images, labels = digit_files(shared / "mnist", "test")
    quality = verify(spec, name, Evaluation(str(images), str(labels)), ()).variant.quality
    assert quality["frames"] == 10_000
    assert quality["top1"] >= FLOOR
    assert quality["top1"] == pytest.approx(spec.variants[name].quality["top1"], abs=5e-4)


@pytest.mark.parametrize("name", VARIANTS)
def test_tells_what_the_card_needs(assets: Path, sample: Evaluation, name: str) -> None:
    """Score, golden answer, tensor types and the delegate's share come from one load."""
    spec = read_card(assets / "models" / "mnist")
    ticks: list[int] = []
    with open_source(sample.pictures, max_frames=50) as source:
        familiar = [frame.image for frame in source]
    proof = verify(spec, name, sample, familiar, tick=lambda: ticks.append(1))
    assert len(ticks) == proof.variant.quality["frames"] == 500
    assert proof.variant.quality["top1"] > 0.97
    assert proof.golden == spec.golden["expected"][name] == [7]
    assert proof.classes == 10
    assert proof.variant.measured["partitions"] == 1
    assert proof.variant.measured["input"] == ("uint8" if name == "int8" else "float32")


def test_without_truth_nothing_is_claimed(assets: Path) -> None:
    """A variant that was not scored has no quality in its card."""
    spec = read_card(assets / "models" / "mnist")
    assert verify(spec, "int8", None, ()).variant.quality == {}


def test_truth_of_other_pictures_is_refused(assets: Path, sample: Evaluation, mnist: Path) -> None:
    """Fifty labels cannot belong to five hundred digits."""
    other = Evaluation(sample.pictures, str(digit_files(mnist, "test")[1]))
    with pytest.raises(SourceError, match="50 labels"):
        verify(read_card(assets / "models" / "mnist"), "int8", other, ())


def _proof(name: str, classes: int) -> VerifiedVariant:
    return VerifiedVariant(Variant(name, Path(f"{name}.tflite"), 1), [7], classes)


def test_a_variant_that_answers_always_the_same_is_refused() -> None:
    """One answer to every picture, where float32 gives ten, is a ruined conversion."""
    proofs = [_proof("float32", 10), _proof("float16", 10), _proof("int8", 1)]
    with pytest.raises(ModelError, match="int8 gives the same answer to every picture"):
        check_collapsed(proofs)


@pytest.mark.parametrize("classes", [(10, 9, 2), (1, 1, 1)])
def test_other_variants_pass(classes: tuple[int, int, int]) -> None:
    """A network that knows one answer as float32 lost nothing by quantization."""
    check_collapsed([_proof(name, n) for name, n in zip(VARIANTS, classes, strict=False)])


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
    """2 points of mIoU or half a point of top-1, unless something else is asked for."""
    proofs = [_scored("float32", **{figure: before}), _scored("int8", **{figure: after})]
    if not fails:
        check_drop(proofs, limit)
        return
    with pytest.raises(ModelError, match=r"int8 0\.\d+ lost more than .*host-tools diagnose"):
        check_drop(proofs, limit)


def test_what_was_not_scored_is_not_refused() -> None:
    """Without truth there is no loss to speak of."""
    check_drop([_scored("float32"), _scored("int8")], None)


def test_answers_are_compared_with_those_of_float32() -> None:
    """Agreement counts equal answers; the error is that of the output in real units."""
    first, other = _scored("float32"), _scored("int8")
    first.seen.answers.extend([1, 2, 3, 4])
    other.seen.answers.extend([1, 2, 3, 9])
    first.seen.outputs.append(np.array([[0.0, 1.0]], np.float32))
    other.seen.outputs.append(np.array([[0.5, 1.0]], np.float32))
    measured = [dict(proof.variant.measured) for proof in compared([first, other])]
    assert measured == [
        {"agreement": 1.0, "mean_abs_error": 0.0},
        {"agreement": 0.75, "mean_abs_error": 0.25},
    ]
