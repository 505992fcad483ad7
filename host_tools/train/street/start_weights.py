"""Weights that a training begins with, of a network trained before: a .keras or .tflite file."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from host_tools.framework import load_keras
from host_tools.models.loaded_model import read_model_file

_KINDS = {"Conv2D": "CONV_2D", "DepthwiseConv2D": "DEPTHWISE_CONV_2D"}
_AT_ONCE = 4  # images
Layers = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


def check_start(path: Path) -> None:
    """Raise ModelError for a file that no training can begin with."""
    if path.suffix not in {".keras", ".tflite"}:
        raise ModelError(f"{path}: a training begins with a .keras or a float32 .tflite file")
    read_model_file(path)


def start_from(network: Any, path: Path, images: NDArray[np.float32]) -> None:
    """Set a network to the weights of a file with the same layers; raise ModelError for others.

    images: float32 (N, H, W, 3), RGB in -1..1, on which batch norm is measured: in a .tflite
    file it is part of the filters, and has to be taken out again.
    """
    if path.suffix == ".keras":
        _copy(network, path)
        return
    _set_folded(network, read_folded(network, path))
    _measure_norms(network, images)


def _copy(network: Any, path: Path) -> None:
    before = load_keras().models.load_model(path, compile=False)
    arrays = before.get_weights()
    if [array.shape for array in arrays] != [tuple(one.shape) for one in network.weights]:
        raise ModelError(f"{path} has other layers; train the size it is of, with --size")
    network.set_weights(arrays)


def read_folded(network: Any, path: Path) -> Layers:
    """Return filters in Keras' order and biases of a .tflite file, by the network's layer names."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    details = {one["index"]: one for one in interpreter.get_tensor_details()}
    layers = {one.name: _KINDS[type(one).__name__] for one in network.layers if _weighs(one)}
    found: Layers = {}
    for operator in interpreter._get_ops_details():
        if operator["op_name"] not in _KINDS.values():
            continue
        _, filters, bias = (int(index) for index in operator["inputs"])
        text = details[bias]["name"] + ";" + details[int(operator["outputs"][0])]["name"]
        text = details[filters]["name"] + ";" + text
        named = {re.sub(r"_\d+$", "", part) for part in re.split("[/;]", text)}
        name = next((one for one in layers if one in named), "")
        if layers.get(name) != operator["op_name"] or name in found:
            raise ModelError(f"{path} has other layers; train the size it is of, with --size")
        try:
            values, offset = interpreter.get_tensor(filters), interpreter.get_tensor(bias)
        except ValueError:  # of float16: computed from others
            values = offset = np.empty((0, 0, 0, 0), np.float16)
        if values.dtype != np.float32:
            raise ModelError(f"{path} is quantized; give the float32 variant")
        found[name] = values.transpose(1, 2, 3, 0), offset
    return found


def _weighs(layer: Any) -> bool:
    return type(layer).__name__ in _KINDS


def _set_folded(network: Any, weights: Layers) -> None:
    """Set filters, and biases where a layer has one; else that of the batch norm behind it."""
    for layer in network.layers:
        if not _weighs(layer):
            continue
        filters, bias = weights.get(layer.name, (np.empty(0), np.empty(0)))
        if filters.shape != tuple(layer.kernel.shape):
            raise ModelError(f"the weights of {layer.name} have another shape; see --size")
        layer.set_weights([filters, bias] if layer.use_bias else [filters])
        if not layer.use_bias:
            norm = network.get_layer(f"{layer.name}_norm")
            size = len(bias)
            gain = np.full(size, np.sqrt(1 + norm.epsilon), np.float32)
            norm.set_weights([gain, bias, np.zeros(size), np.ones(size)])


def _measure_norms(network: Any, images: NDArray[np.float32]) -> None:
    """Give every batch norm that does nothing but add the statistics that it sees.

    Its result stays the same: gain and offset are changed to make up for them.
    """
    keras = load_keras()
    norms = [one for one in network.layers if type(one).__name__ == "BatchNormalization"]
    inner = keras.Model(network.input, [norm.input for norm in norms])
    sums = [np.zeros((2, norm.gamma.shape[0])) for norm in norms]
    places = [0] * len(norms)
    for first in range(0, len(images), _AT_ONCE):
        seen = inner(images[first : first + _AT_ONCE], training=False)
        for number, values in enumerate(seen):
            flat = np.asarray(values, np.float64).reshape(-1, values.shape[-1])
            sums[number] += flat.sum(axis=0), (flat**2).sum(axis=0)
            places[number] += len(flat)
    for norm, total, count in zip(norms, sums, places, strict=True):
        mean = total[0] / count
        variance = np.maximum(total[1] / count - mean**2, 0.0)
        offset = norm.get_weights()[1] + mean
        norm.set_weights([np.sqrt(variance + norm.epsilon), offset, mean, variance])
