"""Run a network in half precision, through LiteRT's CompiledModel and its CPU options.

`Interpreter` has no way to ask for it; `CpuOptions.xnnpack_flags` hands XNNPACK's own flags on.
Float weights and activations then take two bytes each and are computed in fp16, which pays on
CPUs with half-precision arithmetic (asimdhp, a Raspberry Pi 5). Elsewhere it is emulated and
slower: the street model in float32 took 19.8 instead of 11.5 ms on an x86-64 without it, its
classes the same on 99.2 % of the pixels of noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.model.interpreter.native_log import capture_native_stderr

# Source: XNNPACK delegate, xnnpack_delegate.h, TFLITE_XNNPACK_DELEGATE_FLAG_FORCE_FP16.
_FORCE_FP16 = 0x4


class Fp16Interpreter:
    """Stand in for an `Interpreter`: its tensors' details, but CompiledModel's arithmetic.

    The input and output are arrays of its own, copied to and from the runtime's buffers.
    """

    def __init__(self, model_path: str, num_threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._path, self._threads = model_path, num_threads
        self._details = Interpreter(model_path=model_path, num_threads=num_threads)
        self.get_input_details = self._details.get_input_details
        self.get_output_details = self._details.get_output_details
        self.get_tensor_details = self._details.get_tensor_details
        self._get_ops_details = self._details._get_ops_details

    def allocate_tensors(self) -> None:
        """Compile the model and make its buffers."""
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.options import CpuOptions, Options

        self._details.allocate_tensors()
        given, made = self.get_input_details()[0], self.get_output_details()[0]
        self._given: NDArray[Any] = np.zeros(given["shape"], given["dtype"])
        self._made: NDArray[Any] = np.zeros(made["shape"], made["dtype"])
        self._places = {int(given["index"]): self._given, int(made["index"]): self._made}
        asked = CpuOptions(num_threads=self._threads, xnnpack_flags=_FORCE_FP16)
        self._model = CompiledModel.from_file(self._path, options=Options(cpu_options=asked))
        self._inputs = self._model.create_input_buffers(0)
        self._outputs = self._model.create_output_buffers(0)
        self.invoke()  # what the runtime says at its first run is then caught with the rest

    def __del__(self) -> None:
        with capture_native_stderr():  # it names every accelerator it lets go of
            for name in ("_inputs", "_outputs", "_model"):
                self.__dict__.pop(name, None)

    def resize_tensor_input(self, *_: Any, **__: Any) -> None:
        """Refuse: raise ValueError, since sizes are fixed when the model is compiled."""
        raise ValueError("half precision needs a file with a fixed input size")

    def tensor(self, index: int) -> Any:
        """Return a function that returns the input or the output, as Interpreter.tensor does."""
        values = self._places[index]
        return lambda: values

    def get_tensor(self, index: int) -> NDArray[Any]:
        """Return a copy of the input or the output."""
        return self._places[index].copy()

    def invoke(self) -> None:
        """Run the network once."""
        self._inputs[0].write(self._given)
        self._model.run_by_index(0, self._inputs, self._outputs)
        values = self._outputs[0].read(self._made.size, self._made.dtype)
        self._made[...] = np.reshape(values, self._made.shape)

    def reset_all_variables(self) -> None:
        """Refuse: raise RuntimeError, since CompiledModel offers no such thing."""
        raise RuntimeError("networks that keep a state cannot be run in half precision")
