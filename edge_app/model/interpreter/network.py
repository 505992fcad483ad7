"""Hold one loaded network: tensor in, tensor out."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.frame import Image
from edge_app.model.card import TensorInfo
from edge_app.model.interpreter.delegation import Delegation, read_delegation
from edge_app.model.interpreter.native_log import capture_native_stderr
from edge_app.model.interpreter.runtimes import Runtime, load_runtime
from edge_app.model.interpreter.sandbox import ensure_loadable

_INPUT_TYPES = (np.float32, np.uint8, np.int8)


class Network:
    """Run one .tflite file; belongs to the one thread that uses it.

    The interpreter's own memory is written and read only inside the methods below, so no view
    of it is ever left over ("at least 1 reference to internal data").

    input, output: the tensors as the file states them. init_ms: time to load and prepare.
    notes: what native code said while loading, other than the delegate's greeting.
    """

    def __init__(
        self, native: Any, runtime: Runtime, threads: int, init_ms: float, notes: tuple[str, ...]
    ) -> None:
        self.runtime = runtime
        self.threads = threads
        self.init_ms = init_ms
        self.notes = notes
        given, made = native.get_input_details(), native.get_output_details()
        self.input = tensor_info(given[0])
        self.output = tensor_info(made[0])
        self.delegation: Delegation = read_delegation(
            native._get_ops_details(),  # no public way says what was delegated
            [detail["index"] for detail in made],
        )
        self._output_index = int(made[0]["index"])
        self._input_view: Callable[[], NDArray[Any]] = native.tensor(int(given[0]["index"]))
        self._native = native
        # Recurrent networks would judge a picture by the ones before it. Others need not pay
        # for that: it costs up to 14 us, as much as a digit's whole network.
        self._forget: Callable[[], None] | None = (
            native.reset_all_variables if _keeps_state(native) else None
        )
        self.invoke: Callable[[], None] = native.invoke

    def close(self) -> None:
        """Let go of the interpreter and its memory; nothing can be run any more. Safe twice."""
        self._native = self._forget = None
        self.invoke = self._input_view = _closed

    def write(self, fill: Callable[[Image, NDArray[Any]], None], image: Image) -> None:
        """Let `fill` write a picture into the input, (h, w[, C]) without the batch axis."""
        if self._forget is not None:
            self._forget()
        fill(image, self._input_view()[0])

    def run_all(self, inputs: NDArray[Any], outputs: NDArray[Any]) -> list[float]:
        """Run several inputs one by one; return how long each bare invoke took, in ms.

        inputs, outputs: the tensors' values with one more axis in front, without batch axes.
        """
        view, invoke, clock = self._input_view, self.invoke, time.perf_counter
        forget = self._forget
        made = self._native.tensor(self._output_index)
        durations = []
        for place, values in enumerate(inputs):
            if forget is not None:
                forget()
            view()[0] = values
            started = clock()
            invoke()
            durations.append((clock() - started) * 1e3)
            outputs[place] = made()[0]
        return durations

    def kind(self) -> str:
        """Tell which of the four variants the file looks like, from its tensors' types."""
        types = {np.dtype(detail["dtype"]) for detail in self._native.get_tensor_details()}
        if self.input.dtype != np.float32 or self.output.dtype.kind in "iu":
            return "int8"
        if np.dtype(np.float16) in types:
            return "float16"
        if np.dtype(np.int8) in types:
            # Only a graph that quantizes its activations turns its float input to integers.
            ops = {op["op_name"] for op in self._native._get_ops_details()}
            return "int8" if "QUANTIZE" in ops else "dynamic_range"
        return "float32"

    def read(self) -> NDArray[Any]:
        """Return a copy of the output, with its batch axis."""
        values: NDArray[Any] = self._native.get_tensor(self._output_index)
        return values


def _closed() -> Any:
    raise ModelError("this network was closed; load it again")


def load_network(
    path: Path,
    *,
    runtime: str = "auto",
    threads: int | None = None,
    size_wh: tuple[int, int] | None = None,
) -> Network:
    """Load a .tflite file and prepare it to run.

    threads: the number of cores unless given. size_wh: for files whose input size is open.
    Raises ModelError saying what is wrong with the file or runtime. A file that is new to
    this machine is first tried in a child process, since native loaders crash on some.
    """
    chosen = load_runtime(runtime)
    count = threads or physical_cores()
    ensure_loadable(path, chosen, size_wh)
    started = time.perf_counter()
    with capture_native_stderr() as lines:
        native = prepare(path, chosen, count, size_wh)
    init_ms = (time.perf_counter() - started) * 1e3
    notes = tuple(line for line in lines if "Created TensorFlow Lite XNNPACK delegate" not in line)
    return Network(native, chosen, count, init_ms, notes)


