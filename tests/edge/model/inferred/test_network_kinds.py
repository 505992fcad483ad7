"""Networks of other kinds are named, in a sentence each."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from edge_app.errors import ModelError
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.model.inferred.graph_facts import read_graph_facts
from edge_app.model.inferred.network_kinds import other_kind
from edge_app.model.inferred.packed_metadata import FileNotes, TensorNotes
from tests.support.tflite_files import TfliteFile

Tensors = Sequence[tuple[str, Sequence[int], str]]
IMAGE: Tensors = [("image", (1, 64, 64, 3), "float32")]
NO_NOTES = FileNotes()


def kind(
    folder: Path,
    inputs: Tensors,
    outputs: Tensors,
    operator: str = "CONV_2D",
    notes: FileNotes = NO_NOTES,
    *,
    chosen: bool = False,
) -> str:
    """Return what a network with such tensors does, whose outputs one operator makes."""
    file = TfliteFile()
    given = [file.tensor(shape, dtype, name) for name, shape, dtype in inputs]
    made = [
        file.operator(operator, [given[0]], file.tensor(shape, dtype, name))
        for name, shape, dtype in outputs
    ]
    facts = read_graph_facts(file.write(folder / "a.tflite", given, made))
    assert facts is not None
    return other_kind(facts, notes, chosen=chosen)


def out(*shapes: Sequence[int], names: Sequence[str] = ()) -> Tensors:
    """Return float outputs of such shapes."""
    return [
        (names[at] if names else f"out{at}", shape, "float32") for at, shape in enumerate(shapes)
    ]


@pytest.mark.parametrize(
    ("inputs", "outputs", "operator", "said"),
    [
        (IMAGE, out((1, 10, 4), (1, 10), (1, 10), (1,)), "TFLite_Detection_PostProcess", "boxes"),
        (IMAGE, out((1, 896, 16), (1, 896, 1)), "CONCATENATION", "as boxes (1x896x16, 1x896x1)"),
        (IMAGE, out((1, 84, 84)), "CONCATENATION", "as boxes (1x84x84)"),
        (IMAGE, out((1, 252, 85)), "CONCATENATION", "as boxes"),
        (IMAGE, out((1, 2, 2, 255), (1, 4, 4, 255)), "CONV_2D", "as boxes"),
        (IMAGE, out((1, 63), (1, 1), (1, 63)), "FULLY_CONNECTED", "points or measures"),
        (IMAGE, out((1, 1, 17, 3), names=["pose keypoints"]), "CONV_2D", "points or measures"),
        (IMAGE, out((1, 1, 17, 3)), "CONCATENATION", "points or measures, not classes (1x1x17x3)"),
        (IMAGE, out((1, 21, 2)), "RESHAPE", "points or measures, not classes (1x21x2)"),
        (IMAGE, out((1, 16, 16, 17), names=["heatmap"]), "CONV_2D", "key points as heat maps"),
        (IMAGE, out((1, 512)), "L2_NORMALIZATION", "to compare it with others (1x512)"),
        (IMAGE, out((1, 1280), names=["feature_vector"]), "MEAN", "to compare it with others"),
        (IMAGE, out((1, 1, 1, 1024)), "AVERAGE_POOL_2D", "features, a mean over the image and no"),
        (IMAGE, out((1, 256, 256, 3)), "CONV_2D", "images from images (1x64x64x3 in, 1x256x256x3"),
        (IMAGE, out((1, 64, 64, 3)), "TANH", "makes images from images"),
        ([("ids", (1, 128), "int32")], out((1, 2)), "GATHER", "text as numbers of words or tokens"),
        ([("wave", (1, 15600), "float32")], out((1, 521)), "CONV_2D", "hears sound (1x15600"),
        (
            [("x", (1, 49, 10, 1), "int8")], out((1, 12)), "SOFTMAX",
            "a table of numbers, as features of sound are (1x49x10x1), not an image",
        ),
        ([("mfcc", (-1, 1, 98, 40), "float32")], out((1, 12)), "SOFTMAX", "features of sound are"),
        ([("x", (1, 13), "float32")], out((1, 1)), "FULLY_CONNECTED", "rows of numbers (1x13)"),
        ([("clip", (1, 8, 64, 64, 3), "float32")], out((1, 9)), "CONV_3D", "images at once"),
        ([*IMAGE, ("prior", (1, 64, 64, 1), "float32")], out((1, 9)), "ADD", "takes 2 inputs"),
        (
            [("tokens", (1, 1), "int32"), ("kv_cache_k_0", (1, 9, 9), "float32")],
            out((1, 9)), "ADD", "is a language model (2 inputs",
        ),
        (
            [("x", (1, 16, 16, 4), "int8")], out((1, 256)), "RESHAPE",
            "takes images of 4 channels (1x16x16x4, a colour image and the mask of the frame "
            "before, for example) and gives a mask of 16x16 in one row (1x256)",
        ),
    ],
)  # fmt: skip
def test_other_kinds_are_named(
    tmp_path: Path, inputs: Tensors, outputs: Tensors, operator: str, said: str
) -> None:
    """By their operators, shapes and names; with the sizes that show it."""
    assert said in kind(tmp_path, inputs, outputs, operator)


@pytest.mark.parametrize(
    ("inputs", "outputs", "operator"),
    [
        (IMAGE, out((1, 1000)), "SOFTMAX"),
        (IMAGE, out((1, 1000), (1, 1000)), "SOFTMAX"),
        (IMAGE, out((1, 1)), "LOGISTIC"),
        (IMAGE, out((1, 64, 64, 21)), "CONV_2D"),
        (IMAGE, out((1, 64, 64, 1)), "LOGISTIC"),
        (IMAGE, out((1, 64, 64, 19), (1, 32, 32, 19)), "CONV_2D"),
        (IMAGE, out((1, 4096)), "RESHAPE"),
        (IMAGE, out((1, 256, 19)), "RESHAPE"),
        (IMAGE, out((1, 256, 2)), "RESHAPE"),
        (IMAGE, out((1, 1000)), "MEAN"),
        (IMAGE, out((1, 7)), "MEAN"),
        ([("x", (1, 32, 100, 1), "float32")], out((1, 10)), "SOFTMAX"),
        ([("x", (-1, -1, -1, 1), "float32")], out((1, 10)), "SOFTMAX"),
        (IMAGE, out((1, 64, 64, 3)), "SOFTMAX"),
        ([("x", (1, 28, 28), "uint8")], out((1, 10)), "SOFTMAX"),
        ([("x", (1, 3, 64, 64), "float32")], out((1, 19, 64, 64)), "TRANSPOSE"),
    ],
)
def test_classifiers_and_segmenters_are_none_of_them(
    tmp_path: Path, inputs: Tensors, outputs: Tensors, operator: str
) -> None:
    """Whatever their layout, and with auxiliary outputs."""
    assert kind(tmp_path, inputs, outputs, operator) == ""


def test_what_a_file_says_of_itself_counts(tmp_path: Path) -> None:
    """Ultralytics' task, and the content of an input in the metadata."""
    yolo = FileNotes(files={"metadata.json": '{"task": "pose", "names": {}}'})
    assert "key points of people" in kind(tmp_path, IMAGE, out((1, 9)), notes=yolo)
    heard = FileNotes(inputs=(TensorNotes(content="audio"),))
    assert "hears sound" in kind(tmp_path, IMAGE, out((1, 9)), notes=heard)


