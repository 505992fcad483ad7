"""The operator that a delegate cannot prepare, found by loading ever shorter parts of the graph.

XNNPACK names it only for some reasons ("failed to delegate MAX_POOL_2D node #3"); for others it
says "failed to create XNNPACK runtime".
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_interpreter import create_interpreter
from edge_app.model.interpreter.native_log import capture_native_stderr
from edge_app.model.interpreter.runtimes import Interpreter, Runtime

_BLAME = re.compile(r"elegate|XNNPACK")
_NAMED = re.compile(r"failed to delegate (\w+) node")
UNKNOWN = "an operator"
# Fields of the tables in a .tflite file. Source: TensorFlow's lite/schema/schema.fbs.
_MODEL_SUBGRAPHS, _GRAPH_OUTPUTS, _GRAPH_OPERATORS, _OPERATOR_OUTPUTS = 2, 2, 3, 2


def is_delegate_fault(text: str) -> bool:
    """Return whether a native error is the delegate's and not the file's."""
    return _BLAME.search(text) is not None


def refused_operator(
    path: Path,
    runtime: Runtime,
    plain: Interpreter,
    size_wh: tuple[int, int] | None,
    fault: str,
) -> str:
    """Return the kind of the operator that the delegate cannot prepare, or UNKNOWN.

    plain: the whole file without a delegate. fault: the native error with it.
    """
    if named := _NAMED.search(fault):
        return named[1]
    kinds = [str(op["op_name"]) for op in plain._get_ops_details()]
    try:
        return _first_refused(_GraphBytes.read(path), kinds, path, runtime, size_wh)
    except (struct.error, IndexError, OSError):
        return UNKNOWN


def _first_refused(
    graph: _GraphBytes,
    kinds: Sequence[str],
    path: Path,
    runtime: Runtime,
    size_wh: tuple[int, int] | None,
) -> str:
    """Return the kind of the last operator of the shortest beginning that does not load."""
    loads, fails = 0, len(kinds)  # numbers of operators
    if _does_load(graph.beginning(fails), path, runtime, size_wh):
        return UNKNOWN  # it fails only when it is run
    while fails - loads > 1:
        middle = (loads + fails) // 2
        if _does_load(graph.beginning(middle), path, runtime, size_wh):
            loads = middle
        else:
            fails = middle
    return kinds[fails - 1]


def _does_load(
    content: bytes, path: Path, runtime: Runtime, size_wh: tuple[int, int] | None
) -> bool:
    def from_bytes(num_threads: int, **_: object) -> Interpreter:
        native: Interpreter = runtime.make(model_content=content, num_threads=num_threads)
        return native

    try:
        with capture_native_stderr():
            create_interpreter(path, Runtime(runtime.name, runtime.version, from_bytes), 1, size_wh)
    except ModelError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _GraphBytes:
    """A .tflite file and where in it the lists of its first graph begin.

    operators, outputs: positions of the vectors, each a count of four bytes before its elements.
    """

    content: bytes
    operators: int
    outputs: int

    @classmethod
    def read(cls, path: Path) -> _GraphBytes:
        """Find the lists; raise struct.error or IndexError if the file has none."""
        content = path.read_bytes()
        root = _u32(content, 0)
        graphs = _vector(content, root, _MODEL_SUBGRAPHS)
        first = graphs + 4 + _u32(content, graphs + 4)
        return cls(
            content,
            _vector(content, first, _GRAPH_OPERATORS),
            _vector(content, first, _GRAPH_OUTPUTS),
        )

    def beginning(self, count: int) -> bytes:
        """Return the file with only so many operators, and the output of the last of them."""
        last = self.operators + 4 * count
        operator = last + _u32(self.content, last)
        made = _u32(self.content, _vector(self.content, operator, _OPERATOR_OUTPUTS) + 4)
        changed = bytearray(self.content)
        struct.pack_into("<I", changed, self.operators, count)
        struct.pack_into("<II", changed, self.outputs, 1, made)
        return bytes(changed)


def _u32(content: bytes, position: int) -> int:
    return int(struct.unpack_from("<I", content, position)[0])


def _vector(content: bytes, table: int, field: int) -> int:
    """Return the position of a table's vector; raise IndexError if it has none."""
    fields = table - struct.unpack_from("<i", content, table)[0]
    size = struct.unpack_from("<H", content, fields)[0]
    place = 4 + 2 * field
    offset = struct.unpack_from("<H", content, fields + place)[0] if place < size else 0
    if not offset:
        raise IndexError(field)
    return int(table + offset + _u32(content, table + offset))
