"""The ids of truth files become trainIds by the table of their encoding."""

import numpy as np
import pytest

from edge_app.errors import SourceError
from edge_app.labels import VOID
from edge_app.sources.label_encodings import (
    CAMVID_IDS,
    DRIVESEG_IDS,
    LABEL_IDS,
    TRAIN_IDS,
    LabelEncoding,
)


@pytest.mark.parametrize(
    ("encoding", "ids", "train_ids", "unknown"),
    [
        (LABEL_IDS, [0, 7, 8, 9, 26, 33], [VOID, 0, 1, VOID, 13, 18], 34),
        (TRAIN_IDS, [0, 18, 255], [0, 18, VOID], 19),
        (CAMVID_IDS, [0, 10, 11], [0, 10, VOID], 12),
        (DRIVESEG_IDS, [0, 18, 255], [0, 18, VOID], 19),
    ],
    ids=["labelIds", "labelTrainIds", "camvid", "driveseg"],
)
def test_ids_become_train_ids(
    encoding: LabelEncoding, ids: list[int], train_ids: list[int], unknown: int
) -> None:
    """Known ids are translated; an unknown one is an error that names it."""
    assert encoding.to_train_ids(np.array([ids], np.uint8), "a.png").tolist() == [train_ids]
    with pytest.raises(SourceError, match=rf"a\.png .*{unknown}"):
        encoding.to_train_ids(np.array([[*ids, unknown]], np.uint8), "a.png")
