"""A card is read and written without loss; a broken one names the field that is wrong."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.errors import ModelError, UsageError
from edge_app.label_sets import label_set
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
from edge_app.model.output_spec import OutputSpec
from edge_app.model.recipe import Recipe
from edge_app.results.model_card import ProofLink


def spec_in(folder: Path) -> ModelSpec:
    """Return a card with every field, for a model in a folder."""
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
        proof=(
            ProofLink(link="source", variant="float32", first="Keras", images=12, agreement=1.0),
            ProofLink(link="delegate", variant="int8", note="not the same classes"),
        ),
    )


ENTRY = {"file": "a.tflite", "bytes": 1, "sha256": ""}


@pytest.fixture
def card(tmp_path: Path) -> dict[str, Any]:
    """Write a valid card and return its fields."""
    fields: dict[str, Any] = json.loads(write_card(spec_in(tmp_path), tmp_path).read_text("utf-8"))
    return fields


def test_a_card_without_a_proof_has_no_such_field(tmp_path: Path, card: dict[str, Any]) -> None:
    """Cards of before are written as they were; a link has only what is known of it."""
    assert card["proof"][1] == {
        "link": "delegate", "variant": "int8", "note": "not the same classes"
    }  # fmt: skip
    plain = write_card(replace(spec_in(tmp_path), proof=()), tmp_path)
    assert "proof" not in json.loads(plain.read_text("utf-8"))


def test_a_proof_has_limits(tmp_path: Path, card: dict[str, Any]) -> None:
    """Texts that fill no screen, and a thousand links at most."""
    for proof, said in (
        ([{**card["proof"][0], "first": "x" * 201}], "proof[0].first: expected str of length <="),
        ([{**card["proof"][0], "link": "other"}], "proof[0].link: invalid enum value 'other'"),
        (card["proof"] * 501, "proof: expected array of length <= 1000"),
    ):
        (tmp_path / CARD_NAME).write_text(json.dumps({**card, "proof": proof}))
        with pytest.raises(ModelError, match=re.escape(said)):
            read_card(tmp_path)


def test_a_written_card_reads_the_same(tmp_path: Path) -> None:
    """Every field is read as it was written, and no draft is left."""
    spec = spec_in(tmp_path)
    write_card(spec, tmp_path)
    assert read_card(tmp_path) == spec
    assert [path.name for path in tmp_path.iterdir()] == [CARD_NAME]


def test_a_card_keeps_its_own_labels(tmp_path: Path) -> None:
    """A label set that does not ship is written with its names."""
    own = numbered_labels("fruit", ("apple", "pear"))
    write_card(replace(spec_in(tmp_path), labels=own), tmp_path)
    assert read_card(tmp_path).labels == own
    assert "colours" not in (tmp_path / "model.json").read_text("utf-8")


def test_a_card_keeps_colours_that_were_given(tmp_path: Path) -> None:
    """They are written only if they are not those that the names have anyway."""
    own = numbered_labels("fruit", ("apple", "pear"), ((1, 2, 3), (0, 0, 0)))
    path = write_card(replace(spec_in(tmp_path), labels=own), tmp_path)
    assert json.loads(path.read_text("utf-8"))["labels"]["colours"] == [[1, 2, 3], [0, 0, 0]]
    assert read_card(tmp_path).labels == own


def test_own_labels_may_have_the_name_of_a_set_that_was_added(tmp_path: Path) -> None:
    """Older cards with their own ImageNet or COCO names are read and written as they are."""
    own = numbered_labels("coco", ("person", "dog"))
    path = write_card(replace(spec_in(tmp_path), labels=own), tmp_path)
    assert read_card(tmp_path).labels == own
    assert json.loads(path.read_text("utf-8"))["labels"]["names"] == ["person", "dog"]
    write_card(replace(spec_in(tmp_path), labels=label_set("imagenet")), tmp_path)
    assert json.loads(path.read_text("utf-8"))["labels"] == "imagenet"
    assert read_card(tmp_path).labels is label_set("imagenet")


def test_variants_of_other_names_come_after_the_canonical_ones(
    tmp_path: Path, card: dict[str, Any]
) -> None:
    """They keep the order of the file, are written again as they were, and can be asked for."""
    named = {name: {**card["variants"]["int8"], "file": f"{name}.tflite"} for name in ("z-9", "a")}
    card["variants"] = {**named, **card["variants"]}
    (tmp_path / CARD_NAME).write_text(json.dumps(card))
    spec = read_card(tmp_path)
    assert list(spec.variants) == ["float32", "float16", "dynamic_range", "int8", "z-9", "a"]
    assert spec.variant("z-9").path == tmp_path / "z-9.tflite"
    first = write_card(spec, tmp_path).read_bytes()
    assert write_card(read_card(tmp_path), tmp_path).read_bytes() == first
    assert json.loads(first)["variants"]["a"] == named["a"]


def test_a_variant_keeps_its_recipe(tmp_path: Path, card: dict[str, Any]) -> None:
    """It is written only where there is one; a wrong field of it is named in full."""
    spec = spec_in(tmp_path)
    recipe = Recipe(scheme="int8", weights="mse", keep=("SOFTMAX",))
    mixed = replace(spec.variants["int8"], name="int8-mixed", recipe=recipe)
    written = write_card(replace(spec, variants={**spec.variants, "int8-mixed": mixed}), tmp_path)
    fields = json.loads(written.read_text("utf-8"))["variants"]
    assert fields["int8-mixed"]["recipe"] == recipe.to_record()
    assert "recipe" not in fields["int8"]
    assert read_card(tmp_path).variants["int8-mixed"] == mixed
    card["variants"]["int8-mixed"] = {**fields["int8-mixed"], "recipe": {"scheme": "int3"}}
    (tmp_path / CARD_NAME).write_text(json.dumps(card))
    with pytest.raises(ModelError, match=re.escape("variants.int8-mixed.recipe.scheme: 'int3'")):
        read_card(tmp_path)


def test_a_name_that_is_almost_one_is_answered_with_it(tmp_path: Path) -> None:
    """--variant and --variants both say which was meant, else which there are."""
    spec = spec_in(tmp_path)
    for name, said in (
        ("flaot32", "street has no variant 'flaot32'; did you mean float32?"),
        ("INT8", "did you mean int8?"),
        ("dynamic", "did you mean dynamic_range?"),
        ("int4", "it has: float32, float16, dynamic_range, int8"),
    ):
        with pytest.raises(UsageError, match=re.escape(said)):
            spec.variant(name)
        with pytest.raises(UsageError, match=re.escape(said)):
            spec.chosen(f"int8,{name}")


def test_shipped_cards_are_written_as_they_are(assets: Path, tmp_path: Path) -> None:
    """A card without further variants keeps every byte."""
    for name in ("mnist", "street"):
        content = (assets / "models" / name / CARD_NAME).read_bytes()
        spec = read_card(assets / "models" / name)
        assert write_card(spec, tmp_path).read_bytes() == content


def test_variants_have_a_fixed_order(tmp_path: Path, card: dict[str, Any]) -> None:
    """The order in the file does not matter."""
    card["variants"] = dict(reversed(card["variants"].items()))
    (tmp_path / CARD_NAME).write_text(json.dumps(card))
    assert list(read_card(tmp_path).variants) == ["float32", "float16", "dynamic_range", "int8"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("schema", 2, "schema: it is 2, this program reads 1"),
        ("schema", None, "schema: expected int, got null"),
        ("name", ..., "required field name is missing"),
        ("name", 7, "name: expected str, got int"),
        ("title", [], "title: expected str | null, got array"),
        ("task", "detection", "task: invalid enum value 'detection'"),
        ("labels", "cats", "unknown label set 'cats'"),
        ("labels", {"name": "x"}, "labels: required field names is missing"),
        ("labels", {"name": "x", "names": []}, "labels.names: expected array of length >= 1"),
        ("labels", {"name": "camvid", "names": ["a"]}, "labels: 'camvid' is a set that ships"),
        ("labels", {"name": "x", "names": ["a"], "colours": [[1, 2, 256]]}, "labels.colours"),
        ("labels", {"name": "x", "names": ["a", "b"], "colours": [[1, 2, 3]]}, "1 for 2 names"),
        ("labels", 5, "labels: expected str | object, got int"),
        ("input", ..., "required field input is missing"),
        ("input.size_wh", [0, 5], "input.size_wh: [0, 5] is not a width and a height"),
        ("input.size_wh", [5], "input.size_wh: expected array of length 2, got 1"),
        ("input.size_wh", "28", "input.size_wh: expected array, got str"),
        ("input.channels", "cmyk", "input.channels: invalid enum value 'cmyk'"),
        ("input.mean", [1, 2], "input.mean: 2 values for 3 channels"),
        ("input.mean", ["x"], "input.mean[0]: expected float, got str"),
        ("input.mean", [float("inf")], "input.mean: [inf] is not finite"),
        ("input.std", 127.5, "input.std: expected array, got float"),
        ("input.std", [0], "input.std: it is zero"),
        ("input.std", [5e-324], "input.std: [5e-324] makes pixels infinite"),
        ("input.std", [float("nan")], "input.std: [nan] is not finite"),
        ("input.fit", "crop", "input.fit: invalid enum value 'crop'"),
        ("input.layout", "flat", "input.layout: invalid enum value 'flat'"),
        ("output", [], "output: expected object, got array"),
        ("output", {"tensor": 1}, "output.tensor: expected str | null, got int"),
        ("output", {"layout": "hwc"}, "output.layout: invalid enum value 'hwc'"),
        ("output", {"activation": "relu"}, "output.activation: invalid enum value 'relu'"),
        ("output", {"threshold": 1.5}, "output.threshold: 1.5 is not between 0 and 1"),
        ("variants", {}, "variants: expected object of length >= 1"),
        ("variants", [], "variants: expected object, got array"),
        ("variants.int4 ", ENTRY, "variants: 'int4 ' is no name of a variant: letters, digits"),
        ("variants.INT8", ENTRY, "variants: 'INT8' is too much like 'int8'; choose another"),
        ("variants.int8.file", ..., "variants.int8: required field file is missing"),
        ("variants.int8.file", "../int8.tflite", "'../int8.tflite' is not a plain name"),
        ("variants.int8.file", "/etc/passwd", "'/etc/passwd' is not a plain name"),
        ("variants.int8.file", "..", "'..' is not a plain name"),
        ("variants.int8.file", "", "'' is not a plain name"),
        ("variants.int8.file", 5, "variants.int8.file: expected str, got int"),
        ("variants.int8.bytes", "many", "variants.int8.bytes: expected int, got str"),
        ("variants.int8.sha256", None, "variants.int8.sha256: expected str, got null"),
        ("variants.int8.quality", 0.5, "variants.int8.quality: expected object, got float"),
        ("golden", [], "golden: expected object, got array"),
        ("golden.expected", [1], "golden.expected: expected object, got array"),
        ("golden.expected.int8", "seven", "golden.expected.int8: expected array, got str"),
        ("calibration", "none", "calibration: expected object, got str"),
    ],
)
def test_a_broken_field_is_named(
    tmp_path: Path, card: dict[str, Any], path: str, value: Any, message: str
) -> None:
    """A wrong field gives a ModelError that names it and says what to do."""
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
    assert message in str(fault.value)
    assert str(fault.value).endswith("; correct it, or convert the model again")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1, 2]", b"null", b'"card"'])
def test_other_content_is_a_model_error(tmp_path: Path, content: bytes) -> None:
    """A file with other content is refused, with advice."""
    (tmp_path / CARD_NAME).write_bytes(content)
    with pytest.raises(ModelError, match="convert the model again"):
        read_card(tmp_path)


def test_a_folder_without_a_card_is_a_model_error(tmp_path: Path) -> None:
    """The message offers both ways to name a model."""
    with pytest.raises(ModelError, match=r"has no model\.json; name a model folder$"):
        read_card(tmp_path)


def test_an_unknown_variant_is_a_usage_error(tmp_path: Path) -> None:
    """The message lists the variants of the card."""
    with pytest.raises(UsageError, match="it has: float32, float16, dynamic_range, int8"):
        spec_in(tmp_path).variant("int16")


def tensor(kind: str, scale: float = 0.0, zero_point: int = 0) -> TensorInfo:
    """Return a tensor of a dtype and a scale."""
    return TensorInfo("t", (1, 4), np.dtype(kind), scale, zero_point)


@pytest.mark.parametrize(
    ("info", "real", "steps"),
    [
        # Halves go to the even neighbour, below zero as well.
        (tensor("int8", 1.0), [0.5, 1.5, 2.5, -0.5, -1.5], [0, 2, 2, 0, -2]),
        (tensor("uint8", 0.5, 10), [0.25, 0.75, 1.25], [10, 12, 12]),
        # Values outside the range are clipped, not wrapped.
        (tensor("int8", 0.5, -128), [-1.0, 0.0, 127.5, 1e9], [-128, -128, 127, 127]),
        (tensor("uint8", 0.1, 128), [-1e9, -12.8, 0.0, 12.7, 1e9], [0, 0, 128, 255, 255]),
        # Integers without a scale are real numbers already.
        (tensor("int8"), [-200.0, -1.5, 0.4, 200.0], [-128, -2, 0, 127]),
        (tensor("uint8"), [-3.0, 2.5, 300.0], [0, 2, 255]),
        (tensor("float32"), [0.1, -5.0], [np.float32(0.1), -5.0]),
    ],
)
def test_real_values_are_rounded_and_clipped(
    info: TensorInfo, real: list[float], steps: list[float]
) -> None:
    """Quantizing follows the tensor's dtype, scale, zero point and limits."""
    quantized = info.quantize(np.array(real))
    assert quantized.dtype == info.dtype
    assert quantized.tolist() == steps


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
def test_quantized_values_become_real(
    info: TensorInfo, values: list[float], real: list[float]
) -> None:
    """Dequantizing gives float32; integers without a scale keep their values."""
    dequantized = info.dequantize(np.array(values, info.dtype))
    assert dequantized.dtype == np.float32
    assert dequantized.tolist() == real


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_every_quantized_value_survives_a_round_trip(kind: str) -> None:
    """Quantizing undoes dequantizing for all 256 values."""
    info = tensor(kind, 0.0173, 3)
    steps = np.arange(256, dtype=np.uint8).view(kind)
    assert np.array_equal(info.quantize(info.dequantize(steps)), steps)


