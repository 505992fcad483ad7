"""Runs of a .tflite graph that keep every inner tensor, for calibration and diagnosis."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.model.interpreter.loading import physical_cores
from edge_app.model.interpreter.native_log import capture_native_stderr
from edge_app.model.interpreter.network import tensor_info
from host_tools.tflite.flatbuffer import with_all_outputs


class GraphRunner:
    """Interpreter of a graph whose inner tensors can be read.

    By default the runtime's own kernels run: a delegate does not give out its inner tensors. The
    values are the same, only slower. With `inner` false the delegate runs, and only the output can
    be read. With `delegated` every tensor of a float32 graph becomes an output, so that the
    delegate runs and returns it: DeepLab at 1025x2049 takes 0.8 s an image instead of 5.3 s, and
    no range differs by 0.0001.

    input, output: the tensors in the file. tensors: every tensor that operators write, by name,
    in the order of writing. Raises ModelError if the graph does not load.
    """

    def __init__(self, model: bytes, *, inner: bool = True, delegated: bool = False) -> None:
        from ai_edge_litert import interpreter as litert

        kept = inner and not delegated
        kinds = litert.OpResolverType
        try:
            with capture_native_stderr(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that preserved tensors are for debugging
                native = litert.Interpreter(
                    model_content=with_all_outputs(model) if delegated else model,
                    experimental_preserve_all_tensors=kept,
                    experimental_op_resolver_type=(
                        kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES if kept else kinds.AUTO
                    ),
                    num_threads=physical_cores(),
                )
                native.allocate_tensors()
        except (ValueError, RuntimeError) as fault:
            raise ModelError(
                f"the graph does not load: {' '.join(str(fault).split())[:200]}; "
                "convert it again with built-in operators"
            ) from fault
        given, made = native.get_input_details(), native.get_output_details()
        if len(given) != 1:
            raise ModelError(f"the graph has {len(given)} inputs; convert one with a single input")
        self.input, self.output = tensor_info(given[0]), tensor_info(made[0])
        if not delegated:
            details = {detail["index"]: detail for detail in native.get_tensor_details()}
            # There is no public way to get the order.
            made = [details[index] for op in native._get_ops_details() for index in op["outputs"]]
        self.tensors = {str(detail["name"]): tensor_info(detail) for detail in made}
        self._indices = {str(detail["name"]): int(detail["index"]) for detail in made}
        self._input_index = int(given[0]["index"])
        self._output_index = int(native.get_output_details()[0]["index"])
        self._native = native

    def run(self, values: NDArray[Any]) -> None:
        """Run the graph once.

        values: float32 of the input's shape; they are quantized with the file's scale.
        Raises ModelError for another shape.
        """
        if values.shape != self.input.shape:
            raise ModelError(
                f"a sample is {values.shape}, the input is {self.input.shape}; "
                "prepare the samples for this graph's input size"
            )
        self._native.set_tensor(self._input_index, self.input.quantize(values))
        self._native.invoke()

    def output_values(self) -> NDArray[np.float32]:
        """Return a copy of the output after `run`, dequantized, in the output's shape."""
        return self.output.dequantize(self._native.get_tensor(self._output_index))

    def real(self, name: str) -> NDArray[np.float32]:
        """Return a copy of a tensor after `run`, dequantized."""
        return self.tensors[name].dequantize(self.raw(name))

    def raw(self, name: str) -> NDArray[Any]:
        """Return a copy of a tensor after `run`, in its own type."""
        return np.asarray(self._native.get_tensor(self._indices[name]))

    def ranges(self) -> Iterator[tuple[str, float, float]]:
        """Yield name, minimum and maximum of every float32 tensor after `run`."""
        for name, info in self.tensors.items():
            if info.dtype == np.float32:
                values = self._native.tensor(self._indices[name])()
                if values.size:
                    yield name, float(values.min()), float(values.max())
