"""The shape of an output shows how it may be read."""

import pytest

from edge_app.model.inferred.output_readings import is_open_choice, output_readings


@pytest.mark.parametrize(
    ("shape", "input_hw", "readings"),
    [
        ((1, 10), (28, 28), ["10 scores"]),
        ((10,), (28, 28), ["10 scores"]),
        ((1, 1, 1, 19), (96, 96), ["19 scores"]),
        ((1, 1), (96, 96), ["1 scores"]),
        ((1, 64, 128, 19), (128, 256), ["nhwc 128x64 of 19", "nchw"]),
        ((1, 19, 64, 128), (128, 256), ["nchw 128x64 of 19", "nhwc"]),
        ((64, 128, 19), (128, 256), ["nhwc 128x64 of 19", "nchw"]),
        ((1, 129, 257, 19), (1025, 2049), ["nhwc 257x129 of 19", "nchw"]),
        ((1, 128, 256, 1), (128, 256), ["nhwc 256x128", "nchw"]),
        ((1, 1, 128, 256), (128, 256), ["nchw 256x128", "nhwc"]),
        ((1, 64, 128), (128, 256), ["nhwc 128x64"]),
        ((1, 50176), (224, 224), ["flat 224x224", "50176 scores"]),
        ((1, 8192, 19), (128, 256), ["flat 128x64 of 19"]),
        ((1, 19, 8192), (128, 256), ["flat 128x64 of 19"]),
        ((1, 784), (224, 224), ["784 scores", "flat 28x28"]),
        ((1, 1000), (224, 224), ["1000 scores"]),
        ((), (28, 28), []),
        ((1, 2, 3, 4, 5), (28, 28), []),
    ],
)
def test_readings_are_ordered_by_plausibility(
    shape: tuple[int, ...], input_hw: tuple[int, int], readings: list[str]
) -> None:
    """The proportions of the input decide, then usual numbers of classes."""
    forms = output_readings(shape, input_hw)
    texts = [
        form.text
        if form.task == "classification"
        else form.text.replace("a map of", form.layout).removesuffix(" classes")
        for form in forms
    ]
    assert len(texts) == len(readings)
    assert all(text.startswith(reading) for text, reading in zip(texts, readings, strict=True))


@pytest.mark.parametrize(
    ("shape", "input_hw", "is_open"),
    [
        ((1, 64, 128, 19), (128, 256), False),
        ((1, 19, 64, 128), (128, 256), False),
        ((1, 32, 32, 32), (64, 64), True),
        ((1, 7, 32, 32), (64, 64), False),
        ((1, 784), (224, 224), True),
        ((1, 50176), (224, 224), True),
    ],
)
def test_two_possible_readings_are_an_open_choice(
    shape: tuple[int, ...], input_hw: tuple[int, int], is_open: bool
) -> None:
    """A map whose proportions are the input's only in one reading is none."""
    first, second = output_readings(shape, input_hw)
    assert is_open_choice(first, second) == is_open
