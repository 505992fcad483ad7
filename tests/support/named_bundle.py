"""Model folders with variants of any name, of small networks that are written operator by operator.

Each network knows four classes by colour. Those of other names than float32 take a part of the
colours for others, so that answers, scores and agreement of all variants differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import Segmentation
from edge_app.labels import LabelSet, numbered_labels
from edge_app.model.card import InputSpec, ModelSpec, Variant, file_sha256, write_card
from edge_app.model.decode import classes_at
from edge_app.model.engine import load_engine
from edge_app.model.golden import golden_classes, golden_image
from edge_app.model.recipe import Recipe
from edge_app.quality import ConfusionMatrix
from tests.support.tflite_files import TfliteFile

LABELS = numbered_labels("crops", ("soil", "wheat", "maize", "water"))
# RGB of the classes in images.
COLOURS = np.array([(120, 60, 20), (230, 200, 40), (30, 160, 50), (40, 80, 220)], np.float32)
NAMED = ("int8-mixed", "int16x8", "int4")
RECIPES: Mapping[str, Recipe] = {
    "int8-mixed": Recipe(scheme="int8", keep=("SOFTMAX",)),
    "int16x8": Recipe(scheme="int16x8"),
    "int4": Recipe(scheme="int4"),
}


def write_network(path: Path, size_wh: tuple[int, int], lost: float = 0.0) -> Path:
    """Write a network of pixels in [0, 1]; the logits have half the size of its input.

    lost: added to the score of the last class, which then takes pixels of the others.
    """
    width, height = size_wh
    made = TfliteFile()
    image = made.tensor((1, height, width, 3), name="image")
    halved = made.conv(image, _mean_of_four(), (1, height // 2, width // 2, 3), 2)
    # The nearest colour c of a pixel x is that with the largest 2 x c - c^2.
    colours = COLOURS / 255
    bias = -np.sum(colours**2, axis=1)
    bias[-1] += lost
    kernel = made.constant((2 * colours).reshape(len(colours), 1, 1, 3))
    constant = made.constant(bias.astype(np.float32))
    logits = made.tensor((1, height // 2, width // 2, len(colours)), name="logits")
    made.operator(
        "CONV_2D", [halved, kernel, constant], logits, "Conv2DOptions", strideW=1, strideH=1
    )
    return made.write(path, [image], [logits])


def _mean_of_four() -> NDArray[np.float32]:
    kernel = np.zeros((3, 2, 2, 3), np.float32)
    for channel in range(3):
        kernel[channel, :, :, channel] = 0.25
    return kernel


def write_bundle(
    folder: Path,
    names: tuple[str, ...] = ("float32", "int8", *NAMED),
    *,
    name: str = "fields",
    size_wh: tuple[int, int] = (96, 48),
    labels: LabelSet = LABELS,
) -> ModelSpec:
    """Write a model folder with so many variants and their golden answers; return its card."""
    folder.mkdir(parents=True, exist_ok=True)
    variants = {}
    for place, variant in enumerate(names):
        path = write_network(folder / f"{variant}.tflite", size_wh, 0.3 * place)
        variants[variant] = Variant(
            variant,
            path,
            path.stat().st_size,
            file_sha256(path),
            quality={"miou": 0.9 - 0.1 * place, "frames": 8},
            recipe=RECIPES.get(variant),
        )
    given = InputSpec(size_wh, "rgb", (0.0,), (255.0,))
    spec = ModelSpec(name, name.title(), "segmentation", labels, given, variants)
    expected = {}
    for variant in names:
        engine = load_engine(spec, variant, threads=1)
        expected[variant] = golden_classes(engine.predict(golden_image("street", size_wh)))
        engine.close()
    spec = replace(spec, golden={"pattern": "street", "expected": expected})
    write_card(spec, folder)
    return spec


def field_image(seed: int, size_wh: tuple[int, int] = (192, 96)) -> tuple[NDArray[np.uint8], ...]:
    """Return an image of noisy squares, uint8 (H, W, 3) BGR, and their classes, uint8 (H, W)."""
    draw = np.random.default_rng(seed)
    width, height = size_wh
    coarse = draw.integers(0, len(COLOURS), (height // 24, width // 24)).astype(np.uint8)
    classes = coarse.repeat(24, axis=0).repeat(24, axis=1)
    noise = draw.normal(0, 26, (height, width, 3))
    image = np.clip(COLOURS[classes][..., ::-1] + noise, 0, 255).astype(np.uint8)
    return image, classes


def iou_of(spec: ModelSpec, variant: str, images: int) -> float:
    """Return the mIoU of a variant on the first images, counted without a run."""
    matrix = ConfusionMatrix(len(spec.labels.classes))
    engine = load_engine(spec, variant, threads=1)
    for seed in range(images):
        image, classes = field_image(seed)
        answer = engine.predict(image)
        assert isinstance(answer, Segmentation)
        matrix.add(classes, classes_at(answer, (classes.shape[1], classes.shape[0])))
    engine.close()
    return float(matrix.miou())


def write_fields(folder: Path, images: int = 4) -> tuple[Path, Path]:
    """Write images and their truth, with the model's own ids; return the folders of both."""
    places = folder / "images", folder / "truth"
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
    for seed in range(images):
        for place, content in zip(places, field_image(seed), strict=True):
            assert cv2.imwrite(str(place / f"{seed}.png"), content)
    return places
