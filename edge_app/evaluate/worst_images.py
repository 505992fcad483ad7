"""The worst frames as images: frame, truth and answer side by side."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw

from edge_app.fonts import BOLD, REGULAR, face, shorten
from edge_app.frame import Classification, ClassMap, Decoded, Frame, Image
from edge_app.label_fit import LabelFit
from edge_app.labels import LabelSet
from edge_app.model.decode import classes_at
from edge_app.quality import map_classes
from edge_app.style import WRONG, bgr, percent

_SIDE_H, _SIDE_W = 360, 640  # of each of the three images, at most
_HEAD, _GAP = 36, 6
_GROUND, _INK, _DIM = (24, 27, 31), (240, 243, 246), (160, 168, 176)


def worst_image(
    frame: Frame, result: Decoded, answers: LabelSet, fit: LabelFit, title: str
) -> Image:
    """Return frame, truth and answer side by side under a title: uint8 (H, W, 3) BGR.

    frame: with its truth. answers: the model's label set; class maps are shown in the truth's,
        as `fit` says.
    Raises ValueError if result and truth are not of one kind.
    """
    truth = frame.truth
    if isinstance(result, Classification):
        answer_name = answers.names[result.class_id]
        probability = percent(float(result.scores[result.class_id]))
        known = fit.labels.names[truth] if isinstance(truth, int) else "unknown"
        enlarged = cv2.resize(frame.image, (280, 280), interpolation=cv2.INTER_NEAREST)
        sides = [
            ("frame", np.asarray(enlarged, np.uint8)),
            ("truth", _text_card(known, "")),
            ("answer", _text_card(answer_name, probability)),
        ]
        return _row(sides, title)
    if truth is None or isinstance(truth, int):
        raise ValueError("a class map is compared with a class map")
    height, width = truth.shape
    answer = map_classes(classes_at(result, (width, height)), fit.table)
    palette = fit.labels.palette_bgr()
    # Void in the truth is black in the answer too, since nothing is scored there.
    hidden = np.where(truth < len(fit.labels.classes), answer, 255).astype(np.uint8)
    colours = [np.asarray(cv2.applyColorMap(each, palette), np.uint8) for each in (truth, hidden)]
    marked = _with_mistakes(frame.image, truth, hidden)
    names = ("frame, mistakes orange", "truth (black: not scored)", "answer")
    return _row(list(zip(names, (marked, *colours), strict=True)), title)


def _with_mistakes(image: Image, truth: ClassMap, answer: ClassMap) -> Image:
    """Return the image, dimmed where the answer is right and tinted where it is wrong."""
    height, width = truth.shape
    scaled = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    tinted = scaled // 2 + np.array(bgr(WRONG), np.uint8) // 2
    right = (truth == answer)[..., None]
    return np.where(right, scaled // 2, tinted).astype(np.uint8)


def _text_card(text: str, below: str) -> Image:
    card = PillowImage.new("RGB", (280, 280), _GROUND)
    draw = ImageDraw.Draw(card)
    size = 120 if len(text) < 3 else 36
    draw.text((140, 130), text, _INK, face(BOLD, size), anchor="mm")
    draw.text((140, 230), below, _DIM, face(REGULAR, 24), anchor="mm")
    return np.ascontiguousarray(np.asarray(card, np.uint8)[..., ::-1])


def _row(sides: list[tuple[str, Image]], title: str) -> Image:
    """Return images of one size side by side, each below its name, all below a title."""
    height, width = sides[0][1].shape[:2]
    scale = min(_SIDE_W / width, _SIDE_H / height)
    size_wh = (round(width * scale), round(height * scale))
    whole_w = len(sides) * (size_wh[0] + _GAP) + _GAP
    canvas = PillowImage.new("RGB", (whole_w, 2 * _HEAD + size_wh[1] + _GAP), _GROUND)
    draw = ImageDraw.Draw(canvas)
    bold, plain = face(BOLD, 18), face(REGULAR, 15)
    draw.text((2 * _GAP, _HEAD // 2), shorten(title, bold, whole_w - 4 * _GAP), _INK, bold, "lm")
    for place, (name, image) in enumerate(sides):
        x = _GAP + place * (size_wh[0] + _GAP)
        # Class colours must not mix along their borders.
        method = cv2.INTER_AREA if name.startswith("frame") and scale < 1 else cv2.INTER_NEAREST
        shown = cv2.resize(image, size_wh, interpolation=method)[..., ::-1]
        canvas.paste(PillowImage.fromarray(np.ascontiguousarray(shown)), (x, 2 * _HEAD))
        heading = shorten(name, plain, size_wh[0] - _GAP)
        draw.text((x + _GAP, _HEAD + _HEAD // 2), heading, _DIM, plain, "lm")
    return np.ascontiguousarray(np.asarray(canvas, np.uint8)[..., ::-1])
