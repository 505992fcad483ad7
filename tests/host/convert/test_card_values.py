"""How a float32 file is fed and read: by the user, its source, its card, else inferred."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.labels import numbered_classes, numbered_labels
from edge_app.model.card import InputSpec, ModelSpec, Variant
from edge_app.model.guess import ASSUMED, LIKELY
from edge_app.model.output_spec import OutputSpec
from host_tools.convert.card_values import CardValues, card_values
from host_tools.convert.conversion_options import CardOptions
from host_tools.models.loaded_model import LoadedModel
from tests.support.tflite_files import TfliteFile

PIXELS = {"mean": (0.0,), "std": (255.0,)}
LOADED = LoadedModel("the model", (1, 8, 16, 3), "", **PIXELS)  # type: ignore[arg-type]


def network(path: Path, shape: Sequence[int], operator: str = "RELU") -> Path:
    """Write a network of 16x8 pixels that ends in an operator, with an output of some shape."""
    file = TfliteFile()
    given = file.tensor((1, 8, 16, 3))
    classes = shape[-1]
    maps = file.conv(given, np.ones((classes, 1, 1, 3)), (1, 8, 16, classes))
    if len(shape) == 2:
        axes = file.constant(np.array([1, 2], np.int32))
        maps = file.operator("MEAN", [maps, axes], file.tensor(shape), "ReducerOptions")
    options_of = "SoftmaxOptions" if operator == "SOFTMAX" else None
    output = file.operator(operator, [maps], file.tensor(shape), options_of)
    path.parent.mkdir(exist_ok=True)
    return file.write(path, [given], [output])


def read(
    folder: Path,
    shape: Sequence[int],
    operator: str = "RELU",
    loaded: LoadedModel = LOADED,
    **options: Any,
) -> CardValues:
    """Return how such a network is read, made of `net.keras` in the folder."""
    path = network(folder / "made" / "float32.tflite", shape, operator)
    card = CardOptions(**options)
    return card_values(card, loaded, path, folder / "net.keras")


@pytest.mark.parametrize(
    ("shape", "operator", "task"),
    [((1, 4), "SOFTMAX", "classification"), ((1, 8, 16, 4), "RELU", "segmentation")],
)
def test_several_channels_are_as_usual(
    tmp_path: Path, shape: tuple[int, ...], operator: str, task: str
) -> None:
    """The card needs no words about the output, and classes without a usual set are numbered."""
    found = read(tmp_path, shape, operator)
    assert (found.task, found.labels, found.output) == (task, numbered_classes(4), OutputSpec())


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
    found = read(tmp_path, shape, "LOGISTIC", threshold=0.7)
    assert (found.task, found.labels.names) == (task, names)
    assert found.output == OutputSpec(activation="sigmoid", threshold=0.7)


def test_the_user_says_what_one_channel_is(tmp_path: Path) -> None:
    """Where its values may be a measure as well."""
    found = read(tmp_path, (1, 8, 16, 1), activation="logits")
    assert found.labels.names == ("background", "object")
    assert found.output.activation == "logits"


def test_labels_and_palette_may_be_files(tmp_path: Path) -> None:
    """Their names and colours go into the card; a set's name is still one."""
    names, colours = tmp_path / "my.txt", tmp_path / "colours.txt"
    names.write_text("1 road\n2 sky\n", "utf-8")
    colours.write_text("1 2 3\n4 5 6\n7 8 9\n", "utf-8")
    given: dict[str, Any] = {"labels": str(names), "palette": colours}
    two = read(tmp_path, (1, 8, 16, 2), **given).labels
    assert [(label.name, label.colour_rgb) for label in two.labels] == [
        ("road", (1, 2, 3)), ("sky", (4, 5, 6)),
    ]  # fmt: skip
    three = read(tmp_path, (1, 8, 16, 3), **given).labels
    assert three.names == ("background", "road", "sky")
    three = read(tmp_path, (1, 8, 16, 3), palette=colours).labels
    assert three.labels[2].colour_rgb == (7, 8, 9)
    assert read(tmp_path, (1, 80), labels="coco").labels.name == "coco"


def test_a_text_file_beside_the_source_names_the_classes(tmp_path: Path) -> None:
    """As `run` finds it beside a .tflite file; it is shown."""
    (tmp_path / "labels.txt").write_text("ant\nbee\ncat\ndog\n", "utf-8")
    found = read(tmp_path, (1, 4), "SOFTMAX")
    assert found.labels.names == ("ant", "bee", "cat", "dog")
    [guess] = (one for one in found.guesses if one.topic == "labels")
    assert (guess.sureness, guess.option) == (LIKELY, "--labels")


def test_the_users_values_have_priority(tmp_path: Path) -> None:
    """The user's mean has priority over the source's, and that over the usual one."""
    shape = (1, 8, 16, 4)
    given = read(tmp_path, shape, mean=(5.0,))
    assert (given.input.mean, given.input.std, given.origin) == (
        (5.0,),
        (255.0,),
        "given by the user",
    )
    stated = read(tmp_path, shape)
    assert (stated.input.mean, stated.origin) == ((0.0,), "found in the model")
    assert not [guess for guess in stated.guesses if guess.topic == "input"]


def test_values_that_nobody_states_are_inferred_as_by_run(tmp_path: Path) -> None:
    """By a trial; how sure that is, and what else is possible, is shown."""
    found = read(tmp_path, (1, 8, 16, 4), loaded=replace(LOADED, mean=None, std=None))
    [guess] = (one for one in found.guesses if one.topic == "input")
    assert found.origin == f"{guess.sureness}, {guess.origin}"
    assert guess.option == "--mean --std"
    assert guess.sureness != ASSUMED or guess.other  # nothing is merely taken as usual


def test_a_card_says_what_the_user_does_not(tmp_path: Path) -> None:
    """Classes, fit, activation and threshold, as they were corrected."""
    mask = OutputSpec(tensor="Identity", activation="logits", threshold=0.3)
    path = network(tmp_path / "net" / "float32.tflite", (1, 8, 16, 1))
    labels = numbered_labels("mine", ("nothing", "road"), ((0, 0, 0), (9, 9, 9)))
    card = ModelSpec(
        name="net",
        title="Net",
        task="segmentation",
        labels=labels,
        input=InputSpec((16, 8), "rgb", fit="letterbox", **PIXELS),  # type: ignore[arg-type]
        output=mask,
        variants={"float32": Variant("float32", path, 1, "")},
    )
    loaded = replace(LOADED, card=card)
    found = card_values(CardOptions(), loaded, path, path)
    assert (found.labels, found.input.fit, found.origin) == (
        labels,
        "letterbox",
        "found in its card",
    )
    assert found.output == replace(mask, tensor=None)  # the only one of the file that is made
    given = CardOptions(threshold=0.6, fit="stretch", labels=None)
    found = card_values(given, loaded, path, path)
    assert (found.input.fit, found.output.threshold, found.labels) == ("stretch", 0.6, labels)
