"""The output that is read, its layout and what its values are."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError
from edge_app.model.card import TensorInfo
from edge_app.model.inferred.card_overrides import CardOverrides
from edge_app.model.inferred.graph_facts import read_graph_facts
from edge_app.model.inferred.infer_output import OutputChoice, choose_output
from tests.support.tflite_files import TfliteFile

NOTHING = CardOverrides()


def info(shape: Sequence[int], dtype: str = "float32", name: str = "out") -> TensorInfo:
    """Return a tensor's description."""
    return TensorInfo(name, tuple(shape), np.dtype(dtype))


def choice(*outputs: TensorInfo, overrides: CardOverrides = NOTHING) -> OutputChoice:
    """Return what is inferred of outputs for an input of 128x64."""
    return choose_output(outputs, (64, 128), None, overrides)


@pytest.mark.parametrize(
    ("outputs", "chosen"),
    [
        ([info((1, 16, 32, 19)), info((1, 64, 128, 19), name="b")], 1),
        ([info((1, 64, 128, 7)), info((1, 16, 32, 19), name="b")], 1),
        ([info((1, 64, 128, 19), name="aux"), info((1, 64, 128, 19), name="out")], 1),
        ([info((1, 64, 128, 19)), info((1, 64, 128, 19), name="b")], 0),
        ([info((1, 8)), info((1, 16, 32, 19), name="map")], 1),
    ],
)
def test_one_of_several_outputs_is_chosen_and_all_are_named(
    outputs: list[TensorInfo], chosen: int
) -> None:
    """A map of a usual number of classes, no auxiliary one, the finest, else the first."""
    found = choice(*outputs)
    assert found.position == chosen
    (guess,) = [one for one in found.guesses if one.topic == "output"]
    assert guess.value == f"{outputs[chosen].name} ({outputs[chosen].size_text})"
    assert guess.option == "--output"
    is_tied = [one.shape for one in outputs] == [(1, 64, 128, 19)] * 2 and chosen == 0
    assert guess.sureness == ("assumed" if is_tied else "likely")
    assert all(one.name in f"{guess.value} {guess.other}" for one in outputs)


def test_the_user_chooses_task_and_layout() -> None:
    """A reading that contradicts them is not taken."""
    row = info((1, 64 * 128))
    assert choice(row).form.layout == "flat"
    scores = choice(row, overrides=CardOverrides(task="classification"))
    assert (scores.form.text, scores.classes) == ("8192 scores", 8192)
    square = info((1, 20, 20, 20))
    (guess,) = [one for one in choice(square).guesses if one.topic == "output layout"]
    assert guess.other.startswith(("nchw: ", "nhwc: "))
    nchw = choice(square, overrides=CardOverrides(layout="nhwc,nchw"))
    assert nchw.form.layout == "nchw"
    with pytest.raises(ModelError, match="none that --task and --layout name"):
        choice(info((1, 7)), overrides=CardOverrides(task="segmentation"))


@pytest.mark.parametrize("shape", [(), (1, 2, 3, 4, 5)])
def test_an_output_of_no_known_form_is_refused(shape: tuple[int, ...]) -> None:
    """The message says what is shown."""
    with pytest.raises(ModelError, match="neither a classifier's nor a segmenter's"):
        choice(info(shape))


@pytest.mark.parametrize(
    ("operator", "shape", "activation", "classes"),
    [
        ("SOFTMAX", (1, 10), "probabilities", 10),
        ("LOG_SOFTMAX", (1, 10), "logits", 10),
        ("LOGISTIC", (1, 1), "sigmoid", 2),
        ("LOGISTIC", (1, 64, 128, 1), "sigmoid", 2),
        ("LOGISTIC", (1, 64, 128, 19), "probabilities", 19),
        ("LOGISTIC", (1, 5), "sigmoid", 5),
        ("ARG_MAX", (1, 64, 128), "ids", 7),
        ("CONV_2D", (1, 64, 128, 1), None, None),
    ],
)
def test_the_last_operator_shows_what_the_values_are(
    tmp_path: Path, operator: str, shape: tuple[int, ...], activation: str | None, classes: int
) -> None:
    """Through operators that pass values on; others leave it to a trial."""
    file = TfliteFile()
    given = file.tensor((1, 64, 128, 7))
    made = file.operator(operator, [given], file.tensor(shape))
    output = file.reshape(made, shape, name="out")
    facts = read_graph_facts(file.write(tmp_path / "a.tflite", [given], [output]))
    found = choose_output([info(shape)], (64, 128), facts, NOTHING)
    assert (found.activation, found.classes) == (activation, classes)


def test_integers_are_class_ids() -> None:
    """Unless they are quantized; how many classes there are is not known."""
    found = choice(info((1, 64, 128), "int64"))
    assert (found.activation, found.classes) == ("ids", None)


@pytest.mark.parametrize(
    ("shape", "operator", "sureness", "other"),
    [
        ((1, 4, 8, 30), "CONV_2D", "assumed", "boxes of a detector"),
        ((1, 4, 8, 21), "CONV_2D", "certain", ""),
        ((1, 16, 32, 30), "CONV_2D", "certain", ""),
        ((1, 4, 8, 30), "SOFTMAX", "certain", ""),
        ((1, 20, 20, 5), "CONV_2D", "doubtful", ""),
    ],
)
def test_a_map_that_may_be_none_is_not_certain(
    tmp_path: Path, shape: tuple[int, ...], operator: str, sureness: str, other: str
) -> None:
    """A coarse grid of several boxes has its form; other proportions than the input's are said."""
    file = TfliteFile()
    given = file.tensor((1, 64, 128, 3))
    output = file.operator(operator, [given], file.tensor(shape))
    facts = read_graph_facts(file.write(tmp_path / "a.tflite", [given], [output]))
    found = choose_output([info(shape)], (64, 128), facts, NOTHING)
    (guess,) = [one for one in found.guesses if one.topic == "task"]
    assert (guess.value, guess.sureness) == ("segmentation", sureness)
    assert guess.other.startswith(other)
    assert ("though the input is 128x64" in guess.origin) == (sureness == "doubtful")
