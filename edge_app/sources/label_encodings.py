"""The encodings of class ids in truth images, and decoding of these images."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from edge_app.errors import SourceError
from edge_app.frame import ClassMap
from edge_app.label_sets import label_set
from edge_app.labels import CAMVID, CITYSCAPES, DRIVESEG, NUMBERED, VOID, LabelSet
from edge_app.sources.file_kinds import looks_whole
from edge_app.sources.image import quiet_opencv
from edge_app.sources.image_size import check_pixels

_UNKNOWN = 254  # no trainId of any set


@dataclass(frozen=True, slots=True)
class LabelEncoding:
    """The class ids of one kind of truth file.

    name: for messages. labels: name of the label set.
    table: uint8 (256,), from the file's ids to trainIds; 254 for ids that it does not have.
        None if the ids are those of the model.
    """

    name: str
    labels: str
    table: NDArray[np.uint8] | None

    def to_train_ids(self, ids: NDArray[np.uint8], where: str) -> ClassMap:
        """Return a truth image as trainIds: uint8 (H, W) both.

        where: name of the image. Raises SourceError for an id that the encoding does not have.
        """
        if self.table is None:
            return ids
        train_ids = np.asarray(cv2.LUT(ids, self.table), np.uint8)
        if (train_ids == _UNKNOWN).any():
            wrong = ids[train_ids == _UNKNOWN]
            raise SourceError(
                f"the truth {where} has the id {int(wrong[0])}, which {self.name} does not "
                "have; check --truth-labels, and that the folder has one kind of truth"
            )
        return train_ids


def _encoding(
    name: str, labels: LabelSet, *, train_ids: bool = False, void: bool = False
) -> LabelEncoding:
    """Return the encoding of a label set; void: whether 255 is, beside what the set says."""
    table = np.full(256, _UNKNOWN, np.uint8)
    for label in labels.labels:
        table[label.train_id if train_ids else label.id] = label.train_id
    if train_ids or void:
        table[VOID] = VOID
    return LabelEncoding(name, labels.name, table)


CAMVID_IDS = _encoding("CamVid (0 to 11)", CAMVID)
DRIVESEG_IDS = _encoding("DriveSeg (0 to 18 and 255)", DRIVESEG, train_ids=True)
LABEL_IDS = _encoding("Cityscapes labelIds (0 to 33)", CITYSCAPES)
TRAIN_IDS = _encoding("Cityscapes labelTrainIds (0 to 18 and 255)", CITYSCAPES, train_ids=True)
OWN_IDS = LabelEncoding("the model's own ids", NUMBERED, None)


def encoding_of(labels: str) -> LabelEncoding:
    """Return the encoding of truth with one, by its label set; 255 is void in each of them."""
    if labels == NUMBERED:
        return OWN_IDS
    known = {CAMVID.name: CAMVID_IDS, DRIVESEG.name: DRIVESEG_IDS}
    if labels in known:
        return known[labels]
    of = label_set(labels)
    highest = max(label.id for label in of.labels if label.id != VOID)
    return _encoding(f"{labels} (0 to {highest} and 255)", of, void=True)


def cityscapes_kind(ids: NDArray[np.uint8]) -> LabelEncoding | None:
    """Return whether ids are labelIds or labelTrainIds; None if they may be either.

    Only labelTrainIds have 255 (void); only labelIds have 19 to 33 (lights, signs, plants, sky,
    people, cars).
    """
    counts = np.bincount(ids.ravel(), minlength=256)
    if counts[VOID]:
        return TRAIN_IDS
    return LABEL_IDS if counts[19:34].any() else None


def decode_ids(data: bytes, where: str) -> NDArray[np.uint8]:
    """Return the class ids of a truth image: uint8 (H, W).

    It has one channel, a palette (whose indices are the ids), or three equal channels (DriveSeg).
    Raises SourceError for damaged files, 16 bits, and colours.
    """
    check_pixels(data, f"the truth {where}")
    ids: Any = None
    if looks_whole(data):
        with suppress(OSError, SyntaxError, ValueError, cv2.error), quiet_opencv():
            # OpenCV would replace palette indices by colours (PNG colour type 3, at byte 25).
            if data[:4] == b"\x89PNG" and data[25:26] == b"\x03":
                with PillowImage.open(io.BytesIO(data)) as opened:
                    ids = np.array(opened, np.uint8)
            else:
                ids = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if ids is None:
        raise SourceError(f"the truth {where} is damaged or not an image; copy or unpack it again")
    if ids.dtype != np.uint8:
        raise SourceError(f"the truth {where} has 16 bits; give the 8-bit class ids")
    if ids.ndim == 2:
        return np.asarray(ids, np.uint8)
    if (ids[..., 1:3] != ids[..., :1]).any():
        raise SourceError(f"the truth {where} has colours; give the files with class ids")
    return np.ascontiguousarray(ids[..., 0], np.uint8)
