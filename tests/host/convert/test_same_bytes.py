"""The same command gives the same files, whatever order Python's sets have."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edge_app.model.card import VARIANTS
from host_tools.framework import load_keras
from tests.support.whole_runs import HANG_S, ROOT

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

pytestmark = pytest.mark.tensorflow

# Converts one model, and the float32 .tflite of its result, which only one quantizer takes.
_TWICE = """
import sys
from pathlib import Path
from host_tools.cli import main
model, images, out = sys.argv[1:]
options = ["--calibration", images, "--labels", "cityscapes"]
assert main(["convert", model, "--out", f"{out}/net", *options]) == 0
again = f"{out}/net/float32.tflite"
assert main(["convert", again, "--out", f"{out}/of_tflite", *options]) == 0
"""
# What every conversion measures for itself.
_TIMES = {"invoke_ms", "times_float32"}


def test_two_processes_write_the_same_files(tmp_path: Path) -> None:
    """Four variants of two sources and their cards, byte for byte, without the measured times."""
    model = _segmenter(tmp_path / "net.keras")
    images = _photos(tmp_path / "photos")
    first, second = (_convert(model, images, tmp_path / str(seed), seed) for seed in (1, 77))
    for net in ("net", "of_tflite"):
        for name in VARIANTS:
            content = (first / net / f"{name}.tflite").read_bytes()
            assert content == (second / net / f"{name}.tflite").read_bytes(), f"{net}/{name}"
        assert _card(first / net) == _card(second / net)
    quantizers = _card(first / "net")["variants"]["dynamic_range"]["measured"]["candidates"]
    assert set(quantizers) == {"tensorflow", "ai-edge-quantizer"}  # there was a choice


def _convert(model: Path, images: Path, out: Path, seed: int) -> Path:
    out.mkdir()
    subprocess.run(
        [sys.executable, "-c", _TWICE, model, images, out],
        env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=HANG_S,
        check=True,
    )
    return out


def _card(folder: Path) -> Any:
    """Return a card without the times, which are all that may differ."""
    card = json.loads((folder / "model.json").read_text("utf-8"))
    for variant in card["variants"].values():
        for name in _TIMES:
            del variant["measured"][name]
    return card


def _segmenter(path: Path) -> Path:
    """Write a segmenter whose variants differ between the quantizers."""
    keras = load_keras()
    keras.utils.set_random_seed(5)
    layers = keras.layers
    given = keras.Input((32, 64, 3))
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(given)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.SeparableConv2D(32, 3, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")(x)
    keras.Model(given, layers.Conv2D(19, 1)(x)).save(path)
    return path


def _photos(folder: Path) -> Path:
    """Write 20 images, none of which is noise."""
    folder.mkdir()
    draw = np.random.default_rng(0)
    for number in range(20):
        coarse = draw.integers(0, 256, (4, 8, 3), np.uint8)
        Image.fromarray(coarse).resize((64, 32), Image.Resampling.BILINEAR).save(
            folder / f"{number:02}.png"
        )
    return folder
