"""Made training data of the street network: images with labels, and a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from host_tools.framework import load_tensorflow
from host_tools.train.street.frames import Sample
from host_tools.train.street.street_network import FULL, Block, DecoderBlock
from host_tools.train.street.teacher import SoftLabels

SIZE_WH = (64, 32)
# Learns quickly.
SMALL = (Block(8, 16), Block(12, 24, 2), Block(8, 32, 2), Block(8, 64, 2))
# Up to the teacher's 64 channels, with few inner channels.
BLOCKS = tuple(Block(8, block.channels, block.stride) for block in FULL[:7])
DECODER = DecoderBlock(context=8, contexts=1, eighth=8, quarter=8)
SKY, ROAD = 10, 0


def made_image(seed: int, size_wh: tuple[int, int] = (96, 72)) -> tuple[Any, Any]:
    """Return a blue sky over a gray road, BGR, and the trainIds of both."""
    random = np.random.default_rng(seed)
    width, height = size_wh
    line = int(height * random.uniform(0.3, 0.7))
    labels = np.full((height, width), ROAD, np.uint8)
    labels[:line] = SKY
    image = np.where((labels == SKY)[..., None], (230, 160, 90), (70, 70, 70))
    return (image + random.integers(-9, 10, image.shape)).astype(np.uint8), labels


def made_samples(count: int) -> list[Sample]:
    """Return such images with labels, made without a teacher."""
    samples = []
    for seed in range(count):
        image, labels = made_image(seed)
        soft = (labels[::2, ::2, None] == np.arange(19)).astype(np.uint8) * 255
        samples.append(Sample(image, SoftLabels(labels, soft)))
    return samples


def made_camvid(root: Path, count: int) -> Path:
    """Write such images in CamVid's layout and with its class ids: sky 0, road 3."""
    for part, first in (("train", 0), ("val", 100)):
        for folder in (part, f"{part}annot"):
            (root / folder).mkdir(parents=True)
        for seed in range(first, first + count):
            image, labels = made_image(seed)
            ids = np.where(labels == SKY, 0, 3).astype(np.uint8)
            cv2.imwrite(str(root / part / f"{seed:04}.png"), image)
            cv2.imwrite(str(root / f"{part}annot" / f"{seed:04}.png"), ids)
    return root


def made_teacher(path: Path, *, folded: bool) -> Path:
    """Write a MobileNetV2 with random weights and DeepLab's names as a frozen graph.

    folded: with biases, and not with batch norm as in the published graph.
    """
    tf = load_tensorflow()
    v1 = tf.compat.v1
    random = np.random.default_rng(0)

    def drawn(*shape: int) -> Any:
        fan = np.prod(shape[:-1]) if shape[-1] > 1 else np.prod(shape[:2])
        return tf.constant(random.normal(0, (2 / fan) ** 0.5, shape).astype(np.float32))

    def normed(x: Any) -> Any:
        channels = int(x.shape[-1])
        if folded:
            return x + tf.constant(random.normal(0, 0.1, channels).astype(np.float32))
        scale, offset, mean, variance = random.uniform(0.5, 1.5, (4, channels)).astype(np.float32)
        return v1.nn.fused_batch_norm(x, scale, offset, mean, variance, 1e-3, is_training=False)[0]

    with tf.Graph().as_default() as graph:
        image = v1.placeholder(tf.uint8, (1, None, None, 3), name="ImageTensor")
        part = tf.slice(tf.cast(image, tf.float32), [0, 0, 0, 0], [1, 33, 65, 3])
        scaled = tf.subtract(tf.multiply(tf.constant(2 / 255), part), 1.0, name="sub_7")
        x = tf.nn.relu6(normed(tf.nn.conv2d(scaled, drawn(3, 3, 3, 32), 2, "SAME")))
        for number, block in enumerate(FULL):
            given = x
            if number:
                filters = drawn(1, 1, int(x.shape[-1]), block.wide)
                x = tf.nn.relu6(normed(tf.nn.conv2d(x, filters, 1, "SAME")))
            steps = [1, block.stride, block.stride, 1]
            x = tf.nn.depthwise_conv2d(x, drawn(3, 3, block.wide, 1), steps, "SAME")
            x = tf.nn.conv2d(
                tf.nn.relu6(normed(x)), drawn(1, 1, block.wide, block.channels), 1, "SAME"
            )
            x = normed(x)
            if block.stride == 1 and given.shape[-1] == x.shape[-1]:
                x = tf.add(x, given, name=f"block{number}")
        x = tf.nn.conv2d(x, drawn(1, 1, FULL[-1].channels, 19), 1, "SAME")
        x = v1.image.resize_bilinear(x, x.shape[1:3], align_corners=True, name="ResizeBilinear_2")
        x = v1.image.resize_bilinear(x, [33, 65], align_corners=True, name="ResizeBilinear_3")
        tf.argmax(x, 3, name="ArgMax")
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return path
