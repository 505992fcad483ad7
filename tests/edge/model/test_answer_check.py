"""NaN, infinite and constant answers are found when a model is loaded, not taken for classes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_app.cli import main
from edge_app.errors import ModelError
from edge_app.frame import Classification, Segmentation
from edge_app.model.answer_check import (
    answers_are_finite,
    constant_answer,
    drawn_images,
    not_finite,
)
from edge_app.model.engine import Engine, load_engine
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.model.interpreter.runtimes import find_runtime
from tests.support.changed_weights import past_half, with_head_bias

# What the digit network takes; tried on 0..255 too, a constant one may answer several classes.
DIGITS = CardOverrides(mean=(0.0,), std=(255.0,))

litert = pytest.mark.skipif(find_runtime() != "litert", reason="needs LiteRT's fp16 and tools")


def loaded(path: Path, content: bytes, runtime: str = "auto") -> Engine:
    """Write a file and load it without a card."""
    path.write_bytes(content)
    spec = infer_card(path, DIGITS if len(content) < 500_000 else CardOverrides())
    return load_engine(spec, "float32", runtime=runtime, threads=1)


def float32(assets: Path, model: str) -> bytes:
    """Return the float32 file of a shipped model."""
    return (assets / "models" / model / "float32.tflite").read_bytes()


@litert
@pytest.mark.parametrize("model", ["mnist", "street"])
def test_nan_is_refused(assets: Path, tmp_path: Path, model: str) -> None:
    """A score that is NaN would win every argmax."""
    content = with_head_bias(float32(assets, model), float("nan"))
    said = r"net\.tflite cannot answer a drawn image on LiteRT .*numbers of its answer are NaN; its"
    with pytest.raises(ModelError, match=said):
        loaded(tmp_path / "net.tflite", content)
    content = with_head_bias(float32(assets, model), float("inf"))
    with pytest.raises(ModelError, match="are infinite"):
        loaded(tmp_path / "net.tflite", content)


@litert
@pytest.mark.parametrize("model", ["mnist", "street"])
def test_one_class_for_everything_is_a_warning(assets: Path, tmp_path: Path, model: str) -> None:
    """The shipped networks have none, the same with an offset of 500 on one class has."""
    content = float32(assets, model)
    assert loaded(tmp_path / "net.tflite", content).warnings == ()
    (warning,) = loaded(tmp_path / "net.tflite", with_head_bias(content, 500)).warnings
    assert warning.startswith("float32 gives the same class to every image: 3 very different")


@litert
def test_run_shows_the_warning_and_the_refusal(
    assets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the first lines of the run; a network of NaN does not run."""
    content, path = float32(assets, "mnist"), tmp_path / "net.tflite"
    source = str(assets / "samples" / "digits-images-idx3-ubyte.gz")
    line = ["run", source, "--model", str(path), "--headless", "--max-frames", "2"]
    line += ["--mean", "0", "--std", "255"]
    path.write_bytes(with_head_bias(content, 500))
    assert main(line) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "gives the same class to every image" in said
    path.write_bytes(with_head_bias(content, float("nan")))
    assert main(line) == 1
    assert "are NaN; its weights are damaged" in capsys.readouterr().err


@litert
def test_a_card_of_a_constant_network_is_no_proof(assets: Path, tmp_path: Path) -> None:
    """Its golden check passes, since it expects what the network always says."""
    path = tmp_path / "net.tflite"
    path.write_bytes(with_head_bias(float32(assets, "mnist"), 500))
    golden = {"pattern": "digit", "expected": {"float32": [0]}}
    spec = replace(infer_card(path, DIGITS), golden=golden)
    assert "the same class to every image" in load_engine(spec, "float32").warnings[0]


