"""Float32 .tflite files of any usual form come out in the form that the converters take."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.errors import EdgeError, ModelError, UsageError
from host_tools.models.loaded_model import LoadedModel, SourceOptions
from host_tools.models.tflite_file import load_tflite
from host_tools.tflite.flatbuffer import read_graph
from tests.support.tflite_files import TfliteFile

KERNEL = np.random.default_rng(0).normal(0, 1, (4, 1, 1, 3)).astype(np.float32)
LAST, FIRST = (1, 8, 16, 3), (1, 3, 8, 16)


def _run(model: bytes, image: NDArray[Any]) -> list[NDArray[Any]]:
    from ai_edge_litert import interpreter as litert

    native = litert.Interpreter(model_content=model)
    given = native.get_input_details()[0]
    native.resize_tensor_input(given["index"], image.shape)
    native.allocate_tensors()
    native.set_tensor(given["index"], image.astype(given["dtype"]))
    native.invoke()
    return [native.get_tensor(made["index"]) for made in native.get_output_details()]


def _image(shape: tuple[int, ...] = LAST) -> NDArray[np.float32]:
    return np.random.default_rng(1).integers(0, 256, shape).astype(np.float32)


def _load(path: Path, **options: Any) -> LoadedModel:
    return load_tflite(path, SourceOptions(**options))


def test_a_file_of_the_usual_form_keeps_its_bytes(tmp_path: Path) -> None:
    """Also one that ends with class ids."""
    file = TfliteFile()
    given = file.tensor(LAST)
    scores = file.conv(given, KERNEL, (1, 8, 16, 4))
    path = file.write(tmp_path / "ids.tflite", [given], [file.argmax(scores)])
    loaded = _load(path)
    assert (loaded.float32, loaded.shape, loaded.notes) == (path.read_bytes(), LAST, {})


def _two_heads(folder: Path) -> Path:
    file = TfliteFile()
    given = file.tensor(LAST)
    aux = file.operator("RELU", [file.conv(given, KERNEL, (1, 8, 16, 4))],
                        file.tensor((1, 8, 16, 4), name="aux"))  # fmt: skip
    main = file.operator("RELU6", [file.conv(given, -KERNEL, (1, 8, 16, 4))],
                         file.tensor((1, 8, 16, 4), name="main"))  # fmt: skip
    return file.write(folder / "heads.tflite", [given], [aux, main])


@pytest.mark.parametrize(("named", "position"), [(None, 1), ("aux", 0), ("1", 1), ("main", 1)])
def test_one_of_several_outputs_is_left(tmp_path: Path, named: str | None, position: int) -> None:
    """It gives the same values, and what only the other needed is gone."""
    path = _two_heads(tmp_path)
    loaded = _load(path, output_tensor=named)
    assert loaded.float32
    [left] = _run(loaded.float32, _image())
    assert np.array_equal(left, _run(path.read_bytes(), _image())[position])
    assert len(read_graph(loaded.float32).operators) == 2
    assert "0 aux (1x8x16x4), 1 main (1x8x16x4)" in loaded.notes["output"]


def test_an_unknown_output_lists_all(tmp_path: Path) -> None:
    """With numbers that can be given."""
    with pytest.raises(UsageError, match=r"no output 'x'; it has: 0 aux .*--output"):
        _load(_two_heads(tmp_path), output_tensor="x")


def test_images_with_the_channels_first_are_turned(tmp_path: Path) -> None:
    """Where the file turns them itself, both transpositions are left out."""
    file = TfliteFile()
    given = file.tensor(FIRST)
    x = file.conv(file.transpose(given, (0, 2, 3, 1), LAST), KERNEL, (1, 8, 16, 4))
    made = file.transpose(x, (0, 3, 1, 2), (1, 4, 8, 16))
    path = file.write(tmp_path / "first.tflite", [given], [made])
    loaded = _load(path)
    assert (loaded.shape, loaded.layout, loaded.notes["source_layout"]) == (LAST, "nhwc", "nchw")
    assert loaded.float32
    [after] = _run(loaded.float32, _image())
    [before] = _run(path.read_bytes(), _image().transpose(0, 3, 1, 2))
    assert np.array_equal(after, before.transpose(0, 2, 3, 1))
    assert [one.kind for one in read_graph(loaded.float32).operators] == ["CONV_2D"]


def test_a_file_that_computes_with_the_channels_first_keeps_that(tmp_path: Path) -> None:
    """The layout goes into the card, and calibration prepares images in it."""
    file = TfliteFile()
    given = file.tensor(FIRST)
    made = file.operator("RELU", [given], file.tensor(FIRST))
    loaded = _load(file.write(tmp_path / "first.tflite", [given], [made]))
    assert (loaded.shape, loaded.layout, loaded.tensor_shape) == (LAST, "nchw", FIRST)


def test_only_the_output_may_have_the_channels_first(tmp_path: Path) -> None:
    """A map twice as wide as high, as the image, shows which axis is which."""
    file = TfliteFile()
    given = file.tensor(LAST)
    x = file.conv(given, np.repeat(KERNEL, 3, axis=0), (1, 8, 16, 12))
    made = file.transpose(x, (0, 3, 1, 2), (1, 12, 8, 16))
    loaded = _load(file.write(tmp_path / "out.tflite", [given], [made]))
    assert loaded.float32
    assert _run(loaded.float32, _image())[0].shape == (1, 8, 16, 12)
    assert loaded.notes == {"source_output_layout": "nchw"}


def test_an_open_size_is_baked(tmp_path: Path) -> None:
    """Sizes that the file computes become constants, and the delegate takes the whole graph."""
    file = TfliteFile()
    given = file.tensor((1, 1, 1, 3), signature=(1, -1, -1, 3))
    x = file.conv(given, KERNEL, (1, 1, 1, 4))
    shape = file.operator("SHAPE", [x], file.tensor((4,), "int32"), "ShapeOptions", outType=2)
    one = file.constant(np.array([1], np.int32))
    two = file.constant(np.array([2], np.int32))
    sides = file.operator("SLICE", [shape, one, two], file.tensor((2,), "int32"), "SliceOptions")
    larger = file.operator("MUL", [sides, two], file.tensor((2,), "int32"), "MulOptions")
    made = file.operator(
        "RESIZE_BILINEAR", [x, larger], file.tensor((1, 1, 1, 4)), "ResizeBilinearOptions"
    )
    path = file.write(tmp_path / "open.tflite", [given], [made])
    loaded = _load(path, size_wh=(16, 8))
    assert loaded.float32
    assert loaded.shape == LAST
    [after], [before] = _run(loaded.float32, _image()), _run(path.read_bytes(), _image())
    assert after.shape == (1, 16, 32, 4)
    assert np.allclose(after, before, atol=1e-3)
    kinds = [one.kind for one in read_graph(loaded.float32).operators]
    assert kinds == ["CONV_2D", "RESIZE_BILINEAR"]


def test_whole_pixels_are_cast_outside(tmp_path: Path) -> None:
    """The network takes real ones, from 0 to 255."""
    file = TfliteFile()
    given = file.tensor(LAST, "uint8")
    real = file.operator("CAST", [given], file.tensor(LAST), "CastOptions", inDataType=3,
                         outDataType=0)  # fmt: skip
    path = file.write(tmp_path / "u8.tflite", [given], [file.conv(real, KERNEL, (1, 8, 16, 4))])
    loaded = _load(path)
    assert (loaded.mean, loaded.std) == ((0.0,), (1.0,))
    assert loaded.float32
    [after], [before] = _run(loaded.float32, _image()), _run(path.read_bytes(), _image())
    assert np.array_equal(after, before)


def test_operator_codes_of_old_files_are_moved(tmp_path: Path) -> None:
    """Before TensorFlow 2.4 they stood in another field, and a convolution was an addition here."""
    from ai_edge_litert.tools import flatbuffer_utils

    file = TfliteFile()
    given = file.tensor(LAST)
    path = file.write(tmp_path / "old.tflite", [given], [file.conv(given, KERNEL, (1, 8, 16, 4))])
    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(path.read_bytes()))
    for code in parsed.operatorCodes:
        code.builtinCode = 0
    path.write_bytes(flatbuffer_utils.convert_object_to_bytearray(parsed))
    loaded = _load(path)
    assert loaded.float32
    assert [one.kind for one in read_graph(loaded.float32).operators] == ["CONV_2D"]
    assert "operator_codes" in loaded.notes


def test_several_inputs_are_named(tmp_path: Path) -> None:
    """A graph of two images cannot be fed here."""
    file = TfliteFile()
    inputs = [file.tensor(LAST, name=name) for name in ("left", "right")]
    made = file.operator("ADD", inputs, file.tensor(LAST), "AddOptions")
    path = file.write(tmp_path / "two.tflite", inputs, [made])
    with pytest.raises(ModelError, match=r"2 inputs"):
        _load(path)


@pytest.mark.parametrize(
    ("name", "options", "shape", "kinds"),
    [
        ("open_size", {"size_wh": (512, 256)}, (1, 256, 512, 3), 5),
        ("sparse_weights", {}, (1, 64, 64, 3), 3),
        ("nchw", {}, (1, 64, 128, 3), 1),
        ("two_heads", {}, (1, 128, 256, 3), 4),
        ("float32_argmax", {}, (1, 64, 128, 3), 2),
    ],
)
def test_files_from_elsewhere_are_read(
    shared: Path, name: str, options: dict[str, Any], shape: tuple[int, ...], kinds: int
) -> None:
    """Each with the operators that compute something, and the values that it had."""
    path = shared.parent / "cases" / f"{name}.tflite"
    loaded = _load(path, **options)
    assert loaded.float32
    graph = read_graph(loaded.float32)
    assert (loaded.shape, loaded.layout, len(graph.operators)) == (shape, "nhwc", kinds)
    assert not {"DENSIFY", "TRANSPOSE", "SHAPE"} & {one.kind for one in graph.operators}
    image = _image(shape) / 255
    [after] = _run(loaded.float32, image)
    before = _run(path.read_bytes(), image.transpose(0, 3, 1, 2) if name == "nchw" else image)[0]
    before = before.transpose(0, 2, 3, 1) if name == "nchw" else before
    assert np.allclose(after, before, atol=1e-3)


def test_a_leftover_of_the_format_is_one_line(tmp_path: Path) -> None:
    """Bytes that are no graph are refused with the file's name."""
    path = tmp_path / "bad.tflite"
    path.write_bytes(b"\x1c\x00\x00\x00TFL3" + bytes(60))
    with pytest.raises(EdgeError, match=r"bad\.tflite") as fault:
        _load(path)
    assert "\n" not in str(fault.value)