@pytest.mark.parametrize(
    ("fit", "frame_wh", "placement"),
    [
        ("stretch", (640, 480), (0, 0, 200, 100)),
        ("letterbox", (640, 480), (33, 0, 133, 100)),
        ("letterbox", (1000, 100), (0, 40, 200, 20)),
        ("letterbox", (200, 100), (0, 0, 200, 100)),
        ("letterbox", (10_000, 1), (0, 49, 200, 1)),
    ],
)
def test_an_image_has_its_place_in_the_input(
    fit: str, frame_wh: tuple[int, int], placement: tuple[int, int, int, int]
) -> None:
    """Stretching fills the input; letterboxing keeps the aspect ratio, in the middle."""
    assert InputSpec((200, 100), fit=fit).placement(frame_wh) == placement


def test_a_file_has_its_sha256(tmp_path: Path) -> None:
    """The digest is the published one, and an unreadable file is a ModelError."""
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    assert file_sha256(file).startswith("ba7816bf8f01cfea414140de5dae2223")
    with pytest.raises(ModelError, match="check the path"):
        file_sha256(tmp_path / "b")


def test_the_shipped_cards_describe_their_files(assets: Path) -> None:
    """Every file of a shipped card exists, with its size and digest."""
    cards = sorted((assets / "models").glob(f"*/{CARD_NAME}"))
    assert cards
    for path in cards:
        for variant in read_card(path.parent).variants.values():
            assert variant.path.stat().st_size == variant.bytes
            assert file_sha256(variant.path) == variant.sha256


