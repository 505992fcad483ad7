"""A tiny frozen graph with the names and operators of DeepLab's exporter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from host_tools.framework import load_tensorflow

SIZE_WH = (65, 33)


def made_graph(classes: int = 19) -> Any:
    """Return a GraphDef: padding and scaling, a dilated convolution, pooling, two resizes."""
    tf = load_tensorflow()
    v1 = tf.compat.v1
    draw = np.random.default_rng(0)
    width, height = SIZE_WH

    def weights(*shape: int) -> Any:
        return tf.constant(draw.normal(0, 0.4, shape).astype(np.float32))

    with tf.Graph().as_default() as graph:
        image = v1.placeholder(tf.uint8, (1, None, None, 3), name="ImageTensor")
        real = tf.cast(image, tf.float32)
        part = tf.slice(real, [0, 0, 0, 0], [1, height, width, 3])
        scaled = tf.subtract(tf.multiply(tf.constant(2 / 255), part), 1.0, name="sub_7")
        x = tf.nn.relu6(tf.nn.conv2d(scaled, weights(3, 3, 3, 8), 2, "SAME"))
        x = tf.nn.depthwise_conv2d(x, weights(3, 3, 8, 1), [1] * 4, "SAME", dilations=[4, 4])
        x = tf.nn.relu6(x + weights(8))
        _, rows, columns, _ = x.shape
        pooled = v1.nn.avg_pool2d(x, [rows, columns], [rows, columns], "VALID")
        pooled = v1.image.resize_bilinear(pooled, [rows, columns], align_corners=True)
        x = tf.nn.conv2d(tf.concat([pooled, x], 3), weights(1, 1, 16, classes), 1, "SAME")
        x = v1.image.resize_bilinear(
            x, [rows, columns], align_corners=True, name="ResizeBilinear_2"
        )
        x = v1.image.resize_bilinear(
            x, [height, width], align_corners=True, name="ResizeBilinear_3"
        )
        tf.argmax(x, 3, name="ArgMax")
    return graph.as_graph_def()


def write_graph(path: Path, **named: Any) -> Path:
    """Write such a graph as a .pb file."""
    path.write_bytes(made_graph(**named).SerializeToString())
    return path
