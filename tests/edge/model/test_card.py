"""The card says what a file cannot; a broken one says which field is wrong."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.errors import ModelError, UsageError
from edge_app.labels import CITYSCAPES, numbered_labels
from edge_app.model.card import (
    CARD_NAME,
    InputSpec,
    ModelSpec,
    TensorInfo,
    Variant,
    file_sha256,
    read_card,
    write_card,
)


def spec_in(folder: Path) -> ModelSpec:
    """Return a full description of a model in a folder."""
    names = ("float32", "float16", "dynamic_range", "int8")
    return ModelSpec(
        name="street",
        title="Street",
        task="segmentation",
        labels=CITYSCAPES,
        input=InputSpec((513, 257), "rgb", (123.5, 116.25, 103.0), (58.0, 57.0, 57.5), "letterbox"),
        variants={
            name: Variant(
                name, folder / f"{name}.tflite", 1000 + at, f"{at:064x}", {"miou": 0.5}, {"ops": 63}
            )
            for at, name in enumerate(names)
        },
        golden={"pattern": "street", "expected": {"int8": [0, 1, 2]}},
        calibration={"images": 100},
        source={"weights": "trained here"},
        licence="Apache-2.0",
    )


@pytest.fixture
def card(tmp_path: Path) -> dict[str, Any]:
    """Return the JSON of a valid card, which is also written."""
    loaded: dict[str, Any] = json.loads(write_card(spec_in(tmp_path), tmp_path).read_text("utf-8"))
    return loaded


def test_a_card_survives_the_way_through_its_file(tmp_path: Path) -> None:
    """What was written is read again, field for field, and no draft is left over."""
    spec = spec_in(tmp_path)
    write_card(spec, tmp_path)
    assert read_card(tmp_path) == spec
    assert [path.name for path in tmp_path.iterdir()] == [CARD_NAME]


def test_a_card_keeps_labels_of_its_own(tmp_path: Path) -> None:
    """A label set that does not ship is written out by its names."""
    own = numbered_labels("fruit", ("apple", "pear"))
    write_card(replace(spec_in(tmp_path), labels=own), tmp_path)
    assert read_card(tmp_path).labels == own


def test_variants_come_in_the_same_order_everywhere(tmp_path: Path, card: dict[str, Any]) -> None:
    """The order in the file does not matter."""
    card["variants"] = dict(reversed(card["variants"].items()))
    (tmp_path / CARD_NAME).write_text(json.dumps(card))
    assert list(read_card(tmp_path).variants) == ["float32", "float16", "dynamic_range", "int8"]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("schema", 2, "schema: it is 2, this program reads 1"),
        ("schema", None, "schema:"),
        ("name", ..., "name: it is missing"),
        ("name", 7, "name: 7 is no text"),
        ("title", [], "title: [] is no text"),
        ("task", "detection", "task: 'detection' is not one of segmentation, classification"),
        ("labels", "cats", "labels: unknown label set 'cats'"),
        ("labels", {"name": "x"}, "labels: names: it is missing"),
        ("labels", {"name": "x", "names": []}, "labels: it names none"),
        ("labels", {"name": "camvid", "names": ["a"]}, "labels: 'camvid' is a set that ships"),
        ("labels", 5, "labels: 5 is no JSON object"),
        ("input", ..., "input: it is missing"),
        ("input.size_wh", [0, 5], "input: size_wh: [0, 5] is no width and height"),
        ("input.size_wh", [5], "input: size_wh: not enough values"),
        ("input.size_wh", "28", 'input: size_wh: "28" is no list of numbers'),
        ("input.channels", "cmyk", "input: channels: 'cmyk' is not one of rgb, bgr, gray"),
        ("input.mean", [1, 2], "input: mean: 2 values for 3 channels"),
        ("input.mean", ["x"], 'input: mean: ["x"] is no list of numbers'),
        ("input.mean", [float("inf")], "input: mean: [inf] is not finite"),
        ("input.std", 127.5, "input: std: 127.5 is no list of numbers"),
        ("input.std", [0], "input: std: it is zero"),
        ("input.std", [float("nan")], "input: std: [nan] is not finite"),
        ("input.fit", "crop", "input: fit: 'crop' is not one of stretch, letterbox"),
        ("variants", {}, "variants: it names none"),
        ("variants", [], "variants: [] is no JSON object"),
        ("variants.int4", {}, "variants: 'int4' is not one of float32"),
        ("variants.int8.file", ..., "variants: int8: file: it is missing"),
        ("variants.int8.file", "../int8.tflite", "'../int8.tflite' is not a plain name"),
        ("variants.int8.file", "/etc/passwd", "'/etc/passwd' is not a plain name"),
        ("variants.int8.file", "..", "'..' is not a plain name"),
        ("variants.int8.file", "", "'' is not a plain name"),
        ("variants.int8.file", 5, "variants: int8: file:"),
        ("variants.int8.bytes", "many", "variants: int8: bytes: invalid literal"),
        ("variants.int8.sha256", None, "variants: int8: sha256: null is no text"),
        ("variants.int8.quality", 0.5, "variants: int8: quality: 0.5 is no JSON object"),
        ("golden", [], "golden: [] is no JSON object"),
        ("golden.expected", [1], "golden: expected: [1] is no JSON object"),
        ("golden.expected.int8", "seven", "golden: int8: "),
        ("calibration", "none", 'calibration: "none" is no JSON object'),
    ],
)
def test_a_broken_field_is_named(
    tmp_path: Path, card: dict[str, Any], path: str, value: Any, words: str
) -> None:
    """Each field that cannot be read gives a ModelError that names it."""
    *outer, last = path.split(".")
    place = card
    for name in outer:
        place = place[name]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    (tmp_path / CARD_NAME).write_text(json.dumps(card))
    with pytest.raises(ModelError) as fault:
        read_card(tmp_path)
    assert words in str(fault.value)
    assert str(fault.value).endswith("; write it anew with host-tools convert")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1, 2]", b"null", b'"card"'])
def test_what_is_no_card_is_a_model_error(tmp_path: Path, content: bytes) -> None:
    """A file that holds something else is refused in words."""
    (tmp_path / CARD_NAME).write_bytes(content)
    with pytest.raises(ModelError, match="host-tools convert"):
        read_card(tmp_path)


def test_a_folder_without_a_card_says_what_to_name(tmp_path: Path) -> None:
    """The message offers both ways to name a model."""
    with pytest.raises(ModelError, match=r"has no model\.json; name a model folder, or a \.tflite"):
        read_card(tmp_path)


def test_a_variant_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    """A misspelt --variant is a fault of usage."""
    with pytest.raises(UsageError, match="it has: float32, float16, dynamic_range, int8"):
        spec_in(tmp_path).variant("int16")


def tensor(kind: str, scale: float = 0.0, zero_point: int = 0) -> TensorInfo:
    """Return a tensor of a type and a scale."""
    return TensorInfo("t", (1, 4), np.dtype(kind), scale, zero_point)


@pytest.mark.parametrize(
    ("info", "real", "steps"),
    [
        # Halves go to the even neighbour, below zero as well.
        (tensor("int8", 1.0), [0.5, 1.5, 2.5, -0.5, -1.5], [0, 2, 2, 0, -2]),
        (tensor("uint8", 0.5, 10), [0.25, 0.75, 1.25], [10, 12, 12]),
        # What is out of reach is clipped, not wrapped.
        (tensor("int8", 0.5, -128), [-1.0, 0.0, 127.5, 1e9], [-128, -128, 127, 127]),
        (tensor("uint8", 0.1, 128), [-1e9, -12.8, 0.0, 12.7, 1e9], [0, 0, 128, 255, 255]),
        # Integers without a scale stand for themselves.
        (tensor("int8"), [-200.0, -1.5, 0.4, 200.0], [-128, -2, 0, 127]),
        (tensor("uint8"), [-3.0, 2.5, 300.0], [0, 2, 255]),
        (tensor("float32"), [0.1, -5.0], [np.float32(0.1), -5.0]),
    ],
)
def test_real_values_are_rounded_and_clipped(
    info: TensorInfo, real: list[float], steps: list[float]
) -> None:
    """Quantizing keeps the tensor's type, scale, zero point and limits."""
    made = info.quantize(np.array(real))
    assert made.dtype == info.dtype
    assert made.tolist() == steps