def test_the_shipped_cards_are_written_byte_for_byte(assets: Path, tmp_path: Path) -> None:
    """Reading and writing a shipped card gives the same bytes."""
    for path in sorted((assets / "models").glob(f"*/{CARD_NAME}")):
        written = write_card(read_card(path.parent), tmp_path)
        assert written.read_bytes() == path.read_bytes()


def test_layout_and_output_are_written_where_they_are_not_as_usual(tmp_path: Path) -> None:
    """A card names them only if it has to, and reads them again."""
    spec = spec_in(tmp_path)
    fields = json.loads(write_card(spec, tmp_path).read_text("utf-8"))
    assert "output" not in fields
    assert "layout" not in fields["input"]
    other = replace(
        spec,
        input=replace(spec.input, layout="nchw"),
        output=OutputSpec("mask", "nchw", "sigmoid", 0.4),
    )
    fields = json.loads(write_card(other, tmp_path).read_text("utf-8"))
    assert fields["input"]["layout"] == "nchw"
    assert fields["output"] == {
        "tensor": "mask", "layout": "nchw", "activation": "sigmoid", "threshold": 0.4,
    }  # fmt: skip
    assert read_card(tmp_path) == other
    write_card(replace(spec, output=OutputSpec(activation="ids")), tmp_path)
    assert json.loads((tmp_path / CARD_NAME).read_text("utf-8"))["output"] == {"activation": "ids"}


