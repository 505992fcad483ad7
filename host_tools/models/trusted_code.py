"""Operators of TensorFlow graphs that reach files or Python, and whose graphs are programs.

Loading a SavedModel runs its initialisers, and checking a frozen graph runs the graph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Any

from edge_app.errors import ModelError
from host_tools.framework import load_tensorflow
from host_tools.models.saved_graphs import read_saved_graphs

# Source: TensorFlow's SECURITY.md ("models are programs") and the registered operators.
_REACHING = re.compile(
    r"(Eager)?PyFunc(Stateless)?|(Read|Write|WholeFile|Move|Copy|Delete)File.*|WholeFileReader.*"
    r"|MatchingFiles.*|Save|SaveSlices|SaveV2|MergeV2Checkpoints|Restore|RestoreSlice|RestoreV2"
    r"|.*(SaveDataset|ToTFRecord|TFRecord|TextLine|FixedLength|LMDB|Csv|CSV|Sql|Snapshot|Load"
    r"|Generator|DataService).*|.*Summary(Writer|File|Db).*|Write.*Summary|DebugI.*|DistributedSave"
    r"|.*Rpc.*|InitializeTableFromTextFile.*|.*Reader(V2)?|PrintV2|Print"
)
# Of every SavedModel's own saver, which is not run here.
_SAVER = {"SaveV2", "RestoreV2", "MergeV2Checkpoints"}
_SAVER_FUNCTION = re.compile(r"__inference__traced_(save|restore)_\d+")
_SAVER_SCOPE = "save/"
_TRUST = "if you trust its author, add --trust-code"


def check_saved_model(path: Path) -> None:
    """Raise ModelError for a SavedModel whose graph reaches files or Python; load nothing."""
    load_tensorflow()
    try:
        found = read_saved_graphs(path)
    except Exception:  # noqa: BLE001 - protobuf's own; loading it then says what is wrong
        return
    operators: set[str] = set()
    for graph in found.meta_graphs:
        saver = graph.saver_def
        own = {name.partition(":")[0] for name in (saver.save_tensor_name, saver.restore_op_name)}
        operators |= set(_reaching(graph.graph_def, own))
    _refuse(path, operators)


def check_graph(path: Path, definition: Any, *, way_on: str = _TRUST) -> None:
    """Raise ModelError for a frozen graph that reaches files or Python.

    way_on: ends the error, for commands without --trust-code.
    """
    _refuse(path, _reaching(definition), way_on)


def _refuse(path: Path, operators: Iterable[str], way_on: str = _TRUST) -> None:
    names = ", ".join(sorted(set(operators)))
    if names:
        raise ModelError(
            f"{path} is a program that may read or write files or run Python ({names}); {way_on}"
        )


def _reaching(definition: Any, saver_nodes: Set[str] = frozenset()) -> Iterator[str]:
    """Yield the kinds of operators of a graph and its functions that reach out of it.

    saver_nodes: names of those that only saving and restoring run.
    """
    for node in definition.node:
        in_scope = node.op in _SAVER and node.name.startswith(_SAVER_SCOPE)
        if not in_scope and node.name not in saver_nodes:
            yield from _of_node(node)
    for function in definition.library.function:
        is_saver = _SAVER_FUNCTION.fullmatch(function.signature.name) is not None
        for node in function.node_def:
            if not (is_saver and node.op in _SAVER):
                yield from _of_node(node)


def _of_node(node: Any) -> Iterator[str]:
    if _REACHING.fullmatch(node.op):
        yield node.op
    for value in node.attr.values():  # a saver that something else calls
        if _SAVER_FUNCTION.fullmatch(value.func.name):
            yield f"{node.op} of {value.func.name}"
