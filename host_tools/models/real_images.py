"""Functions of images of whole numbers, as functions of real pixels."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_tensorflow
from host_tools.models.float_input import with_float_input
from host_tools.models.graph import GraphEnds, TensorFlowGraph
from host_tools.models.inference_graph import prepare_nodes
from host_tools.models.rebuild import as_function, extract_subgraph


def takes_whole_numbers(dtype: Any) -> bool:
    """Return whether an input's type is one of pixels: integers, not text or truth values."""
    return bool(load_tensorflow().dtypes.as_dtype(dtype).is_integer)


def real_function(serve: Callable[[Any], Any], shape: tuple[int, ...], dtype: Any) -> Any:
    """Return a function of float32 pixels that computes what another does of whole ones.

    serve: function of a tensor of this shape and integer type, whose variables become constants.
    Raises ModelError if it computes with whole numbers before it turns them into real ones.
    """
    tensorflow = load_tensorflow()
    constants = importlib.import_module("tensorflow.python.framework.convert_to_constants")
    with capture_native_stderr():
        signature = [tensorflow.TensorSpec(shape, dtype, name="picture")]
        traced = tensorflow.function(serve, input_signature=signature).get_concrete_function()
        frozen = constants.convert_variables_to_constants_v2(traced)
    definition = frozen.graph.as_graph_def()
    given, made = frozen.inputs[0].op.name, frozen.outputs[0]
    if made.name.partition(":")[2] != "0":
        raise ModelError(f"the output {made.name} is not the first of its node; choose another")
    nodes = {node.name: node for node in definition.node}
    prepare_nodes(nodes)
    graph = TensorFlowGraph(definition, with_float_input(nodes, given))
    return as_function(extract_subgraph(graph, GraphEnds(given, made.op.name, shape)))
