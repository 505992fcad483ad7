"""A link of the proof chain in figures that can be counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge_app.frame import Classification, Segmentation
from edge_app.model.answer_check import drawn_images
from edge_app.model.card import read_card
from edge_app.model.engine import load_engine
from edge_app.model.proof_link import compare_engines, equal_share, proof_cells
from edge_app.results.model_card import ProofLink
from edge_app.style import NOTHING


def test_equal_classes_are_counted_and_nan_equals_nothing() -> None:
    """Of a map the pixels, of an image all or nothing."""
    one = Segmentation(np.array([[0, 1], [2, 3]], np.uint8))
    other = Segmentation(np.array([[0, 1], [2, 4]], np.uint8))
    assert equal_share(one, other) == 0.75
    sure = Classification(0, np.array([1, 0], np.float32))
    broken = Classification(0, np.array([np.nan, 0], np.float32))
    assert equal_share(sure, sure) == 1.0
    assert equal_share(broken, broken) == 0.0
    assert equal_share(one, sure) == 0.0


def test_two_variants_are_compared_on_images(assets: Path) -> None:
    """The link has the number of images, the share and the largest difference."""
    spec = read_card(assets / "models" / "mnist")
    engines = load_engine(spec, "float32"), load_engine(spec, "float16")
    images = drawn_images(spec.task, spec.input.size_wh)
    link = compare_engines("variant", engines, ("float32", "float16"), images)
    assert (link.variant, link.images, link.agreement, link.note) == ("float32", 3, 1.0, "")
    assert link.max_abs_error is not None
    assert 0 < link.max_abs_error < 0.1
    assert compare_engines("variant", engines, ("", ""), images, limit_s=0).images == 1


def test_the_cells_of_a_link() -> None:
    """What went wrong stands in place of the difference; what is unknown is a dash."""
    link = ProofLink(link="source", variant="float32", first="Keras", second="float32", images=12,
                     agreement=0.999, max_abs_error=2e-5)  # fmt: skip
    assert proof_cells(link) == ("Keras = float32", "12", "99.9 %", "2e-05")
    wrong = ProofLink(link="delegate", variant="int8", first="a", second="b", note="no answer")
    assert proof_cells(wrong) == ("a = b", NOTHING, NOTHING, "no answer")