def prepare(path: Path, runtime: Runtime, threads: int, size_wh: tuple[int, int] | None) -> Any:
    """Make a runtime's interpreter ready to invoke; raise ModelError in words otherwise."""
    try:
        native = runtime.make(model_path=str(path), num_threads=threads)
        given = native.get_input_details()
        _check_input(path, given)
        shape = _open_shape(path, given[0], size_wh)
        if shape is not None:
            native.resize_tensor_input(int(given[0]["index"]), list(shape), strict=False)
        native.allocate_tensors()
        if any(-1 in made.get("shape_signature", ())[1:] for made in native.get_output_details()):
            native.invoke()  # only a run tells the shape of an open output
    except (ValueError, RuntimeError, SystemError, UnicodeDecodeError) as fault:
        raise ModelError(_in_words(path, str(fault))) from fault
    return native


def physical_cores() -> int:
    """Count the cores this process may use, hyper-threads once (Linux; else logical ones)."""
    usable = (
        os.sched_getaffinity(0)
        if hasattr(os, "sched_getaffinity")
        else set(range(os.cpu_count() or 1))
    )
    cores = set()
    for cpu in usable:
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            cores.add(siblings.read_text("ascii").strip())
        except OSError:
            cores.add(str(cpu))
    return max(1, len(cores))


_STATEFUL = ("LSTM", "RNN", "SVDF", "VAR_HANDLE")


def _keeps_state(native: Any) -> bool:
    """Tell whether a graph has operators that remember from one run to the next."""
    names = {str(op["op_name"]) for op in native._get_ops_details()}
    return any(mark in name for name in names for mark in _STATEFUL)


def tensor_info(detail: Any) -> TensorInfo:
    """Describe a tensor by the runtime's own detail of it."""
    scale, zero_point = detail["quantization"]
    return TensorInfo(
        name=str(detail["name"]),
        shape=tuple(int(side) for side in detail["shape"]),
        dtype=np.dtype(detail["dtype"]),
        scale=float(scale),
        zero_point=int(zero_point),
    )


def _check_input(path: Path, given: Any) -> None:
    if len(given) != 1:
        raise ModelError(
            f"{path} takes {len(given)} inputs, a picture model takes one; "
            "convert a model with one image input"
        )
    detail = given[0]
    if np.dtype(detail["dtype"]) not in [np.dtype(kind) for kind in _INPUT_TYPES]:
        kind = "text" if np.dtype(detail["dtype"]).kind in "SO" else str(np.dtype(detail["dtype"]))
        raise ModelError(
            f"{path} takes {kind}, not a picture (float32, uint8 or int8); "
            "convert a model with an image input"
        )
    shape = [int(side) for side in detail["shape"]]
    if len(shape) not in {3, 4} or (len(shape) == 4 and shape[3] not in {1, 3}):
        raise ModelError(
            f"{path} takes an input of shape {shape}, not a picture of 1 or 3 channels; "
            "convert a model whose input is (1, height, width, channels)"
        )


def _open_shape(path: Path, detail: Any, size_wh: tuple[int, int] | None) -> tuple[int, ...] | None:
    """Return the shape to give an input whose batch or spatial sides are open, else None."""
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


# What the runtimes say, and what it means for the person who named the file.
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
    ("schema version", "is damaged or not a .tflite file; get or convert it again"),
    ("not a valid Flatbuffer", "is damaged or not a .tflite file; get or convert it again"),
    ("model identifier", "is not a .tflite file; get or convert it again"),
    ("codec can't decode", "is not a .tflite file; get or convert it again"),
    ("allocation is null", "is empty or cannot be read; get or convert it again"),
    ("Could not open", "cannot be opened; check the path"),
    ("Mmap of", "is empty or cannot be read; get or convert it again"),
    (
        "builtin opcode",
        "uses an operator newer than this runtime; use --runtime litert or a newer runtime",
    ),
)


_CULPRIT = re.compile(r"custom op: ([\w-]+)|Node number \d+ \(([\w-]+)\)")


def _in_words(path: Path, fault: str) -> str:
    detail = " ".join(fault.split())
    for sign, meaning in _MEANINGS:
        if sign in detail:
            culprit = _CULPRIT.search(detail)
            return f"{path} {meaning}" + (f" ({culprit[1] or culprit[2]})" if culprit else "")
    return f"{path} does not load: {detail[:200]}; get or convert it again"
