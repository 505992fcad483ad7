"""Reader of float32 .tflite files."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge_app.errors import ModelError, UsageError
from edge_app.model.card import card_beside
from edge_app.model.interpreter.loading import load_network
from host_tools.models.layout import input_layout, nhwc_shape, output_layout
from host_tools.models.loaded_model import LoadedModel, SourceOptions, fixed_shape, read_model_file
from host_tools.models.output_choice import choose_source_output
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.float_graph import without_fake_quantization
from host_tools.tflite.graph_edit import GraphEditor
from host_tools.tflite.parsed_model import tensor_name

_IDENTIFIER = b"TFL3"


def load_tflite(path: Path, options: SourceOptions) -> LoadedModel:
    """Read a .tflite file, with the model card beside it that lists it.

    The card says layout and output where the options do not.
    The bytes stay as they are unless the converters need a graph of another form: one output, a
    fixed size, dense weights, real pixels, the channels last.
    Raises ModelError if it is no float32 model.
    """
    content = read_model_file(path)
    if content[4:8] != _IDENTIFIER:
        what = "is empty" if not content else "is not a .tflite file"
        raise ModelError(f"{path} {what}; get or convert it again")
    card = card_beside(path)
    if card is not None:
        layout, tensor = options.layout or card.input.layout, card.output.tensor
        options = replace(options, layout=layout, output_tensor=options.output_tensor or tensor)
    network = load_network(path, threads=1, size_wh=options.size_wh)
    try:
        editor = GraphEditor(content)
        shape, layout, notes = _edit(editor, options)
        ready = editor.to_bytes()
        is_float32 = read_graph(without_fake_quantization(ready).model).float32
    except UsageError:
        raise
    except ModelError as fault:
        raise ModelError(f"{path}: {fault}") from fault
    except (ValueError, TypeError, IndexError, AttributeError) as fault:
        raise ModelError(
            f"{path} is damaged ({str(fault)[:80]}); get or convert it again"
        ) from fault
    if not is_float32:
        kind = network.variant_name()
        raise ModelError(
            f"{path} is already {'quantized' if kind == 'float32' else kind}, and its losses "
            "cannot be undone; start from the float32 file"
        )
    given: dict[str, Any] = {}
    if card is not None:
        given = {key: getattr(card.input, key) for key in ("mean", "std", "channels")}
        notes["card"] = f"of {path.parent.name or path.parent}"
    elif "whole_pixels" in notes:
        given = {"mean": (0.0,), "std": (1.0,)}
    return LoadedModel(
        kind="the TFLite model",
        shape=shape,
        sha256=hashlib.sha256(content).hexdigest(),
        float32=ready,
        layout=layout,
        notes=notes,
        card=card,
        **given,
    )


def _edit(
    editor: GraphEditor, options: SourceOptions
) -> tuple[tuple[int, ...], str, dict[str, Any]]:
    """Change a graph to the form that the converters need.

    Returns the shape (1, H, W[, C]) of its input and the layout that is left in the file, and
    notes for the card.
    """
    notes: dict[str, Any] = {}
    graph = editor.graph
    if len(graph.inputs) != 1:
        names = ", ".join(tensor_name(graph.tensors[index]) for index in graph.inputs)
        raise ModelError(
            f"it has {len(graph.inputs)} inputs ({names}); convert the part with one image input"
        )
    if editor.use_current_schema():
        notes["operator_codes"] = "written again as they are since TensorFlow 2.4"
    given = graph.tensors[graph.inputs[0]]
    signature = given.shape if given.shapeSignature is None else given.shapeSignature
    open_shape = tuple(None if side < 0 else int(side) for side in signature)
    layout = input_layout(open_shape, options.layout)
    fixed = fixed_shape(open_shape, options.size_wh, layout)
    if editor.has_sparse_weights:
        raise ModelError(
            "it has sparse weights, which only some kernels take; convert it again without "
            "pruning's sparse format"
        )
    if None in open_shape[1:] or editor.has("DENSIFY"):
        if editor.has("DENSIFY"):
            notes["sparse_weights"] = "made dense"
        editor.fold(fixed)
    outputs = [graph.tensors[index] for index in graph.outputs]
    position, chosen = choose_source_output(
        [tensor_name(one) for one in outputs],
        [tuple(one.shape) for one in outputs],
        options.output_tensor,
        nhwc_shape(fixed, layout),
    )
    editor.keep_output(position)
    if chosen:
        notes["output"] = chosen
    if editor.drop_input_cast():
        notes["whole_pixels"] = "cast outside of the network now"
    image = nhwc_shape(fixed, layout)
    made = tuple(int(side) for side in graph.tensors[graph.outputs[0]].shape)
    is_first = output_layout(made, (image[2], image[1]), layout) == "nchw"
    if is_first and editor.drop_last_transposition():
        notes["source_output_layout"] = "nchw"
    if layout == "nchw":
        notes["source_layout"] = layout
        layout = "nhwc" if editor.drop_first_transposition() else "nchw"
    return image, layout, notes
