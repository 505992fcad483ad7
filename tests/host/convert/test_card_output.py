"""A converted network of one channel gets a card that says what its values are."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from edge_app.model.card import InputSpec, TensorInfo
from edge_app.model.output_spec import OutputSpec
from host_tools.convert.card_output import card_output
from host_tools.convert.conversion_options import CardOptions
from tests.support.tflite_files import TfliteFile

GIVEN = InputSpec((16, 8), "rgb", (0.0,), (255.0,))


def described(
    folder: Path, shape: Sequence[int], operator: str, **options: object
) -> tuple[str, tuple[str, ...], OutputSpec]:
    """Return what the card of such a network says: task, names, output."""
    file = TfliteFile()
    given = file.tensor((1, 8, 16, 3))
    classes = shape[-1]
    maps = file.conv(given, np.ones((classes, 1, 1, 3)), (1, 8, 16, classes))
    if len(shape) == 2:
        axes = file.constant(np.array([1, 2], np.int32))
        maps = file.operator("MEAN", [maps, axes], file.tensor(shape), "ReducerOptions")
    options_of = "SoftmaxOptions" if operator == "SOFTMAX" else None
    output = file.operator(operator, [maps], file.tensor(shape), options_of)
    path = file.write(folder / "float32.tflite", [given], [output])
    card = CardOptions(**options)  # type: ignore[arg-type]
    tensor = TensorInfo("out", tuple(shape), np.dtype("float32"))
    task, labels, spec = card_output(card, GIVEN, path, tensor)
    return task, labels.names, spec


@pytest.mark.parametrize(
    ("shape", "operator", "task"),
    [((1, 4), "SOFTMAX", "classification"), ((1, 8, 16, 4), "RELU", "segmentation")],
)
def test_several_channels_are_as_usual(
    tmp_path: Path, shape: tuple[int, ...], operator: str, task: str
) -> None:
    """The card needs no words about the output."""
    names = ("class 0", "class 1", "class 2", "class 3")
    assert described(tmp_path, shape, operator) == (task, names, OutputSpec())


@pytest.mark.parametrize(
    ("shape", "task", "names"),
    [
        ((1, 8, 16, 1), "segmentation", ("background", "object")),
        ((1, 1), "classification", ("no", "yes")),
    ],
)
def test_one_channel_after_a_sigmoid_is_two_classes(
    tmp_path: Path, shape: tuple[int, ...], task: str, names: tuple[str, ...]
) -> None:
    """The user may give the threshold."""
    sigmoid = OutputSpec(activation="sigmoid", threshold=0.7)
    assert described(tmp_path, shape, "LOGISTIC", threshold=0.7) == (task, names, sigmoid)


def test_the_user_says_what_one_channel_is(tmp_path: Path) -> None:
    """Where its values may be a measure as well."""
    _, names, spec = described(tmp_path, (1, 8, 16, 1), "RELU", activation="logits")
    assert (names, spec.activation) == (("background", "object"), "logits")
