"""The encoder's initial weights: the teacher's, with the least important channels pruned."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from host_tools.framework import load_keras
from host_tools.models.graph import TensorFlowGraph, find_output, read_graph
from host_tools.models.graph_nodes import input_names
from host_tools.train.street.street_network import FULL, Block, street_network

Array = NDArray[np.float32]
Weights = dict[str, tuple[Array, Array]]
_CONVOLUTIONS = {"Conv2D", "DepthwiseConv2dNative"}
# Values of each channel that the pruning is based on, per batch of images.
_SAMPLED = 4000


def encoder_layers(blocks: Sequence[Block]) -> list[str]:
    """Return the names of the layers with weights, in order."""
    names = ["stem"]
    for number in range(len(blocks)):
        names += [f"expand{number}"] * (number > 0) + [f"depthwise{number}", f"project{number}"]
    return names


def read_encoder(path: Path) -> Weights:
    """Return filters and biases of a frozen MobileNetV2's first blocks, by layer name.

    Batch norm is folded in where the graph still has it. Raises ModelError for other networks.
    """
    graph = read_graph(path)
    order = graph.ancestors(find_output(graph, None))
    found = [name for name in order if graph.nodes[name].op in _CONVOLUTIONS]
    after = {maker: name for name in order for maker in input_names(graph.nodes[name])[:1]}
    weights: Weights = {}
    for layer, name in zip(encoder_layers(FULL), found, strict=False):
        weights[layer] = _folded(graph, name, after)
    shapes = {layer: values[0].shape for layer, values in weights.items()}
    full = street_network((64, 64), blocks=FULL)
    wanted = {name: tuple(full.get_layer(name).weights[0].shape) for name in encoder_layers(FULL)}
    if shapes != wanted:
        raise ModelError(f"{path} is not a MobileNetV2 of width 1; give DeepLab's frozen graph")
    return weights


def _folded(graph: TensorFlowGraph, name: str, after: dict[str, str]) -> tuple[Array, Array]:
    """Return a convolution's filter and bias, with batch norm folded in."""
    node = graph.nodes[name]
    weights = _constant(graph, input_names(node)[1])
    follower = after.get(name, "")
    if follower and graph.nodes[follower].op == "BatchToSpaceND":
        follower = after.get(follower, "")
    kind = graph.nodes[follower].op if follower else ""
    if kind in {"Add", "AddV2", "BiasAdd"}:
        return weights, _constant(graph, input_names(graph.nodes[follower])[1])
    if not kind.startswith("FusedBatchNorm"):
        raise ModelError(f"{name} has no bias and no batch norm; give DeepLab's frozen graph")
    scale, offset, mean, variance = (
        _constant(graph, maker) for maker in input_names(graph.nodes[follower])[1:5]
    )
    gain = scale / np.sqrt(variance + graph.nodes[follower].attr["epsilon"].f)
    per_input = node.op == "DepthwiseConv2dNative"
    return weights * (gain[:, None] if per_input else gain), offset - mean * gain


def _constant(graph: TensorFlowGraph, name: str) -> Array:
    values = graph.constant(name)
    if values is None:
        raise ModelError(f"{name} is not a constant; give a frozen graph")
    return np.asarray(values, np.float32)


def init_encoder(
    network: Any, blocks: Sequence[Block], weights: Weights, images: NDArray[np.float32]
) -> list[float]:
    """Set a network's encoder to the teacher's weights, pruned to its own channels.

    images: float32 (N, H, W, 3), RGB in -1..1, that the pruning is based on.
    Returns per block the share of the projection's variance that pruning lost.
    """
    height, width = images.shape[1:3]
    full = street_network((width, height), blocks=FULL)
    for name, values in weights.items():
        full.get_layer(name).set_weights(list(values))
    kept, lost = dict(weights), []
    numbers = range(len(blocks))
    inner = load_keras().Model(
        full.input, [full.get_layer(f"depthwise{number}_relu6").output for number in numbers]
    )
    seen = _sampled(inner, images)
    for number, block in enumerate(blocks):
        project, bias = weights[f"project{number}"]
        chosen, left, shift, loss = keep_channels(seen[number], project[0, 0], block.wide)
        before = f"expand{number}" if number else "stem"
        filters, offsets = weights[before]
        kept[before] = filters[..., chosen], offsets[chosen]
        filters, offsets = weights[f"depthwise{number}"]
        kept[f"depthwise{number}"] = filters[:, :, chosen], offsets[chosen]
        kept[f"project{number}"] = left[None, None], bias + shift
        lost.append(loss)
    for name in encoder_layers(blocks):
        network.get_layer(name).set_weights(list(kept[name]))
    return lost


def _sampled(inner: Any, images: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    random = np.random.default_rng(0)
    parts: list[list[Array]] = [[] for _ in inner.outputs]
    for first in range(0, len(images), 4):
        for part, values in zip(parts, inner(images[first : first + 4]), strict=True):
            flat = np.asarray(values).reshape(-1, values.shape[-1])
            part.append(flat[random.choice(len(flat), min(len(flat), _SAMPLED), replace=False)])
    return [np.concatenate(part).astype(np.float64) for part in parts]


def keep_channels(
    values: NDArray[np.float64], project: Array, count: int
) -> tuple[NDArray[np.intp], Array, Array, float]:
    """Choose the channels to keep, and adjust their weights to replace the others.

    values: (N, C), samples of each channel. project: (C, D), the weights they are multiplied by.
    Returns the chosen channels, their weights (count, D), what to add to the bias (D,), and the
    lost share of the variance of values @ project. Channels are removed one by one, each time
    the one whose loss is least after the other weights are fitted again.
    Source: Hassibi and Stork, "Second order derivatives for network pruning: Optimal Brain
    Surgeon", 1993, for a layer with squared error.
    """
    mean = values.mean(axis=0)
    spread = (values - mean).T @ (values - mean) / len(values)
    spread += (1e-6 + 1e-4 * np.diag(spread).mean()) * np.eye(len(spread))
    weights = project.astype(np.float64)
    whole = float(np.trace(weights.T @ spread @ weights))
    inverse = np.linalg.inv(spread)
    alive, lost = np.ones(len(weights), bool), 0.0
    for _ in range(len(weights) - count):
        own = np.maximum(np.diag(inverse), 1e-12)
        costs = np.where(alive, (weights**2).sum(axis=1) / own, np.inf)
        gone = int(costs.argmin())
        lost += float(costs[gone])
        column = inverse[:, gone].copy()
        weights -= np.outer(column / column[gone], weights[gone])
        inverse -= np.outer(column, column) / column[gone]
        alive[gone] = False
        weights[gone] = inverse[gone] = inverse[:, gone] = 0
    shift = mean @ (project - weights)
    chosen = np.flatnonzero(alive)
    return chosen, weights[chosen].astype(np.float32), shift.astype(np.float32), lost / whole
