"""Half-precision inference through LiteRT's CompiledModel and its CPU options.

`Interpreter` has no option for it, but `CpuOptions.xnnpack_flags` passes flags to XNNPACK.
Float weights and activations then take two bytes each and are computed in fp16, which pays on
CPUs with half-precision arithmetic (asimdhp, a Raspberry Pi 5). Elsewhere it is emulated and
slower: the street model in float32 took 19.8 instead of 11.5 ms on an x86-64 without it, with
the same classes on 99.2 % of the pixels of noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.model.interpreter.native_log import capture_native_stderr

# Source: XNNPACK delegate, xnnpack_delegate.h, TFLITE_XNNPACK_DELEGATE_FLAG_FORCE_FP16.
_FORCE_FP16 = 0x4


class Fp16Interpreter:
    """An `Interpreter` by its methods, computed by CompiledModel.

    Input and output are arrays of this object, copied to and from the runtime's buffers.
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
        """Compile the model and create its buffers."""
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.options import CpuOptions, Options

        self._details.allocate_tensors()
        source, targets = self.get_input_details()[0], self.get_output_details()
        self._input: NDArray[Any] = np.zeros(source["shape"], source["dtype"])
        self._outputs: list[NDArray[Any]] = [
            np.zeros(target["shape"], target["dtype"]) for target in targets
        ]
        self._tensors = {int(source["index"]): self._input}
        for target, values in zip(targets, self._outputs, strict=True):
            self._tensors[int(target["index"])] = values
        cpu = CpuOptions(num_threads=self._threads, xnnpack_flags=_FORCE_FP16)
        self._model = CompiledModel.from_file(self._path, options=Options(cpu_options=cpu))
        self._input_buffers = self._model.create_input_buffers(0)
        self._output_buffers = self._model.create_output_buffers(0)
        self.invoke()  # so that the messages of the first run are captured with those of loading

    def __del__(self) -> None:
        with capture_native_stderr():  # LiteRT prints a line per accelerator it destroys
            for name in ("_input_buffers", "_output_buffers", "_model"):
                self.__dict__.pop(name, None)

    def resize_tensor_input(self, *_: Any, **__: Any) -> None:
        """Raise ValueError: sizes are fixed when the model is compiled."""
        raise ValueError("half precision needs a file with a fixed input size")

    def tensor(self, index: int) -> Any:
        """Return a function that returns the input or output, as `Interpreter.tensor` does."""
        values = self._tensors[index]
        return lambda: values

    def get_tensor(self, index: int) -> NDArray[Any]:
        """Return a copy of the input or output array."""
        return self._tensors[index].copy()

    def invoke(self) -> None:
        """Run the network once."""
        self._input_buffers[0].write(self._input)
        self._model.run_by_index(0, self._input_buffers, self._output_buffers)
        for buffer, output in zip(self._output_buffers, self._outputs, strict=True):
            output[...] = np.reshape(buffer.read(output.size, output.dtype), output.shape)

    def reset_all_variables(self) -> None:
        """Raise RuntimeError: CompiledModel cannot reset variables."""
        raise RuntimeError("networks with state cannot run in half precision")
