"""A picture becomes the tensor that the card's formula says, in the memory it is given."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.model.card import InputSpec, TensorInfo
from edge_app.model.preprocess import Preprocess

KINDS = {
    "float32": ("float32", 0.0, 0),
    "int8": ("int8", 1 / 127.5, -1),
    "uint8": ("uint8", 1 / 127.5, 127),
    "coarse int8": ("int8", 0.05, 5),
    "bare uint8": ("uint8", 0.0, 0),
}


def tensor_for(given: InputSpec, kind: str, *, flat: bool = False) -> TensorInfo:
    """Return the input tensor that fits a card; flat where gray has no channel axis."""
    dtype, scale, zero_point = KINDS[kind]
    width, height = given.size_wh
    depth = 1 if given.channels == "gray" else 3
    shape = (1, height, width) if flat else (1, height, width, depth)
    return TensorInfo("input", shape, np.dtype(dtype), scale, zero_point)


def filled(given: InputSpec, tensor: TensorInfo, image: NDArray[np.uint8]) -> NDArray[Any]:
    """Return what is written for a picture, over a tensor that held something else."""
    into = np.full(tensor.shape[1:], 77, tensor.dtype)
    Preprocess(given, tensor).fill(image, into)
    return into


def by_definition(
    given: InputSpec, tensor: TensorInfo, image: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Scale and quantize pixel by pixel, as the card's formula is read."""
    ordered = image[:, :, ::-1] if given.channels == "rgb" else image
    if given.channels == "gray":
        ordered = image[:, :, :1]
    real = (ordered.astype(np.float64) - np.array(given.mean)) / np.array(given.std)
    if not tensor.quantized:
        return np.clip(np.rint(real), 0, 255) if tensor.dtype.kind in "iu" else real
    limits = np.iinfo(tensor.dtype)
    exact = real / tensor.scale + tensor.zero_point
    if tensor.dtype == np.uint8 and np.abs(exact - ordered).max() <= 0.5 + 1e-9:
        return ordered.astype(np.float64)  # half-way between two steps: the pixel is one of them
    steps = np.round(real / tensor.scale) + tensor.zero_point
    return np.clip(steps, limits.min, limits.max)