def test_optional_and_unknown_fields(tmp_path: Path, card: dict[str, Any]) -> None:
    """Older cards without optional fields read with defaults; unknown fields are ignored."""
    for name in ("title", "golden", "calibration", "source", "licence"):
        del card[name]
    del card["input"]["fit"]
    del card["variants"]["int8"]["quality"], card["variants"]["int8"]["measured"]
    card["later"] = card["input"]["later"] = card["variants"]["int8"]["later"] = 1
    (tmp_path / CARD_NAME).write_text(json.dumps(card))
    spec = read_card(tmp_path)
    assert (spec.title, spec.golden, spec.licence) == ("street", {}, "")
    assert spec.input.fit == "stretch"
    assert (spec.variant("int8").quality, spec.variant("int8").measured) == ({}, {})


def test_figures_that_are_not_finite_survive(tmp_path: Path) -> None:
    """Old converters wrote NaN for what they could not measure."""
    spec = spec_in(tmp_path)
    variant = replace(spec.variants["int8"], measured={"mean_abs_error": float("nan")})
    write_card(replace(spec, variants={"int8": variant}), tmp_path)
    assert np.isnan(read_card(tmp_path).variant("int8").measured["mean_abs_error"])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b" " * 4_000_001, "it is larger than 4 MB, the limit of a card"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"schema": ' + b"1" * 4301 + b"}", "a number in it has thousands of digits"),
        (b'{"schema": 1, "name": "\\ud800"}', "a text in it has half a character"),
        (b'{"schema": 1e400}', "schema"),
        (b'{"schema": Infinity}', "schema"),
    ],
)
def test_a_damaged_card_is_one_line(tmp_path: Path, content: bytes, problem: str) -> None:
    """JSON that breaks readers ends in a message that names the card and the problem."""
    (tmp_path / CARD_NAME).write_bytes(content)
    with pytest.raises(ModelError, match=problem) as caught:
        read_card(tmp_path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("field", ["name", "title"])
def test_a_name_has_a_limit(card: dict[str, Any], tmp_path: Path, field: str) -> None:
    """A name of thousands of letters takes minutes to fit on a screen, so it is refused."""
    (tmp_path / CARD_NAME).write_text(json.dumps({**card, field: "a" * 201}))
    with pytest.raises(ModelError, match=f"{field}: expected .*200"):
        read_card(tmp_path)


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "..", "-rf", "a\0b", "ü" * 200, ""])
def test_a_name_leads_to_no_other_folder(tmp_path: Path, name: str) -> None:
    """Files that are named after a model stay where they are meant to be."""
    stem = replace(spec_in(tmp_path), name=name).file_stem
    assert (tmp_path / f"{stem}.mp4").resolve().parent == tmp_path.resolve()
    assert stem[0] not in "-."
    (tmp_path / f"{stem}.mp4").touch()


def test_an_ordinary_name_is_kept(tmp_path: Path) -> None:
    """Recordings are still called after their model."""
    assert replace(spec_in(tmp_path), name="street_v2.1").file_stem == "street_v2.1"