@litert
def test_half_precision_that_overflows_is_refused(assets: Path, tmp_path: Path) -> None:
    """The same file runs in single precision, and the shipped one in both."""
    content = float32(assets, "mnist")
    wide = past_half(content)
    assert loaded(tmp_path / "net.tflite", wide).warnings == ()
    with pytest.raises(ModelError, match=r"half precision .*use --runtime litert"):
        loaded(tmp_path / "net.tflite", wide, "litert-fp16")
    loaded(tmp_path / "net.tflite", content, "litert-fp16")


@litert
@pytest.mark.shared
def test_the_cases(shared: Path) -> None:
    """NaN and overflow are refused, the constant one is warned of."""
    cases = shared.parent / "cases"
    if not os.access(cases, os.R_OK):
        pytest.skip("the cases are not here")

    def load(name: str, runtime: str = "litert") -> tuple[str, ...]:
        card = infer_card(cases / name, CardOverrides())
        return load_engine(card, "float32", runtime=runtime).warnings

    with pytest.raises(ModelError, match="NaN"):
        load("nan_logits.tflite")
    assert "the same class to every image" in load("constant_logits.tflite")[0]
    assert load("past_half.tflite") == ()
    with pytest.raises(ModelError, match="use --runtime litert"):
        load("past_half.tflite", "litert-fp16")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.0, 2.0], ""),
        ([-np.inf, 2.0], ""),
        ([-np.inf, -np.inf], "2 of the 2 numbers of its answer are infinite"),
        ([np.inf, 2.0], "1 of the 2 numbers of its answer are infinite"),
        ([np.nan, 2.0], "1 of the 2 numbers of its answer are NaN"),
    ],
)
def test_numbers_that_are_none(values: list[float], said: str) -> None:
    """A score may be minus infinity, but not all of them."""
    assert not_finite(np.array(values, np.float32)) == said
    assert not_finite(np.array([1, 2], np.int8)) == ""


def _maps(*leads: float, offset: float = 0.0) -> list[Segmentation]:
    """Return class maps of class 0, with its score ahead by so much plus a gradient of 1."""
    ramp = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    made = []
    for lead in leads:
        logits = np.stack([ramp + lead + offset, np.full_like(ramp, offset)], axis=-1)
        made.append(Segmentation(logits.argmax(-1).astype(np.uint8), logits))
    return made


def test_one_class_is_a_fault_only_with_a_steady_lead() -> None:
    """A portrait network finds nobody in drawings, but scores each differently."""
    steady, unsure = _maps(50, 51, 52), _maps(1, 4, 9)
    for maps, said in ((steady, "the same class by a steady lead"), (unsure, "")):
        assert constant_answer(maps, [np.asarray(one.logits) for one in maps]) == said
    same = _maps(1, 1, 1)
    assert constant_answer(same, [np.asarray(one.logits) for one in same]) == "the same numbers"
    assert constant_answer(same[:1], [np.zeros(2)]) == ""


def test_sure_probabilities_are_no_fault() -> None:
    """A softmax of a sure network is 1 for its class on every image."""
    sure = [Classification(1, np.array([p, 1 - p], np.float32)) for p in (0.0, 1e-6, 1e-7)]
    assert constant_answer(sure, [one.logits for one in sure]) == ""


def test_scores_of_a_map_are_judged_by_a_part_of_them() -> None:
    """A map of NaN is found at any size; integers and class ids are always numbers."""
    logits = np.zeros((512, 1024, 3), np.float32)
    assert answers_are_finite(logits)
    logits[:, :, 0] = -np.inf  # it never wins
    assert answers_are_finite(logits)
    logits[100:300, 200:500, 1] = np.nan
    assert not answers_are_finite(logits)
    assert answers_are_finite(None)


def test_drawn_images_are_very_different() -> None:
    """Each has the size asked for, and most of its pixels differ from the others'."""
    images = drawn_images("segmentation", (64, 48))
    assert {image.shape for image in images} == {(48, 64, 3)}
    for at, image in enumerate(images):
        for other in images[at + 1 :]:
            assert np.mean(np.abs(image.astype(int) - other) > 20) > 0.5
