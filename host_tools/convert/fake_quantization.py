"""SavedModels of networks that were trained with fake quantization, with and without it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host_tools.framework import load_tensorflow
from host_tools.models.saved_graphs import read_saved_graphs

# The operators, and how the body of a function names their output. Source: TensorFlow's registered
# operators. They round to 256 steps between a minimum and a maximum that training has found.
_FAKE = {
    "FakeQuantWithMinMaxArgs": "outputs",
    "FakeQuantWithMinMaxVars": "outputs",
    "FakeQuantWithMinMaxVarsPerChannel": "outputs",
    "QuantizeAndDequantize": "output",
    "QuantizeAndDequantizeV2": "output",
    "QuantizeAndDequantizeV3": "output",
    "QuantizeAndDequantizeV4": "output",
}


@dataclass(frozen=True, slots=True)
class TrainedGraphs:
    """A SavedModel for the float variants, and one for int8; without fake quantization the same.

    removed: number of its fake quantizers. ranges: number of those whose range int8 takes.
    """

    without: Path
    for_int8: Path
    ranges: int = 0
    removed: int = 0


def split_fake_quantization(saved: Path) -> TrainedGraphs:
    """Return a SavedModel without fake quantization, and one with what int8 uses of it.

    TensorFlow's converter makes a whole int8 graph of any network with fake quantization, whatever
    variant is asked for. int8 takes its ranges; those that follow each image are left out there
    too, since the file would have none, and ranges of other widths are used with 8 bits.

    saved: a folder; the new ones are written beside it.
    """
    found = [_has_range(node) for node in _fake_nodes(read_saved_graphs(saved))]
    if not found:
        return TrainedGraphs(saved, saved)
    without, for_int8 = (saved.with_name(f"{saved.name}_{end}") for end in ("float", "int8"))
    _copy(saved, without, keep_ranges=False)
    _copy(saved, for_int8, keep_ranges=True)
    return TrainedGraphs(without, for_int8, sum(found), len(found))


def _has_range(node: Any) -> bool:
    """Return whether a node's range is fixed."""
    return node.op.startswith("FakeQuant") or bool(node.attr["range_given"].b)


def _copy(saved: Path, folder: Path, *, keep_ranges: bool) -> None:
    """Write a SavedModel without fake quantizers, or with those alone that have a fixed range."""
    shutil.copytree(saved, folder)
    model = read_saved_graphs(saved)
    for graph in model.meta_graphs:
        _rewrite(graph.graph_def.node, keep_ranges)
        for function in graph.graph_def.library.function:
            renamed = _rewrite(function.node_def, keep_ranges)
            for name, value in function.ret.items():
                function.ret[name] = renamed.get(value, value)
    (folder / "saved_model.pb").write_bytes(model.SerializeToString(deterministic=True))


def _rewrite(nodes: Any, keep_ranges: bool) -> dict[str, str]:
    """Replace fake quantizers by Identity; return the new names of their outputs."""
    renamed = {}
    for node in nodes:
        if node.op not in _FAKE:
            continue
        if keep_ranges and _has_range(node):
            if "num_bits" in node.attr:
                node.attr["num_bits"].i = 8
            continue
        renamed[f"{node.name}:{_FAKE[node.op]}:0"] = f"{node.name}:output:0"
        kind = node.attr["T"].type or load_tensorflow().float32.as_datatype_enum
        kept = [node.input[0], *(name for name in node.input if name.startswith("^"))]
        node.op = "Identity"
        node.attr.clear()
        node.attr["T"].type = kind
        node.input[:] = kept
    for node in nodes:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    return renamed


def _fake_nodes(model: Any) -> Iterator[Any]:
    for graph in model.meta_graphs:
        functions = graph.graph_def.library.function
        for nodes in (graph.graph_def.node, *(function.node_def for function in functions)):
            yield from (node for node in nodes if node.op in _FAKE)
