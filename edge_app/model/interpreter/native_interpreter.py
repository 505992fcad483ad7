"""A runtime's interpreter for one file, and explanations of its errors."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from edge_app.errors import ModelError
from edge_app.model.interpreter.runtimes import Interpreter, Runtime, TensorDetail

_INPUT_DTYPES = tuple(np.dtype(kind) for kind in (np.float32, np.uint8, np.int8))


def create_interpreter(
    path: Path, runtime: Runtime, threads: int, size_wh: tuple[int, int] | None
) -> Interpreter:
    """Return an allocated interpreter; ModelError if the file does not load or take an image."""
    try:
        native: Interpreter = runtime.make(model_path=str(path), num_threads=threads)
        inputs = native.get_input_details()
        _check_input(path, inputs)
        if not native.get_output_details():
            raise ModelError(f"{path} has no output; get or convert it again")
        shape = _resized_shape(path, inputs[0], size_wh)
        if shape is not None:
            native.resize_tensor_input(int(inputs[0]["index"]), list(shape), strict=False)
        native.allocate_tensors()
        if any(-1 in made.get("shape_signature", ())[1:] for made in native.get_output_details()):
            native.invoke()  # the shape of an open output is known only after a run
    except (ValueError, RuntimeError, SystemError, UnicodeDecodeError) as fault:
        raise ModelError(explain_native(path, str(fault))) from fault
    return native


def _check_input(path: Path, inputs: list[TensorDetail]) -> None:
    if len(inputs) != 1:
        raise ModelError(
            f"{path} takes {len(inputs)} inputs, not one; convert a model with one image input"
        )
    detail = inputs[0]
    dtype = np.dtype(detail["dtype"])
    if dtype not in _INPUT_DTYPES:
        kind = "text" if dtype.kind in "SO" else str(dtype)
        raise ModelError(
            f"{path} takes {kind}, not an image (float32, uint8 or int8); "
            "convert a model with an image input"
        )
    shape = [int(side) for side in detail["shape"]]
    if len(shape) not in {3, 4} or (len(shape) == 4 and shape[3] not in {1, 3}):
        raise ModelError(
            f"{path} takes an input of shape {shape}, not an image of 1 or 3 channels; "
            "convert a model whose input is (1, height, width, channels)"
        )


def _resized_shape(
    path: Path, detail: TensorDetail, size_wh: tuple[int, int] | None
) -> tuple[int, ...] | None:
    """Return the shape for an input whose batch, height or width is open; None if none is."""
    shape = [int(side) for side in detail["shape"]]
    signature = [int(side) for side in detail.get("shape_signature", shape)]
    if -1 not in signature[1:3] and shape[0] == 1:
        return None
    if -1 not in signature:
        raise ModelError(f"{path} takes batches of {shape[0]}; convert it with a batch of one")
    if size_wh is None:
        if -1 in signature[1:3]:
            raise ModelError(
                f"{path} leaves its input size open; give it in a model card or with --input-size"
            )
        size_wh = (signature[2], signature[1])
    wanted = [1, size_wh[1], size_wh[0], *signature[3:]]
    if any(have not in {-1, want} for have, want in zip(signature, wanted, strict=True)):
        raise ModelError(
            f"{path} has a fixed input of {signature}, it cannot be run at {wanted}; "
            "convert it for that size"
        )
    return tuple(wanted)


# Parts of the runtimes' messages (regular expressions), and what they mean for the user.
_MEANINGS = (
    ("edgetpu-custom-op", "was compiled for the Edge TPU; use the file it was compiled from"),
    (
        "Select TensorFlow op",
        "needs TensorFlow's flex operators; convert it with built-in operators only",
    ),
    (
        "unresolved custom op",
        "needs a custom operator that no runtime here has; convert it with built-in operators only",
    ),
    (
        "schema version|not a valid Flatbuffer",
        "is damaged or not a .tflite file; get or convert it again",
    ),
    ("model identifier", "is not a .tflite file; get or convert it again"),
    ("codec can't decode", "is damaged: a name in it is no text; get or convert it again"),
    ("allocation is null|Mmap of", "is empty or cannot be read; get or convert it again"),
    ("Could not open", "cannot be opened; check the path"),
    (
        "builtin opcode",
        "uses an operator newer than this runtime; use --runtime litert or a newer runtime",
    ),
)
_OPERATOR = re.compile(r"custom op: ([\w-]+)|Node number \d+ \(([\w-]+)\)")


def explain_native(path: Path, fault: str) -> str:
    """Return a native error as `problem; fix`."""
    detail = " ".join(fault.split())
    for pattern, meaning in _MEANINGS:
        if re.search(pattern, detail):
            operator = _OPERATOR.search(detail)
            return f"{path} {meaning}" + (f" ({operator[1] or operator[2]})" if operator else "")
    return f"{path} does not load: {detail[:200]}; get or convert it again"
