"""The output of a source network is chosen as for a run, and all are listed."""

import pytest

from host_tools.models.output_choice import choose_source_output

IMAGE = (1, 128, 256, 3)


@pytest.mark.parametrize(
    ("shapes", "chosen"),
    [
        ([(None, 16, 32, 19), (None, 64, 128, 19)], 1),
        ([(None, 256, 32, 64), (None, 19, 64, 128)], 1),  # channels first: features, and the map
        ([(1, 64, 128, 19), (1, 64, 128, 19)], 0),
        ([(None, 10), (None, 64, 128, 19)], 1),
        ([(None, 10), (None, None, None, 19)], 1),
        ([(None, 7), (None, 1000)], 1),
    ],
)
def test_the_output_of_a_source_is_that_of_a_run(
    shapes: list[tuple[int | None, ...]], chosen: int
) -> None:
    """A map before scores, a known number of classes, the finest, else the first."""
    names = [f"out{at}" for at in range(len(shapes))]
    position, text = choose_source_output(names, shapes, None, IMAGE)
    assert position == chosen
    assert text.startswith(f"out{chosen}, as the finest or first of 0 out0 (1x")


def test_open_sides_are_listed_as_such() -> None:
    """One image at a time is converted; other sides may be open."""
    shapes = [(None, 10), (None, None, None, 19)]
    assert choose_source_output(["a", "b"], shapes, "b", IMAGE) == (
        1,
        "b, chosen among 0 a (1x10), 1 b (1x?x?x19)",
    )
