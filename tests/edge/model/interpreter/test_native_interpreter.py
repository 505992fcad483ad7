"""An interpreter is made only for files that take one image, and its errors are explained."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError
from edge_app.model.interpreter import native_interpreter


@pytest.mark.parametrize("shape", [[1, 28, 28, 2], [1, 28], [28], [1, 1, 28, 28, 3]])
def test_an_input_that_is_no_image_is_refused(shape: list[int]) -> None:
    """Two channels, lists and volumes are not images."""
    detail = {"dtype": np.float32, "shape": np.array(shape)}
    with pytest.raises(ModelError, match="not an image of 1 or 3 channels; convert"):
        native_interpreter._check_input(Path("a.tflite"), [detail])


@pytest.mark.parametrize("kind", [np.int64, np.float64, np.int32, np.bool_, np.complex64])
def test_an_input_of_another_type_is_refused(kind: type) -> None:
    """Only float32, uint8 and int8 hold images."""
    detail = {"dtype": kind, "shape": np.array([1, 28, 28, 1])}
    with pytest.raises(ModelError, match=r"not an image \(float32, uint8 or int8\)"):
        native_interpreter._check_input(Path("a.tflite"), [detail])


@pytest.mark.parametrize(
    ("shape", "signature", "size_wh", "expected"),
    [
        ([1, 28, 28, 1], [1, 28, 28, 1], None, None),
        ([1, 28, 28, 1], [-1, 28, 28, 1], None, None),
        ([1, 1, 1, 3], [1, -1, -1, 3], (513, 257), (1, 257, 513, 3)),
        ([1, 1, 1, 3], [-1, -1, -1, 3], (513, 257), (1, 257, 513, 3)),
        ([8, 28, 28, 1], [-1, 28, 28, 1], None, (1, 28, 28, 1)),
        ([1, 1, 28], [-1, -1, 28], (28, 30), (1, 30, 28)),
        ([8, 28, 28, 1], [8, 28, 28, 1], None, "takes batches of 8; convert it with a batch of"),
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
