"""A runtime's interpreter for one file, and explanations of its errors."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from edge_app.errors import ModelError
from edge_app.model.image_axes import ImageAxes, image_axes, with_batch
from edge_app.model.interpreter.runtimes import Interpreter, Runtime, TensorDetail

_INPUT_DTYPES = tuple(
    np.dtype(kind) for kind in (np.float32, np.float16, np.uint8, np.int8, np.int16, np.int32)
)
_MOST_CHANNELS = 16  # of an image with further channels, as satellites take; above it is no image


def create_interpreter(
    path: Path, runtime: Runtime, threads: int, size_wh: tuple[int, int] | None
) -> Interpreter:
    """Return an allocated interpreter; ModelError if the file does not load or take an image."""
    try:
        native: Interpreter = runtime.make(model_path=str(path), num_threads=threads)
        inputs = native.get_input_details()
        outputs = native.get_output_details()
        _check_input(path, inputs, outputs)
        if not outputs:
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


def _check_input(path: Path, inputs: list[TensorDetail], outputs: list[TensorDetail]) -> None:
    if len(inputs) != 1:
        raise ModelError(
            f"{path} takes {len(inputs)} inputs, not one; convert a model with one image input"
        )
    dtype = np.dtype(inputs[0]["dtype"])
    if dtype not in _INPUT_DTYPES:
        kind = "text" if dtype.kind in "SO" else str(dtype)
        known = ", ".join(map(str, _INPUT_DTYPES))
        raise ModelError(
            f"{path} takes {kind}, not an image ({known}); convert a model with an image input"
        )
    shape = [int(side) for side in inputs[0]["shape"]]
    if image_axes(with_batch(shape)):
        return
    if len(shape) == 4 and (depth := min(shape[1], shape[3])) <= _MOST_CHANNELS:
        makes = " and ".join("x".join(map(str, output["shape"])) for output in outputs)
        raise ModelError(
            f"{path} takes {depth} channels ({'x'.join(map(str, shape))} {dtype}) and gives "
            f"{makes}; here it gets an image alone, of 1 or 3 channels: get or convert it without "
            "the other channels, which may be an earlier mask, depth or infrared"
        )
    raise ModelError(
        f"{path} takes an input of shape {shape}, not an image of 1 or 3 channels; "
        "convert a model whose input is (1, height, width, channels)"
    )


def _resized_shape(
    path: Path, detail: TensorDetail, size_wh: tuple[int, int] | None
) -> tuple[int, ...] | None:
    """Return the shape for an input whose batch, height or width is open; None if none is."""
    shape = with_batch(detail["shape"])
    signature = with_batch(detail.get("shape_signature", shape))
    if shape[0] == 1 and -1 not in signature[1:]:
        return None
    if -1 not in signature:
        raise ModelError(
            f"{path} takes batches of {shape[0]} images ({'x'.join(map(str, shape))}), not one; "
            "export it again with a batch of one (Keras: batch_size=1, PyTorch: an example input "
            "of one image)"
        )
    readings = image_axes(signature)
    if not readings:
        raise ModelError(f"{path} leaves its channels open; export it with 1 or 3 channels")
    axes = next((one for one in readings if size_wh and _fits(size_wh, one)), readings[0])
    if size_wh is None:
        if -1 in axes.size_wh:
            raise ModelError(
                f"{path} leaves its input size open; give it in a model card or with --input-size"
            )
        size_wh = axes.size_wh
    wanted = axes.shape(size_wh)[: len(signature)]
    if not _fits(size_wh, axes):
        raise ModelError(
            f"{path} has a fixed input of {list(signature)}, it cannot be run at {list(wanted)}; "
            "convert it for that size"
        )
    return wanted


def _fits(size_wh: tuple[int, int], axes: ImageAxes) -> bool:
    """Return whether the sides that a file does not leave open are those of a size."""
    return all(have in {-1, want} for have, want in zip(axes.size_wh, size_wh, strict=True))


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
    (
        r"output->params\.(scale|zero_point)",
        "ends an operator in steps that this runtime does not take; use --runtime litert, or "
        "convert it again",
    ),
    (
        "quantized_dimension must be",
        "is quantized along an axis that a tensor of it does not have, which the runtimes here do "
        "not take; convert it again",
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
_PART = re.compile(
    r"custom op: ([\w-]+)|Node number \d+ \(([\w-]+)\)|(?<=\.)(Tensor \d+) has invalid quant"
)


def explain_native(path: Path, fault: str) -> str:
    """Return a native error as `problem; fix`."""
    detail = " ".join(fault.split())
    for pattern, meaning in _MEANINGS:
        if re.search(pattern, detail):
            part = _PART.search(detail)
            named = [name for name in part.groups() if name] if part else []
            return f"{path} {meaning}" + "".join(f" ({name})" for name in named)
    return f"{path} does not load: {detail[:200]}; get or convert it again"
