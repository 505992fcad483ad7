"""Of outputs of one shape, the one that knows most of the truth is read."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.model.card import TensorInfo
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.model.inferred.infer_output import OutputChoice, choose_output
from edge_app.model.inferred.same_shape_outputs import best_of_same_shape, same_shape_outputs
from edge_app.model.inferred.trial_run import RangeTrial
from tests.support.tflite_files import TfliteFile

NAMES = ("head", "aux", "out_1", "out_2", "coarse")
OUTPUTS = [
    TensorInfo(name, (1, 8, 8, 19) if name != "coarse" else (1, 4, 4, 19), np.dtype(np.float32))
    for name in NAMES
]


def chosen(*shares: float | None) -> OutputChoice:
    """Return what is chosen of those of one shape, right on such shares; None has no truth."""
    first = choose_output(OUTPUTS, (64, 64), None, CardOverrides())
    found = dict(zip(same_shape_outputs(OUTPUTS, 0), shares, strict=True))

    def tried(one: OutputChoice) -> RangeTrial | None:
        assert one.tensor is OUTPUTS[one.position]
        share = found[one.position]
        by_truth = share is not None
        return RangeTrial("a frame", {"-1 to 1": share or 0.0, "0 to 1": 0.1}, by_truth, None)

    return best_of_same_shape(OUTPUTS, first, tried)


def test_those_of_one_shape_without_the_name_of_a_helper_are_alike() -> None:
    """Helpers of training and coarser maps are not tried."""
    assert same_shape_outputs(OUTPUTS, 0) == [0, 2, 3]
    assert same_shape_outputs(OUTPUTS, 4) == [4]


def test_the_one_that_knows_most_is_read() -> None:
    """How much it knows, and the others, is said; it is then likely."""
    best = chosen(0.2, 0.6, 0.5)
    assert (best.position, best.tensor.name) == (2, "out_1")
    (guess,) = [one for one in best.guesses if one.topic == "output"]
    assert guess.value == "out_1 (1x8x8x19)"
    assert guess.origin == "right on 60.0 % of a frame, its like on 50.0 % at most"
    assert guess.sureness == "likely"
    assert "0 head" in guess.other
    assert "out_1" not in guess.other


@pytest.mark.parametrize("shares", [(0.5, 0.53, 0.2), (None, None, None), (0.1, 0.6, 0.58)])
def test_the_first_stays_without_a_clear_answer(shares: tuple[float | None, ...]) -> None:
    """It is assumed then, not likely."""
    first = chosen(*shares)
    (guess,) = [one for one in first.guesses if one.topic == "output"]
    assert (first.position, guess.sureness) == (0, "assumed")


def test_a_network_of_two_heads_alike_is_read_by_its_first_and_says_so(tmp_path: Path) -> None:
    """Seven classes have no truth here; what is read is that output alone."""
    file = TfliteFile()
    given = file.tensor((1, 16, 32, 3), name="image")
    kernels = np.random.default_rng(3).normal(size=(2, 7, 1, 1, 3))
    heads = [file.conv(given, kernel, (1, 16, 32, 7)) for kernel in kernels]
    path = file.write(tmp_path / "heads.tflite", [given], heads)
    spec = infer_card(path, CardOverrides(mean=(0.0,), std=(255.0,)))
    (guess,) = [one for one in spec.guessed if one.topic == "output"]
    assert guess.origin == "the first of its kind of 2"
    assert (guess.sureness, guess.option) == ("assumed", "--output")
    assert spec.output.tensor == guess.value.split()[0]
    assert guess.other.startswith("1 ")
