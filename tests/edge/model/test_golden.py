"""The golden check accepts a variant that rounds differently and refuses a broken one."""

import numpy as np
import pytest

from edge_app.frame import Classification, Segmentation
from edge_app.model.golden import (
    GRID_HW,
    PATTERN_BY_TASK,
    golden_classes,
    golden_image,
    matches,
)


@pytest.mark.parametrize("pattern", sorted(PATTERN_BY_TASK.values()))
@pytest.mark.parametrize("size_wh", [(28, 28), (513, 257), (1, 1), (40, 90)])
def test_a_pattern_is_drawn_at_any_size(pattern: str, size_wh: tuple[int, int]) -> None:
    """Images are uint8 BGR, and the same each time."""
    image = golden_image(pattern, size_wh)
    assert image.dtype == np.uint8
    assert image.shape == (size_wh[1], size_wh[0], 3)
    assert np.array_equal(image, golden_image(pattern, size_wh))
    if min(size_wh) > 1:
        assert len(np.unique(image.reshape(-1, 3), axis=0)) > 1


def test_an_unknown_pattern_is_a_key_error() -> None:
    """The caller makes the message, since it knows the card."""
    with pytest.raises(KeyError):
        golden_image("unicorn", (8, 8))


def test_a_class_map_is_reduced_to_a_grid() -> None:
    """Each cell gives the class at its centre, whatever the size of the map."""
    rows, columns = GRID_HW
    cells = np.arange(rows * columns, dtype=np.uint8).reshape(rows, columns)
    class_map = cells.repeat(7, axis=0).repeat(3, axis=1)
    assert golden_classes(Segmentation(class_map)) == cells.ravel().tolist()
    assert len(golden_classes(Segmentation(np.zeros((1, 1), np.uint8)))) == rows * columns


def test_a_classification_is_its_class() -> None:
    """One class id is compared."""
    assert golden_classes(Classification(7, np.zeros(10, np.float32))) == [7]


@pytest.mark.parametrize(
    ("wrong", "accepted"), [(0, True), (1, True), (15, True), (16, False), (60, False)]
)
def test_a_quarter_of_the_cells_may_differ(wrong: int, accepted: bool) -> None:
    """Class borders move between CPUs; a wrong file changes most of the map."""
    expected = [3] * 60
    assert matches([4] * wrong + [3] * (60 - wrong), expected) is accepted


@pytest.mark.parametrize(("classes", "accepted"), [([7], True), ([1], False), ([], False)])
def test_a_single_class_must_be_right(classes: list[int], accepted: bool) -> None:
    """For digits nothing may differ, and results of another length never match."""
    assert matches(classes, [7]) is accepted
