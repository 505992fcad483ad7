"""An image becomes the tensor that the card's formula gives, in the memory passed in."""

from dataclasses import replace
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
    "float16": ("float16", 0.0, 0),
    "int16": ("int16", 1 / 8192, 0),
    "bare int32": ("int32", 0.0, 0),
}


def tensor_for(spec: InputSpec, kind: str, *, flat: bool = False) -> TensorInfo:
    """Return the input tensor that fits a card; flat: gray without a channel axis."""
    dtype, scale, zero_point = KINDS[kind]
    width, height = spec.size_wh
    depth = 1 if spec.channels == "gray" else 3
    shape = (1, height, width) if flat else (1, height, width, depth)
    return TensorInfo("input", shape, np.dtype(dtype), scale, zero_point)


def fill(spec: InputSpec, tensor: TensorInfo, image: NDArray[np.uint8]) -> NDArray[Any]:
    """Return what is written for an image, over a tensor with other values."""
    into = np.full(tensor.shape[1:], 77, tensor.dtype)
    Preprocess(spec, tensor).fill(image, into)
    return into


def by_definition(
    spec: InputSpec, tensor: TensorInfo, image: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Scale and quantize pixel by pixel, by the card's formula."""
    ordered = image[:, :, ::-1] if spec.channels == "rgb" else image
    if spec.channels == "gray":
        ordered = image[:, :, :1]
    real = (ordered.astype(np.float64) - np.array(spec.mean)) / np.array(spec.std)
    if not tensor.quantized:
        if tensor.dtype.kind == "f":
            return np.asarray(real)
        limits = np.iinfo(tensor.dtype)
        return np.asarray(np.clip(np.rint(real), limits.min, limits.max))
    limits = np.iinfo(tensor.dtype)
    exact = real / tensor.scale + tensor.zero_point
    if tensor.dtype == np.uint8 and np.abs(exact - ordered).max() <= 0.5 + 1e-9:
        return ordered.astype(np.float64)  # half-way between two steps: the pixel is one of them
    steps = np.round(real / tensor.scale) + tensor.zero_point
    return np.asarray(np.clip(steps, limits.min, limits.max))


def noise(width: int, height: int) -> NDArray[np.uint8]:
    """Return an image in which every pixel value occurs."""
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
    """The table gives the same as the slow definition, in the card's channel order."""
    spec = InputSpec((40, 30), channels, mean, std)
    tensor, image = tensor_for(spec, kind), noise(40, 30)
    made = fill(spec, tensor, image)
    wanted = by_definition(spec, tensor, image)
    if tensor.dtype.kind == "f":
        precision = 1e-6 if tensor.dtype == np.float32 else 1e-3
        assert np.allclose(made, wanted, rtol=precision, atol=precision)
    else:
        assert np.array_equal(made, wanted)


@pytest.mark.parametrize("zero_point", [127, 128])
def test_no_pixel_is_changed_where_the_input_only_rounds_the_mean(zero_point: int) -> None:
    """A mean of 127.5 has no whole zero point; all 256 pixel values still stay apart."""
    spec = InputSpec((16, 16), "bgr")
    tensor = TensorInfo("input", (1, 16, 16, 3), np.dtype(np.uint8), 1 / 127.5, zero_point)
    image = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    assert np.array_equal(fill(spec, tensor, image), image)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flat", [False, True], ids=["28x28x1", "28x28"])
def test_gray_images_need_no_conversion(kind: str, flat: bool) -> None:
    """A digit whose three channels share memory gives the same tensor as its copy."""
    spec = InputSpec((28, 28), "gray", (0.0,), (255.0,))
    tensor = tensor_for(spec, kind, flat=flat)
    one = noise(28, 28)[:, :, 0]
    shared = np.broadcast_to(one[:, :, None], (28, 28, 3))
    assert shared.strides[2] == 0
    made = fill(spec, tensor, shared)
    wanted = by_definition(spec, tensor, shared).reshape(tensor.shape[1:])
    assert np.allclose(made, wanted, rtol=1e-3 if kind == "float16" else 1e-6)
    assert np.array_equal(made, fill(spec, tensor, shared.copy()))


def test_colours_become_gray_by_their_weight() -> None:
    """Red, green and blue weigh 0.299, 0.587 and 0.114."""
    spec = InputSpec((3, 1), "gray", (0.0,), (1.0,))
    image = np.array([[[0, 0, 255], [0, 255, 0], [255, 0, 0]]], np.uint8)
    made = fill(spec, tensor_for(spec, "float32"), image)
    assert made.ravel().tolist() == [76, 150, 29]


def test_red_stays_red() -> None:
    """A red image fills the first channel of an RGB network and the last of a BGR one."""
    red = np.zeros((4, 4, 3), np.uint8)
    red[:, :, 2] = 255
    for channels, pixel in (("rgb", [255, 0, 0]), ("bgr", [0, 0, 255])):
        spec = InputSpec((4, 4), channels, (0.0,), (1.0,))
        for kind in ("float32", "bare uint8"):
            assert fill(spec, tensor_for(spec, kind), red)[0, 0].tolist() == pixel


def test_stretching_is_opencvs_bilinear_resize() -> None:
    """The whole image is resized to the input, whatever its shape."""
    spec, image = InputSpec((20, 30), "bgr", (0.0,), (1.0,)), noise(64, 48)
    made = fill(spec, tensor_for(spec, "bare uint8"), image)
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
    """The image lies in the middle, and the borders are zero after scaling."""
    mean = (50.0,) if channels == "gray" else (10.0, 20.0, 30.0)
    spec = InputSpec(size_wh, channels, mean, (1.0,), "letterbox")
    white = np.full((frame_wh[1], frame_wh[0], 3), 255, np.uint8)
    made = fill(spec, tensor_for(spec, "float32"), white)
    inside = np.zeros(made.shape[:2], bool)
    inside[rows, columns] = True
    assert np.array_equal(made[inside], np.broadcast_to(255 - np.array(mean), made[inside].shape))
    assert not made[~inside].any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", ["rgb", "bgr", "gray"])
@pytest.mark.parametrize("fit", ["stretch", "letterbox"])
@pytest.mark.parametrize("frame_wh", [(16, 12), (50, 20), (1, 1), (3, 200)])
def test_every_element_of_the_tensor_is_written(
    kind: str, channels: str, fit: str, frame_wh: tuple[int, int]
) -> None:
    """Nothing of what the memory held before is left."""
    spec = InputSpec((16, 12), channels, (0.0,), (255.0,), fit)
    tensor = tensor_for(spec, kind)
    memory = np.zeros(tensor.shape, tensor.dtype)
    stage, image = Preprocess(spec, tensor), noise(*frame_wh)
    for start in (77, 78):
        memory[:] = start
        stage.fill(image, memory[0])
        if start == 77:
            first = memory.copy()
    assert np.array_equal(first, memory)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", ["rgb", "gray"])
@pytest.mark.parametrize("sizes_wh", [[(16, 12)] * 3, [(16, 12), (30, 30)]], ids=["fit", "mixed"])
def test_fill_all_gives_the_same_as_fill(
    kind: str, channels: str, sizes_wh: list[tuple[int, int]]
) -> None:
    """Each image of a group gives what it gives alone."""
    spec = InputSpec((16, 12), channels, (33.0,), (255.0,))
    tensor = tensor_for(spec, kind)
    images = [noise(*size_wh) for size_wh in sizes_wh]
    group = np.full((len(images), *tensor.shape[1:]), 77, tensor.dtype)
    Preprocess(spec, tensor).fill_all(images, group)
    for image, made in zip(images, group, strict=True):
        assert np.array_equal(made, fill(spec, tensor, image))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", ["rgb", "bgr", "gray"])
@pytest.mark.parametrize("fit", ["stretch", "letterbox"])
@pytest.mark.parametrize("frame_wh", [(16, 12), (50, 20)])
def test_planes_hold_the_same_values(
    kind: str, channels: str, fit: str, frame_wh: tuple[int, int]
) -> None:
    """With the channels in front a tensor gets what it gets with them behind, alone or grouped."""
    mean, std = ((33.0,), (127.5,)) if channels == "gray" else ((1.0, 20.0, 127.5), (58.0,))
    spec, image = InputSpec((16, 12), channels, mean, std, fit), noise(*frame_wh)
    behind = tensor_for(spec, kind)
    depth = behind.shape[3]
    front = replace(behind, shape=(1, depth, 12, 16))
    planar = replace(spec, layout="nchw")
    wanted = fill(spec, behind, image).transpose(2, 0, 1)
    assert np.array_equal(fill(planar, front, image), wanted)
    group = np.full((2, depth, 12, 16), 77, behind.dtype)
    Preprocess(planar, front).fill_all([image, image], group)
    assert np.array_equal(group, np.stack([wanted, wanted]))


def test_crops_are_read_by_their_strides() -> None:
    """A crop gives what its copy gives."""
    spec = InputSpec((16, 12), "rgb")
    tensor, crop = tensor_for(spec, "int8"), noise(64, 64)[5:17, 7:23]
    assert not crop.flags["C_CONTIGUOUS"]
    assert np.array_equal(fill(spec, tensor, crop), fill(spec, tensor, crop.copy()))


@pytest.mark.parametrize(
    ("channels", "shape"),
    [
        ("rgb", (1, 30, 40, 1)),
        ("rgb", (1, 40, 30, 3)),
        ("rgb", (1, 30, 40)),
        ("rgb", (2, 30, 40, 3)),
        ("rgb", (1, 3, 30, 40)),
        ("gray", (1, 30, 40, 3)),
        ("gray", (1, 3, 30, 40)),
        ("gray", (30, 40)),
    ],
)
def test_a_tensor_of_another_size_is_refused(channels: str, shape: tuple[int, ...]) -> None:
    """Card and file are compared when the stage is made."""
    tensor = TensorInfo("input", shape, np.dtype("float32"))
    with pytest.raises(ModelError, match=f"says 40x30 {channels}, but the file's input is"):
        Preprocess(InputSpec((40, 30), channels), tensor)


def test_a_layout_that_the_file_does_not_have_is_refused() -> None:
    """The message names the layout that is not the usual one."""
    tensor = TensorInfo("input", (1, 30, 40, 3), np.dtype("float32"))
    with pytest.raises(ModelError, match="says 40x30 rgb NCHW, but the file's input is 1x30x40x3"):
        Preprocess(InputSpec((40, 30), "rgb", layout="nchw"), tensor)
