"""One loaded network: tensor in, tensor out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.frame import Image
from edge_app.model.card import TensorInfo
from edge_app.model.image_axes import with_batch
from edge_app.model.interpreter.delegation import Delegation, read_delegation
from edge_app.model.interpreter.runtimes import Interpreter, Runtime, TensorDetail
from edge_app.model.interpreter.variant_kind import variant_kind
from edge_app.model.output_names import named_output

# Parts of the names of operators that remember from one run to the next.
_STATEFUL_OPERATORS = ("LSTM", "RNN", "SVDF", "VAR_HANDLE")


class Network:
    """One .tflite file, ready to run; belongs to one thread at a time.

    The interpreter's own memory is read and written only inside the methods below, so no view
    of it is left when they return ("at least 1 reference to internal data").

    input, outputs: the tensors as the file describes them, with a batch axis of one in front
        where a file has none; so have the arrays that are read. output: the one that is read,
        the first unless another is selected. init_ms: time to load and prepare.
    notes: what native code wrote while loading, without the delegate's usual line.
    """

    def __init__(
        self,
        native: Interpreter,
        runtime: Runtime,
        threads: int,
        init_ms: float = 0.0,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.runtime = runtime
        self.threads = threads
        self.init_ms = init_ms
        self.notes = notes
        inputs, outputs = native.get_input_details(), native.get_output_details()
        given, made = tensor_info(inputs[0]), tuple(map(tensor_info, outputs))
        self.input = replace(given, shape=with_batch(given.shape))
        self.outputs = tuple(replace(one, shape=_one_answer(one.shape)) for one in made)
        self.delegation: Delegation = read_delegation(
            native._get_ops_details(),
            [detail["index"] for detail in outputs],
        )
        view = native.tensor(int(inputs[0]["index"]))
        self._input_view = view if self.input == given else partial(_with_axis, view)
        self._native = native
        self._output_indices = [int(detail["index"]) for detail in outputs]
        self._read: Callable[[], NDArray[Any]]
        self._output_view: Callable[[], NDArray[Any]]
        self._lacks_batch = [_one_answer(one.shape) != one.shape for one in made]
        self._select(0)
        # A recurrent network would let one image influence the next. Others need no reset,
        # which costs up to 14 us, as much as a whole run of the digit network.
        names = _operator_names(native)
        stateful = any(mark in name for name in names for mark in _STATEFUL_OPERATORS)
        self._reset: Callable[[], None] | None = native.reset_all_variables if stateful else None
        self.invoke = native.invoke

    def close(self) -> None:
        """Free the interpreter and its memory; `invoke` and `write` then raise ModelError."""
        self._reset = None
        self.__dict__.pop("_native", None)
        self.invoke = self._input_view = self._output_view = self._read = _raise_closed

    def select_output(self, name: str) -> None:
        """Read another output from now on: by its name, or its position from 0 as text.

        Raises ModelError with the names of all outputs if there is none of this name.
        """
        try:
            position = named_output(self.outputs, name)
        except LookupError as fault:
            raise ModelError(f"it has {fault}") from None
        self._select(position)

    def _select(self, position: int) -> None:
        native, index = self._native, self._output_indices[position]
        self.output = self.outputs[position]
        self._read = partial(native.get_tensor, index)
        self._output_view = native.tensor(index)
        if self._lacks_batch[position]:
            self._read = partial(_with_axis, self._read)
            self._output_view = partial(_with_axis, self._output_view)

    def write(self, fill: Callable[[Image, NDArray[Any]], None], image: Image) -> None:
        """Call `fill(image, into)` to write an image into the input.

        into: the input's memory, (h, w) or (h, w, C), valid only during the call.
        """
        if self._reset is not None:
            self._reset()
        fill(image, self._input_view()[0])

    @property
    def is_recurrent(self) -> bool:
        """Whether it remembers something from one run to the next unless it is reset."""
        return self._reset is not None

    def reset(self) -> None:
        """Clear what a recurrent network remembers; raise RuntimeError if the runtime cannot."""
        if self._reset is not None:
            self._reset()

    def run_all(self, inputs: NDArray[Any], outputs: NDArray[Any]) -> list[float]:
        """Run N inputs one by one; return the N invoke times in milliseconds.

        inputs: (N, h, w) or (N, h, w, C). outputs: (N, ...), overwritten. Both in the dtypes of
            the tensors and without their batch axes.
        """
        view, invoke, clock = self._input_view, self.invoke, time.perf_counter
        reset = self._reset
        output_view = self._output_view
        durations_ms = []
        for index, values in enumerate(inputs):
            if reset is not None:
                reset()
            view()[0] = values
            started = clock()
            invoke()
            durations_ms.append((clock() - started) * 1e3)
            outputs[index] = output_view()[0]
        return durations_ms

    def variant_name(self) -> str:
        """Return which of the four variants the file is, from its weights and activations."""
        native = self._native
        inputs = [int(detail["index"]) for detail in native.get_input_details()]
        return variant_kind(native._get_ops_details(), native.get_tensor_details(), inputs)

    def read_all(self) -> tuple[NDArray[Any], ...]:
        """Return copies of all outputs, as the file describes them."""
        return tuple(map(self._native.get_tensor, self._output_indices))

    def read(self) -> NDArray[Any]:
        """Return a copy of the output, with its batch axis."""
        return self._read()


def tensor_info(detail: TensorDetail) -> TensorInfo:
    """Return a tensor's description from the runtime's detail dictionary."""
    scale, zero_point = detail["quantization"]
    shape = tuple(int(side) for side in detail["shape"])
    dtype = np.dtype(detail["dtype"])
    return TensorInfo(str(detail["name"]), shape, dtype, float(scale), int(zero_point))


def _one_answer(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return an output's shape with a batch axis; a file without one has any number in front."""
    return shape if shape and shape[0] == 1 else (1, *shape)


def _with_axis(read: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """Return an array with an axis of one in front."""
    return read()[None]


def _raise_closed() -> Any:
    raise ModelError("this network was closed; load it again")


def _operator_names(native: Interpreter) -> set[str]:
    return {str(op["op_name"]) for op in native._get_ops_details()}