def test_outputs_of_no_known_shape_are_counted_not_listed(tmp_path: Path) -> None:
    """Operators of one's own do not say what they make."""
    heats = out((), (), (1, 33, 33, 24), names=["poses", "poses:1", "part_heatmaps"])
    said = kind(tmp_path, IMAGE, heats, "PosenetDecoderOp")
    assert said == "finds key points as heat maps (1x33x33x24 and 2 more)"


def test_the_user_may_choose_an_output_all_the_same(tmp_path: Path) -> None:
    """Then the other outputs do not count."""
    vectors = out((1, 63), (1, 1))
    assert kind(tmp_path, IMAGE, vectors)
    assert kind(tmp_path, IMAGE, vectors, chosen=True) == ""


def test_the_message_says_what_runs_here(tmp_path: Path) -> None:
    """One line: the file, what it does, what this program shows."""
    kind(tmp_path, IMAGE, out((1, 896, 16), (1, 896, 1)))
    with pytest.raises(ModelError) as fault:
        infer_card(tmp_path / "a.tflite", CardOverrides())
    assert str(fault.value) == (
        f"{tmp_path}/a.tflite finds objects as boxes (1x896x16, 1x896x1): this program shows "
        "classes and class maps of images with 1 or 3 channels; give it a classifier or a segmenter"
    )
