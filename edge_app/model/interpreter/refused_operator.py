"""The operator that a delegate cannot prepare, found by loading ever shorter parts of the graph.

XNNPACK names it only for some reasons ("failed to delegate MAX_POOL_2D node #3"); for others it
says "failed to create XNNPACK runtime".
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.model.flatbuffer_table import DAMAGE, FlatTable, root_table
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
        graph = root_table(path.read_bytes(), b"TFL3").tables(_MODEL_SUBGRAPHS)[0]
        return _first_refused(graph, kinds, path, runtime, size_wh)
    except (OSError, *DAMAGE):
        return UNKNOWN


def _first_refused(
    graph: FlatTable,
    kinds: Sequence[str],
    path: Path,
    runtime: Runtime,
    size_wh: tuple[int, int] | None,
) -> str:
    """Return the kind of the last operator of the shortest beginning that does not load."""
    loads, fails = 0, len(kinds)  # numbers of operators
    if _does_load(_beginning(graph, fails), path, runtime, size_wh):
        return UNKNOWN  # it fails only when it is run
    while fails - loads > 1:
        middle = (loads + fails) // 2
        if _does_load(_beginning(graph, middle), path, runtime, size_wh):
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


def _beginning(graph: FlatTable, count: int) -> bytes:
    """Return the file with only so many operators, and the output of the last of them."""
    last = graph.tables(_GRAPH_OPERATORS)[count - 1]
    made = last.numbers(_OPERATOR_OUTPUTS, "i")[0]
    changed = bytearray(graph.buffer)
    # The number of a vector's items stands before them.
    struct.pack_into("<I", changed, graph.vector(_GRAPH_OPERATORS)[0] - 4, count)
    struct.pack_into("<Ii", changed, graph.vector(_GRAPH_OUTPUTS)[0] - 4, 1, made)
    return bytes(changed)
