"""Changes of a .tflite file's graph that leave its values as they are.

Files from elsewhere have parts that our converters and the delegate do not take: several outputs,
an open size, sparse weights, pixels that are cast inside, images with the channels first.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.tflite.parsed_model import (
    FLOAT32,
    model_bytes,
    operator_kind,
    parse_model,
    use_current_codes,
)

# What a transposition to the other layout does, and its opposite.
_TO_LAST, _TO_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]
# Operators that may give something else each time, or call other graphs.
_IMPURE = {"RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", "MULTINOMIAL", "VAR_HANDLE", "READ_VARIABLE"}
_IMPURE |= {"HASHTABLE", "HASHTABLE_FIND", "IF", "WHILE", "CALL", "CALL_ONCE", "CUSTOM"}


class GraphEditor:
    """The only graph of a .tflite file, to be changed.

    Raises ModelError if the file has several graphs.
    """

    def __init__(self, model: bytes) -> None:
        self._source = model
        self._model = parse_model(model)
        if len(self._model.subgraphs) != 1:
            raise ModelError(
                f"the file holds {len(self._model.subgraphs)} graphs; convert it again, with one "
                "signature"
            )
        self.graph: Any = self._model.subgraphs[0]
        self.changed = False

    def to_bytes(self) -> bytes:
        """Return the file; the bytes that were read if nothing has changed."""
        if not self.changed:
            return self._source
        self._remove_unused()
        self._model.signatureDefs = []  # they list outputs that may be gone
        return model_bytes(self._model)

    def kind(self, operator: Any) -> str:
        """Return an operator's kind, as CONV_2D."""
        return operator_kind(self._model, operator)

    def has(self, kind: str) -> bool:
        """Return whether the graph has an operator of a kind."""
        return any(self.kind(operator) == kind for operator in self.graph.operators)

    @property
    def has_sparse_weights(self) -> bool:
        """Whether an operator takes sparse weights as they are, without DENSIFY."""
        return any(
            self.graph.tensors[index].sparsity is not None
            for operator in self.graph.operators
            if self.kind(operator) != "DENSIFY"
            for index in operator.inputs
            if index >= 0
        )

    def use_current_schema(self) -> bool:
        """Write operators' kinds where they stand today; return whether any moved."""
        moved = use_current_codes(self._model)
        self.changed |= moved
        return moved

    def keep_output(self, position: int) -> None:
        """Leave one output, and what it needs."""
        if len(self.graph.outputs) > 1:
            self.graph.outputs = [self.graph.outputs[position]]
            self.changed = True

    def drop_input_cast(self) -> bool:
        """Take real pixels where whole ones are cast to real ones first; return whether it did."""
        users = self._users(int(self.graph.inputs[0]))
        if len(users) != 1 or self.kind(users[0]) != "CAST":
            return False
        made = int(users[0].outputs[0])
        if self.graph.tensors[made].type != FLOAT32:
            return False
        self._replace_input(users[0], made)
        return True

    def drop_first_transposition(self) -> bool:
        """Take images with the channels last if they are transposed to that first.

        Returns whether it did.
        """
        users = self._users(int(self.graph.inputs[0]))
        if len(users) != 1 or self._permutation(users[0]) != _TO_LAST:
            return False
        self._replace_input(users[0], int(users[0].outputs[0]))
        return True

    def drop_last_transposition(self) -> bool:
        """Give maps with the channels last if they are transposed from that at last.

        Returns whether it did.
        """
        last = [one for one in self.graph.operators if int(self.graph.outputs[0]) in one.outputs]
        if len(last) != 1 or self._permutation(last[0]) != _TO_FIRST:
            return False
        self.graph.outputs = [int(last[0].inputs[0])]
        self.changed = True
        return True

    def fold(self, shape: tuple[int, ...]) -> None:
        """Give every tensor the size that it has for an input of this shape, and compute constants.

        Sparse weights become dense ones, and sizes that were computed become constants.
        Raises ModelError if the graph does not run at that size.
        """
        native = self._run(shape)
        details = {int(one["index"]): one for one in native.get_tensor_details()}
        for index, tensor in enumerate(self.graph.tensors):
            if index in details:
                tensor.shape = [int(side) for side in details[index]["shape"]]
            tensor.shapeSignature = None
        kept = []
        for operator in self.graph.operators:
            if not self._is_constant(operator):
                kept.append(operator)
                continue
            for index in operator.outputs:
                self._set_constant(int(index), native.get_tensor(int(index)))
        self.graph.operators = kept
        self.changed = True

    def _run(self, shape: tuple[int, ...]) -> Any:
        """Return an interpreter that has run once at this size and kept all tensors."""
        from ai_edge_litert import interpreter as litert

        try:
            with capture_native_stderr(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that preserved tensors are for debugging
                native = litert.Interpreter(
                    model_content=self._source,
                    experimental_preserve_all_tensors=True,
                    experimental_op_resolver_type=(
                        litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
                    ),
                )
                [given] = native.get_input_details()
                native.resize_tensor_input(given["index"], shape)
                native.allocate_tensors()
                native.set_tensor(given["index"], np.zeros(shape, given["dtype"]))
                native.invoke()
        except (ValueError, RuntimeError) as fault:
            size = f"{shape[2]}x{shape[1]}"
            raise ModelError(
                f"the graph does not run on an input of {size}: "
                f"{' '.join(str(fault).split())[:200]}; try another --input-size"
            ) from fault
        return native

    def _users(self, index: int) -> list[Any]:
        return [operator for operator in self.graph.operators if index in operator.inputs]

    def _permutation(self, operator: Any) -> list[int] | None:
        """Return the constant permutation of a TRANSPOSE, else None."""
        if self.kind(operator) != "TRANSPOSE":
            return None
        data = self._data(int(operator.inputs[1]))
        return None if data is None else np.frombuffer(bytes(data), np.int32).tolist()

    def _data(self, index: int) -> Any:
        """Return the bytes of a constant tensor, else None."""
        data = self._model.buffers[self.graph.tensors[index].buffer].data
        return None if data is None or not len(data) else data

    def _is_constant(self, operator: Any) -> bool:
        """Return whether an operator computes the same for every image."""
        kind = self.kind(operator)
        if kind == "SHAPE":  # all shapes are fixed by now
            return True
        given = [int(index) for index in operator.inputs if index >= 0]
        if not given or kind in _IMPURE:
            return False
        return all(self._data(index) is not None for index in given)

    def _set_constant(self, index: int, values: NDArray[Any]) -> None:
        from ai_edge_litert import schema_py_generated as schema

        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        tensor = self.graph.tensors[index]
        tensor.buffer, tensor.sparsity = len(self._model.buffers), None
        tensor.shape = list(values.shape)
        self._model.buffers.append(buffer)

    def _replace_input(self, first: Any, made: int) -> None:
        """Make the output of the first operator the input of the graph."""
        self.graph.operators = [one for one in self.graph.operators if one is not first]
        self.graph.inputs = [made]
        self.changed = True

    def _remove_unused(self) -> None:
        """Remove operators, tensors and weights that no output depends on."""
        graph = self.graph
        needed = {int(index) for index in graph.outputs}
        kept = []
        for operator in reversed(graph.operators):
            if needed & {int(index) for index in operator.outputs}:
                kept.append(operator)
                needed |= {int(index) for index in operator.inputs if index >= 0}
        graph.operators = kept[::-1]
        needed |= {int(index) for index in graph.inputs}
        needed |= {int(index) for one in kept for index in one.outputs if index >= 0}
        needed |= {int(i) for one in kept for i in _or_empty(one.intermediates) if i >= 0}
        places = {index: place for place, index in enumerate(sorted(needed))}
        graph.tensors = [graph.tensors[index] for index in sorted(needed)]

        def renumber(indices: Any) -> list[int]:
            return [places[int(index)] if index >= 0 else -1 for index in _or_empty(indices)]

        graph.inputs, graph.outputs = renumber(graph.inputs), renumber(graph.outputs)
        for operator in kept:
            operator.inputs = renumber(operator.inputs)
            operator.outputs = renumber(operator.outputs)
            operator.intermediates = renumber(operator.intermediates)
        used = {tensor.buffer for tensor in graph.tensors}
        used |= {one.buffer for one in _or_empty(self._model.metadata)}
        for number, buffer in enumerate(self._model.buffers):
            if number not in used:
                buffer.data = None


def _or_empty(values: Any) -> Any:
    return [] if values is None else values