@pytest.mark.parametrize(
    ("info", "values", "real"),
    [
        (tensor("int8", 0.5, -128), [-128, 0, 127], [0.0, 64.0, 127.5]),
        (tensor("uint8", 2.0, 1), [0, 1, 255], [-2.0, 0.0, 508.0]),
        (tensor("int8"), [-5, 5], [-5.0, 5.0]),
        (tensor("int64"), [7], [7.0]),
        (tensor("float32"), [0.25], [0.25]),
    ],
)
def test_quantized_values_become_real_again(
    info: TensorInfo, values: list[float], real: list[float]
) -> None:
    """Dequantizing gives float32, and integers without a scale as they are."""
    made = info.dequantize(np.array(values, info.dtype))
    assert made.dtype == np.float32
    assert made.tolist() == real


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_every_step_survives_the_way_to_a_real_value_and_back(kind: str) -> None:
    """Quantizing undoes dequantizing for all 256 values."""
    info = tensor(kind, 0.0173, 3)
    steps = np.arange(256, dtype=np.uint8).view(kind)
    assert np.array_equal(info.quantize(info.dequantize(steps)), steps)


@pytest.mark.parametrize(
    ("fit", "frame_wh", "placed"),
    [
        ("stretch", (640, 480), (0, 0, 200, 100)),
        ("letterbox", (640, 480), (33, 0, 133, 100)),
        ("letterbox", (1000, 100), (0, 40, 200, 20)),
        ("letterbox", (200, 100), (0, 0, 200, 100)),
        ("letterbox", (10_000, 1), (0, 49, 200, 1)),
    ],
)
def test_a_picture_has_its_place_in_the_input(
    fit: str, frame_wh: tuple[int, int], placed: tuple[int, int, int, int]
) -> None:
    """Stretching fills the input; letterboxing keeps the shape, in the middle."""
    assert InputSpec((200, 100), fit=fit).placement(frame_wh) == placed


def test_a_file_is_known_by_its_sha256(tmp_path: Path) -> None:
    """The digest is the usual one, and an unreadable file is a ModelError."""
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    assert file_sha256(file).startswith("ba7816bf8f01cfea414140de5dae2223")
    with pytest.raises(ModelError, match="check the path"):
        file_sha256(tmp_path / "b")


def test_the_cards_that_ship_are_true(assets: Path) -> None:
    """Every file that a shipped card names is there, with its size and digest."""
    cards = sorted((assets / "models").glob(f"*/{CARD_NAME}"))
    assert cards
    for path in cards:
        for variant in read_card(path.parent).variants.values():
            assert variant.path.stat().st_size == variant.bytes
            assert file_sha256(variant.path) == variant.sha256
