"""The score of a data set equals that of the official scorer, to the last count and digit."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.evaluate.dataset import ImageSet, parse_dataset
from edge_app.evaluate.scoring import score_span
from edge_app.frame import Segmentation
from edge_app.labels import CITYSCAPES
from edge_app.model.card import read_card
from edge_app.model.decode import classes_at
from edge_app.model.engine import load_engine


@pytest.mark.parametrize("variant", ["int8", "float32"])
def test_cityscapes_frames_score_as_the_official_scorer_says(
    variant: str, shared: Path, assets: Path, tmp_path: Path
) -> None:
    """Predictions written as its labelIds images give it the very counts and IoUs of ours."""
    theirs = pytest.importorskip(
        "cityscapesscripts.evaluation.evalPixelLevelSemanticLabeling",
        reason="needs the official scorer: pip install cityscapesscripts",
    )
    spec = read_card(assets / "models" / "street")
    engine = load_engine(spec, variant)
    dataset = parse_dataset(f"cityscapes:{shared / 'cityscapes'}")
    images = ImageSet(dataset)
    ours = score_span(engine, images, 0, images.count)

    ids = np.array([label.id for label in CITYSCAPES.classes], np.uint8)
    options = theirs.args
    options.evalInstLevelScore = options.evalPixelAccuracy = False
    matrix = theirs.generateMatrix(options)
    for _, frame in images.frames(0, images.count, []):
        result = engine.predict(frame.image)
        assert isinstance(result, Segmentation)
        height, width = frame.image.shape[:2]
        answer = tmp_path / "answer.png"
        cv2.imwrite(str(answer), ids[classes_at(result, (width, height))])
        name = frame.name.replace("_leftImg8bit", "_gtFine_labelIds")
        theirs.evaluatePair(str(answer), str(Path(dataset.truth) / name), matrix, {}, {}, options)

    assert ours.frames == images.count >= 4
    assert np.array_equal(matrix[np.ix_(ids, ids)].astype(np.int64), ours.matrix.counts)
    scores = [theirs.getIouScoreForLabel(int(number), matrix, options) for number in ids]
    assert np.array_equal(scores, ours.matrix.iou(), equal_nan=True)
    assert np.nanmean(scores) == ours.matrix.miou()