def noise(width: int, height: int) -> NDArray[np.uint8]:
    """Return a picture in which every pixel value occurs."""
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", ["rgb", "bgr"])
@pytest.mark.parametrize(
    ("mean", "std"),
    [
        ((127.5,), (127.5,)),
        ((0.0,), (255.0,)),
        ((0.0,), (1.0,)),
        ((123.68, 116.78, 103.94), (58.4, 57.1, 57.4)),
    ],
    ids=["-1 to 1", "0 to 1", "as is", "per channel"],
)
def test_every_pixel_gets_the_value_of_the_formula(
    kind: str, channels: str, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    """The table equals the slow definition, in the order of the channels it names."""
    given = InputSpec((40, 30), channels, mean, std)
    tensor, image = tensor_for(given, kind), noise(40, 30)
    made = filled(given, tensor, image)
    wanted = by_definition(given, tensor, image)
    if tensor.dtype == np.float32:
        assert np.allclose(made, wanted, rtol=1e-6, atol=1e-6)
    else:
        assert np.array_equal(made, wanted)


@pytest.mark.parametrize("zero_point", [127, 128])
def test_no_pixel_is_changed_where_the_input_only_rounds_the_mean(zero_point: int) -> None:
    """A mean of 127.5 has no whole zero point; all 256 pixel values still stay apart."""
    given = InputSpec((16, 16), "bgr")
    tensor = TensorInfo("input", (1, 16, 16, 3), np.dtype(np.uint8), 1 / 127.5, zero_point)
    image = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    assert np.array_equal(filled(given, tensor, image), image)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flat", [False, True], ids=["28x28x1", "28x28"])
def test_gray_pictures_are_taken_without_conversion(kind: str, flat: bool) -> None:
    """A digit whose three channels share memory gives the same tensor as its copy."""
    given = InputSpec((28, 28), "gray", (0.0,), (255.0,))
    tensor = tensor_for(given, kind, flat=flat)
    one = noise(28, 28)[:, :, 0]
    shared = np.broadcast_to(one[:, :, None], (28, 28, 3))
    assert shared.strides[2] == 0
    made = filled(given, tensor, shared)
    wanted = by_definition(given, tensor, shared).reshape(tensor.shape[1:])
    assert np.allclose(made, wanted, rtol=1e-6)
    assert np.array_equal(made, filled(given, tensor, shared.copy()))


def test_colours_become_gray_by_their_weight() -> None:
    """Red, green and blue weigh 0.299, 0.587 and 0.114."""
    given = InputSpec((3, 1), "gray", (0.0,), (1.0,))
    picture = np.array([[[0, 0, 255], [0, 255, 0], [255, 0, 0]]], np.uint8)
    made = filled(given, tensor_for(given, "float32"), picture)
    assert made.ravel().tolist() == [76, 150, 29]


def test_red_stays_red() -> None:
    """A red picture fills the first channel of an RGB network and the last of a BGR one."""
    red = np.zeros((4, 4, 3), np.uint8)
    red[:, :, 2] = 255
    for channels, pixel in (("rgb", [255, 0, 0]), ("bgr", [0, 0, 255])):
        given = InputSpec((4, 4), channels, (0.0,), (1.0,))
        for kind in ("float32", "bare uint8"):
            assert filled(given, tensor_for(given, kind), red)[0, 0].tolist() == pixel


def test_stretching_is_opencvs_bilinear_resize() -> None:
    """The whole picture is squeezed into the input, whatever its shape."""
    given, image = InputSpec((20, 30), "bgr", (0.0,), (1.0,)), noise(64, 48)
    made = filled(given, tensor_for(given, "bare uint8"), image)
    assert np.array_equal(made, cv2.resize(image, (20, 30), interpolation=cv2.INTER_LINEAR))


@pytest.mark.parametrize("channels", ["rgb", "bgr", "gray"])
@pytest.mark.parametrize(
    ("size_wh", "frame_wh", "rows", "columns"),
    [
        ((40, 40), (80, 40), slice(10, 30), slice(0, 40)),
        ((40, 40), (40, 80), slice(0, 40), slice(10, 30)),
        ((40, 20), (40, 20), slice(0, 20), slice(0, 40)),
    ],
    ids=["wide", "tall", "exact"],
)
def test_letterboxing_keeps_the_shape_and_pads_with_the_mean(
    channels: str,
    size_wh: tuple[int, int],
    frame_wh: tuple[int, int],
    rows: slice,
    columns: slice,
) -> None:
    """The picture lies in the middle, and the borders are zero to the network."""
    mean = (50.0,) if channels == "gray" else (10.0, 20.0, 30.0)
    given = InputSpec(size_wh, channels, mean, (1.0,), "letterbox")
    white = np.full((frame_wh[1], frame_wh[0], 3), 255, np.uint8)
    made = filled(given, tensor_for(given, "float32"), white)
    inside = np.zeros(made.shape[:2], bool)
    inside[rows, columns] = True
    assert np.array_equal(made[inside], np.broadcast_to(255 - np.array(mean), made[inside].shape))
    assert not made[~inside].any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", ["rgb", "bgr", "gray"])
@pytest.mark.parametrize("fit", ["stretch", "letterbox"])
@pytest.mark.parametrize("frame_wh", [(16, 12), (50, 20), (1, 1), (3, 200)])
def test_the_tensor_itself_is_written(
    kind: str, channels: str, fit: str, frame_wh: tuple[int, int]
) -> None:
    """Every element of the given memory changes, and no other array is handed out."""
    given = InputSpec((16, 12), channels, (0.0,), (255.0,), fit)
    tensor = tensor_for(given, kind)
    memory = np.zeros(tensor.shape, tensor.dtype)
    stage, image = Preprocess(given, tensor), noise(*frame_wh)
    for start in (77, 78):
        memory[:] = start
        stage.fill(image, memory[0])
        if start == 77:
            first = memory.copy()
    assert np.array_equal(first, memory)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", ["rgb", "gray"])
@pytest.mark.parametrize("sizes_wh", [[(16, 12)] * 3, [(16, 12), (30, 30)]], ids=["fit", "mixed"])
def test_a_group_is_filled_like_its_pictures(
    kind: str, channels: str, sizes_wh: list[tuple[int, int]]
) -> None:
    """Several pictures at once give what each gives alone."""
    given = InputSpec((16, 12), channels, (33.0,), (255.0,))
    tensor = tensor_for(given, kind)
    images = [noise(*size_wh) for size_wh in sizes_wh]
    group = np.full((len(images), *tensor.shape[1:]), 77, tensor.dtype)
    Preprocess(given, tensor).fill_all(images, group)
    for image, made in zip(images, group, strict=True):
        assert np.array_equal(made, filled(given, tensor, image))


def test_parts_of_larger_pictures_are_read_by_their_strides() -> None:
    """A crop gives what its copy gives."""
    given = InputSpec((16, 12), "rgb")
    tensor, crop = tensor_for(given, "int8"), noise(64, 64)[5:17, 7:23]
    assert not crop.flags["C_CONTIGUOUS"]
    assert np.array_equal(filled(given, tensor, crop), filled(given, tensor, crop.copy()))


@pytest.mark.parametrize(
    ("channels", "shape"),
    [
        ("rgb", (1, 30, 40, 1)),
        ("rgb", (1, 40, 30, 3)),
        ("rgb", (1, 30, 40)),
        ("rgb", (2, 30, 40, 3)),
        ("rgb", (1, 3, 30, 40)),
        ("gray", (1, 30, 40, 3)),
        ("gray", (30, 40)),
    ],
)
def test_a_tensor_of_another_size_is_refused(channels: str, shape: tuple[int, ...]) -> None:
    """Card and file are held against each other before the first picture."""
    tensor = TensorInfo("input", shape, np.dtype("float32"))
    with pytest.raises(ModelError, match=f"says 40x30 {channels}, but the file's input is"):
        Preprocess(InputSpec((40, 30), channels), tensor)
