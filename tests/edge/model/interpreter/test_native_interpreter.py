"""An interpreter is made only for files that take one image, and its errors are explained."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError
from edge_app.model.interpreter import native_interpreter


@pytest.mark.parametrize("shape", [[1, 28, 28, 17], [1, 28], [28], [1, 1, 28, 28, 3], [96, 64]])
def test_an_input_that_is_no_image_is_refused(shape: list[int]) -> None:
    """Features, lists, tables and volumes are not images."""
    detail = {"dtype": np.float32, "shape": np.array(shape)}
    with pytest.raises(ModelError, match="not an image of 1 or 3 channels; convert"):
        native_interpreter._check_input(Path("a.tflite"), [detail], [])


@pytest.mark.parametrize(
    ("shape", "channels"), [([1, 224, 224, 4], 4), ([1, 2, 28, 28], 2), ([1, 64, 64, 13], 13)]
)
def test_further_channels_are_named_with_what_comes_out(shape: list[int], channels: int) -> None:
    """One that also takes an earlier mask is not taken for one of an image alone."""
    detail = {"dtype": np.int8, "shape": np.array(shape)}
    output = {"dtype": np.int8, "shape": np.array([1, 50176])}
    given = "x".join(map(str, shape))
    with pytest.raises(ModelError) as fault:
        native_interpreter._check_input(Path("a.tflite"), [detail], [output])
    assert str(fault.value).startswith(
        f"a.tflite takes {channels} channels ({given} int8) and gives 1x50176; here it gets an "
        "image alone, of 1 or 3 channels: "
    )


@pytest.mark.parametrize(
    "shape",
    [[1, 28, 28], [1, 64, 128, 3], [1, 3, 64, 128], [64, 128, 3], [3, 64, 128], [28, 28, 1]],
)
@pytest.mark.parametrize("kind", [np.float32, np.float16, np.uint8, np.int8, np.int16, np.int32])
def test_images_are_taken_in_any_layout_and_type(shape: list[int], kind: type) -> None:
    """Channels stand in front or behind, with or without a batch axis."""
    detail = {"dtype": kind, "shape": np.array(shape)}
    native_interpreter._check_input(Path("a.tflite"), [detail], [])


@pytest.mark.parametrize("kind", [np.int64, np.float64, np.bool_, np.complex64])
def test_an_input_of_another_type_is_refused(kind: type) -> None:
    """The message names the types that hold images."""
    detail = {"dtype": kind, "shape": np.array([1, 28, 28, 1])}
    with pytest.raises(ModelError, match=r"not an image \(float32, float16, uint8, int8, int16, "):
        native_interpreter._check_input(Path("a.tflite"), [detail], [])


@pytest.mark.parametrize(
    ("shape", "signature", "size_wh", "expected"),
    [
        ([1, 28, 28, 1], [1, 28, 28, 1], None, None),
        ([1, 28, 28, 1], [-1, 28, 28, 1], None, None),
        ([1, 1, 1, 3], [1, -1, -1, 3], (513, 257), (1, 257, 513, 3)),
        ([1, 1, 1, 3], [-1, -1, -1, 3], (513, 257), (1, 257, 513, 3)),
        ([8, 28, 28, 1], [-1, 28, 28, 1], None, (1, 28, 28, 1)),
        ([1, 1, 28], [-1, -1, 28], (28, 30), (1, 30, 28)),
        ([8, 28, 28, 1], [8, 28, 28, 1], None, r"takes batches of 8 images \(8x28x28x1\), not one"),
        ([2, 3, 8, 8], [2, 3, 8, 8], None, r"takes batches of 2 images \(2x3x8x8\)"),
        ([28, 28, 1], [28, 28, 1], None, None),
        ([1, 3, 1, 1], [1, 3, -1, -1], (513, 257), (1, 3, 257, 513)),
        ([1, 3, 1, 1], [-1, 3, -1, -1], None, "leaves its input size open"),
        ([1, 3, 1, 64], [-1, 3, -1, 64], (32, 32), "has a fixed input of"),
        ([1, 1, 1, 1], [1, -1, -1, -1], (32, 32), "leaves its channels open"),
        ([1, 1, 1, 3], [1, -1, -1, 3], None, "leaves its input size open"),
        ([1, 1, 64, 3], [1, -1, 64, 3], (32, 32), "has a fixed input of"),
    ],
)
def test_open_sides_get_a_size(
    shape: list[int],
    signature: list[int],
    size_wh: tuple[int, int] | None,
    expected: tuple[int, ...] | str | None,
) -> None:
    """An open batch or size is set; a fixed one stays, and a conflict is an error."""
    detail = {"shape": np.array(shape), "shape_signature": np.array(signature)}
    if isinstance(expected, str):
        with pytest.raises(ModelError, match=expected):
            native_interpreter._resized_shape(Path("a.tflite"), detail, size_wh)
        return
    assert native_interpreter._resized_shape(Path("a.tflite"), detail, size_wh) == expected


@pytest.mark.parametrize(
    ("native", "message"),
    [
        (
            "Encountered unresolved custom op: edgetpu-custom-op.\nSee instructions: https://x",
            "was compiled for the Edge TPU; use the file it was compiled from (edgetpu-custom-op)",
        ),
        (
            "Encountered unresolved custom op: TFLite_Detection.\nSee instructions: https://x",
            "needs a custom operator that no runtime here has; convert it with built-in operators"
            " only (TFLite_Detection)",
        ),
        (
            "Select TensorFlow op(s), included in the given model, is(are) not supported by this "
            "interpreter. Node number 0 (FlexSize) failed to prepare.",
            "needs TensorFlow's flex operators; convert it with built-in operators only (FlexSize)",
        ),
        (
            "Didn't find op for builtin opcode 'CONV_2D' version '9'. Are you using an old TFLite "
            "binary with a newer model?",
            "uses an operator newer than this runtime; use --runtime litert or a newer runtime",
        ),
        (
            "/tensorflow/lite/kernels/activations.cc:470 output->params.scale == 1. / 256 was not "
            "true.Node number 2 (LOGISTIC) failed to prepare.",
            "ends an operator in steps that this runtime does not take; use --runtime litert, or "
            "convert it again (LOGISTIC)",
        ),
        (
            "quantized_dimension must be in range [0, 1). Was 3.Tensor 33 has invalid quantization "
            "parameters.quantized_dimension must be in range [0, 1). Was 3.Tensor 36 has invalid",
            "is quantized along an axis that a tensor of it does not have, which the runtimes here "
            "do not take; convert it again (Tensor 33)",
        ),
        (
            "Model provided is schema version 0 not equal to supported version 3.",
            "is damaged or not a .tflite file; get or convert it again",
        ),
        (
            "something new\nhappened",
            "does not load: something new happened; get or convert it again",
        ),
    ],
)
def test_native_errors_are_explained(native: str, message: str) -> None:
    """A native error becomes a message about what it means for the user."""
    assert native_interpreter.explain_native(Path("a.tflite"), native) == f"a.tflite {message}"
