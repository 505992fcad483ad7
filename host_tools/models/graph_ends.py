"""The input, output and preprocessing of a frozen graph.

The known names are those of the DeepLab exporter (tensorflow/models, research/deeplab,
export_model.py and common.py), and those of the reference project.
"""

from __future__ import annotations

from edge_app.errors import UsageError
from host_tools.models.graph import TensorFlowGraph, input_names, node_name, shape_of

# In order of preference: after the exporter's own padding and scaling, so that both can move to
# the device; the plain image last.
INPUTS = ("sub_7", "sub_2", "MobilenetV2/MobilenetV2/input", "ImageTensor")
# Logits at network resolution first: the device compares them before it upsamples anything.
OUTPUTS = ("ResizeBilinear_2", "ResizeBilinear_3", "ArgMax", "SemanticPredictions")


def find_output(graph: TensorFlowGraph, named: str | None) -> str:
    """Return the output node: the given one, else the first known one, else the only one.

    Raises UsageError with the candidates.
    """
    candidates = _outputs(graph)
    if named:
        return _existing(graph, node_name(named), "--output-tensor", candidates)
    known = [name for name in OUTPUTS if name in graph.nodes]
    if known or len(candidates) == 1:
        return (known or candidates)[0]
    raise UsageError(
        f"the graph has several outputs: {_listed(candidates)}; choose one with --output-tensor"
    )


def find_input(graph: TensorFlowGraph, output: str, named: str | None) -> str:
    """Return the input node: the given one, else the first known one that the output depends on.

    Raises UsageError with the candidates.
    """
    above = graph.ancestors(output)
    candidates = [name for name in above if graph.nodes[name].op == "Placeholder"]
    if named:
        name = _existing(graph, node_name(named), "--input-tensor", candidates)
        if name not in above:
            raise UsageError(
                f"--input-tensor {name} does not lead to {output}; "
                f"choose one of: {_listed(candidates)}"
            )
        return name
    # sub_2 is an image in some exporters and a size in others.
    images = [name for name in INPUTS if name in above and _is_image(graph, name)]
    if images or len(candidates) == 1:
        return (images or candidates)[0]
    raise UsageError(
        f"the graph has {'several' if candidates else 'no'} image inputs: "
        f"{_listed(candidates)}; choose one with --input-tensor"
    )


def find_preprocessing(graph: TensorFlowGraph, name: str) -> tuple[float, float] | None:
    """Return the mean and std that the nodes before an input apply to pixels 0..255.

    Walks up from the input through x*a, x-b, x+b, x/a, padding and slicing to the image.
    Returns None if a node changes values in another way, or none changes them.
    """
    factor, offset = 1.0, 0.0  # the input is factor * pixel + offset
    while True:
        node = graph.nodes[name]
        if node.op in {"Placeholder", "Cast"}:
            break
        sources = input_names(node)
        if node.op in {"Identity", "Slice", "Pad", "PadV2", "ExpandDims", "Squeeze"}:
            name = sources[0]
            continue
        if node.op not in {"Mul", "Sub", "Add", "AddV2", "RealDiv", "Div"} or len(sources) != 2:
            return None
        values = [graph.constant(source) for source in sources]
        place = next((i for i, value in enumerate(values) if value is not None), None)
        if place is None or values[place].size != 1 or (place == 0 and node.op.endswith("Div")):
            return None
        value = float(values[place])
        if node.op == "Mul":
            factor *= value
        elif node.op.endswith("Div"):
            factor /= value
        elif node.op == "Sub" and place == 0:
            return None
        else:
            offset += factor * (-value if node.op == "Sub" else value)
        name = sources[1 - place]
    if factor == 1.0 and offset == 0.0:
        return None
    # Rounded, since 2/255 comes as float32; the exporter's own mean is 127.5.
    return round(-offset / factor, 4) + 0.0, round(1 / factor, 4)


def _is_image(graph: TensorFlowGraph, name: str) -> bool:
    """Return whether a node's shape is (1, H, W, 1 or 3)."""
    shape = shape_of(graph, name)
    return shape is not None and len(shape) == 4 and shape[3] in {1, 3}


def _outputs(graph: TensorFlowGraph) -> list[str]:
    hidden = {name for node in graph.nodes.values() for name in input_names(node)}
    other = {"Const", "NoOp", "Placeholder", "Assert"}
    return [n.name for n in graph.nodes.values() if n.name not in hidden and n.op not in other]


def _existing(graph: TensorFlowGraph, name: str, option: str, candidates: list[str]) -> str:
    if name not in graph.nodes:
        raise UsageError(
            f"{option} {name}: the graph has no such node; try one of: {_listed(candidates)}"
        )
    return name


def _listed(names: list[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "none"
