"""Tiny float32 .tflite networks, and inputs for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.model.card import InputSpec
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_keras, load_tensorflow

SIZE_WH = (32, 16)
GIVEN = InputSpec(SIZE_WH, "rgb", (127.0,), (128.0,))


def tiny_segmenter(spread: float = 1.0) -> bytes:
    """Return the bytes of a segmenter with four classes.

    spread: how much larger one inner channel is than the others. If it is large, 8 bits for all
    of them together have no step left for the small ones.
    """
    keras = load_keras()
    keras.utils.set_random_seed(3)
    layers = keras.layers
    given = keras.Input((SIZE_WH[1], SIZE_WH[0], 3), batch_size=1)
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="stem")(given)
    # Two branches: the converter cannot fold the multiplications into a convolution.
    x = layers.Add()([x, layers.DepthwiseConv2D(3, padding="same", name="depth")(x)])
    scale = np.ones(8, np.float32)
    scale[0] = spread
    x = layers.ReLU()(x * scale)
    x = x * (1 / scale)
    scores = layers.Conv2D(4, 1, name="head")(x)
    return _converted(keras.Model(given, scores))


def uneven_chain(spread: float = 30.0) -> bytes:
    """Return the bytes of a segmenter of layers in a row, with channels of very unlike weights.

    A convolution with ReLU, a depthwise one with ReLU6, padding, a convolution without a bias. The
    first two and the last two are pairs whose channels can be scaled. spread: of their weights,
    which leave the output as it is, but for ReLU6.
    """
    keras = load_keras()
    keras.utils.set_random_seed(5)
    layers = keras.layers
    given = keras.Input((SIZE_WH[1], SIZE_WH[0], 3), batch_size=1)
    stem = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="stem")
    depth = layers.DepthwiseConv2D(3, padding="same", name="depth")
    head = layers.Conv2D(4, 3, dilation_rate=2, use_bias=False, name="head")
    x = layers.ReLU(6.0)(depth(stem(given)))
    network = keras.Model(given, head(layers.ZeroPadding2D(((0, 1), (0, 1)))(x)))
    draw = np.random.default_rng(5)
    first, second = (np.exp(draw.uniform(-1, 1, 8) * np.log(spread)) for _ in range(2))
    kernel, _ = stem.get_weights()
    stem.set_weights([kernel * first, draw.uniform(0, 0.3, 8) * first])
    kernel, _ = depth.get_weights()
    shape = (1, 1, 8, 1)
    kernel = kernel / first.reshape(shape) * second.reshape(shape) / spread
    depth.set_weights([kernel, draw.uniform(0, 0.3, 8) * second / spread])
    (kernel,) = head.get_weights()
    head.set_weights([kernel / second.reshape(1, 1, 8, 1)])
    return _converted(network)


def divided_by_mean() -> bytes:
    """Return the bytes of a classifier of images over their mean, which is NaN for a black one."""
    keras = load_keras()
    keras.utils.set_random_seed(3)
    given = keras.Input((SIZE_WH[1], SIZE_WH[0], 3), batch_size=1)
    light = keras.layers.Rescaling(1.0, offset=1.0)(given)
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True, name="brightness")(light)
    x = keras.layers.Conv2D(4, 3, strides=2, name="stem")(light / mean)
    x = keras.layers.Flatten()(keras.layers.Conv2D(4, 3, strides=4, name="body")(x))
    return _converted(keras.Model(given, keras.layers.Dense(5, name="head")(x)))


def tiny_samples(count: int = 6) -> list[NDArray[np.float32]]:
    """Return smooth inputs between -1 and 1: float32 (1, 16, 32, 3) each."""
    draw = np.random.default_rng(0)
    coarse = draw.uniform(-1, 1, (count, 1, 4, 8, 3)).astype(np.float32)
    return list(coarse.repeat(4, axis=2).repeat(4, axis=3))


def _converted(model: Any) -> bytes:
    tensorflow = load_tensorflow()
    with capture_native_stderr():
        return bytes(tensorflow.lite.TFLiteConverter.from_keras_model(model).convert())
