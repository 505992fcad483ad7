"""Draw the worst frames: what was seen, what is there, what was answered."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw

from edge_app.fonts import BOLD, REGULAR, face, shorten
from edge_app.frame import Classification, ClassMap, Decoded, Frame, Image
from edge_app.labels import LabelSet, fold_table
from edge_app.model.decode import classes_at
from edge_app.quality import fold
from edge_app.style import WRONG, bgr, percent

_SIDE_H, _SIDE_W = 360, 640  # of each of the three pictures, at most
_HEAD, _GAP = 36, 6
_GROUND, _INK, _DIM = (24, 27, 31), (240, 243, 246), (160, 168, 176)


def worst_picture(
    frame: Frame, result: Decoded, answers: LabelSet, truth_labels: LabelSet, title: str
) -> Image:
    """Return picture, truth and answer side by side under a title: uint8 (H, W, 3) BGR.

    frame: with its truth. answers: the model's own label set; both are shown in the truth's.
    """
    truth = frame.truth
    if isinstance(result, Classification):
        said = answers.names[result.class_id]
        probability = percent(float(result.scores[result.class_id]))
        known = truth_labels.names[truth] if isinstance(truth, int) else "unknown"
        picture = cv2.resize(frame.image, (280, 280), interpolation=cv2.INTER_NEAREST)
        sides = [
            ("picture", np.asarray(picture, np.uint8)),
            ("truth", _word(known, "")),
            ("answer", _word(said, probability)),
        ]
        return _row(sides, title)
    if truth is None or isinstance(truth, int):
        raise ValueError("a class map is compared with a class map")
    height, width = truth.shape
    table = (
        None if answers.names == truth_labels.names else fold_table(answers.name, truth_labels.name)
    )
    answer = fold(classes_at(result, (width, height)), table)
    palette = truth_labels.palette_bgr()
    # What is void in the truth is black in the answer too: nothing is scored there.
    hidden = np.where(truth < len(truth_labels.classes), answer, 255).astype(np.uint8)
    colours = [np.asarray(cv2.applyColorMap(each, palette), np.uint8) for each in (truth, hidden)]
    wrong = _wrong(frame.image, truth, hidden)
    sides = list(
        zip(
            ("picture, mistakes orange", "truth (black: not scored)", "answer"),
            (wrong, *colours),
            strict=True,
        )
    )
    return _row(sides, title)


def _wrong(image: Image, truth: ClassMap, answer: ClassMap) -> Image:
    """Return the picture, dimmed where it was answered rightly and tinted where not."""
    height, width = truth.shape
    picture = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    tinted = picture // 2 + np.array(bgr(WRONG), np.uint8) // 2
    right = (truth == answer)[..., None]
    return np.where(right, picture // 2, tinted).astype(np.uint8)


def _word(text: str, below: str) -> Image:
    card = PillowImage.new("RGB", (280, 280), _GROUND)
    draw = ImageDraw.Draw(card)
    size = 120 if len(text) < 3 else 36
    draw.text((140, 130), text, _INK, face(BOLD, size), anchor="mm")
    draw.text((140, 230), below, _DIM, face(REGULAR, 24), anchor="mm")
    return np.ascontiguousarray(np.asarray(card, np.uint8)[..., ::-1])


def _row(sides: list[tuple[str, Image]], title: str) -> Image:
    """Put pictures of one size side by side, each under its name, all under a title."""
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
        how = cv2.INTER_AREA if name.startswith("picture") and scale < 1 else cv2.INTER_NEAREST
        shown = cv2.resize(image, size_wh, interpolation=how)[..., ::-1]
        canvas.paste(PillowImage.fromarray(np.ascontiguousarray(shown)), (x, 2 * _HEAD))
        told = shorten(name, plain, size_wh[0] - _GAP)
        draw.text((x + _GAP, _HEAD + _HEAD // 2), told, _DIM, plain, "lm")
    return np.ascontiguousarray(np.asarray(canvas, np.uint8)[..., ::-1])
