"""The street network: the first blocks of MobileNetV2 as encoder, and a light decoder."""

from dataclasses import dataclass
from typing import Any

from host_tools.framework import load_keras

INPUT_WH = (512, 256)
CLASSES = 19


@dataclass(frozen=True, slots=True)
class Block:
    """An inverted residual block: its inner and outer channels, and its stride."""

    wide: int
    channels: int
    stride: int = 1


# Source: Sandler et al., "MobileNetV2", table 2. DeepLab keeps an eighth of the size by dilation
# from the seventh block on; these are the strides of the table, since the delegate does not run
# dilated depthwise convolutions. The filters see the same places either way.
FULL = (
    Block(32, 16),
    Block(96, 24, 2),
    Block(144, 24),
    Block(144, 32, 2),
    Block(192, 32),
    Block(192, 32),
    Block(192, 64, 2),
    Block(384, 64),
    Block(384, 64),
    Block(384, 64),
    Block(384, 96),
    Block(576, 96),
    Block(576, 96),
    Block(576, 160, 2),
    Block(960, 160),
    Block(960, 160),
    Block(960, 320),
)
# Inner channels after pruning, down to a sixteenth of the size. The large maps of the
# first blocks take most of the time.
_KEPT = (16, 48, 48, 96, 128, 128, 128, 320, 320, 320, 320, 480, 480)
BLOCKS = tuple(
    Block(wide, block.channels, block.stride)
    for wide, block in zip(_KEPT, FULL[: len(_KEPT)], strict=True)
)


@dataclass(frozen=True, slots=True)
class DecoderBlock:
    """Widths of the decoder, which is trained from scratch.

    context: channels at the encoder's smallest size. contexts: number of 5x5 blocks there.
    eighth, quarter: channels at these sizes of the input.
    sixteenth: channels there, in a network whose encoder goes on to a thirty-second.
    """

    context: int = 128
    contexts: int = 2
    eighth: int = 64
    quarter: int = 32
    sixteenth: int = 128


def street_network(
    size_wh: tuple[int, int] = INPUT_WH,
    *,
    blocks: tuple[Block, ...] = BLOCKS,
    decoder: DecoderBlock | None = None,
) -> Any:
    """Return the untrained network: RGB in -1..1 (N, H, W, 3) to logits (N, H/4, W/4, C).

    The encoder's layers are called stem, depthwise<i>, expand<i> and project<i>; they have
    biases and no batch norm, which is folded into the teacher's weights.
    """
    keras = load_keras()
    decoder = decoder or DecoderBlock()
    width, height = size_wh
    image = keras.Input((height, width, 3), name="picture")  # the name is in shipped models
    x = _relu6(_conv(blocks[0].wide, 3, "stem", stride=2)(image), "stem")
    finer = []
    for number, block in enumerate(blocks):
        if block.stride == 2:
            finer.append(x)
        x = _inverted(x, block, number)
    x = _context(x, decoder)
    if len(finer) > 3:
        x = _merge(x, finer[3], decoder.sixteenth, 5, "sixteenth")
    x = _merge(x, finer[2], decoder.eighth, 5, "eighth")
    x = _merge(x, finer[1], decoder.quarter, 3, "quarter")
    return keras.Model(image, keras.layers.Conv2D(CLASSES, 1, name="logits")(x), name="street")


def _conv(channels: int, side: int, name: str, *, stride: int = 1, bias: bool = True) -> Any:
    return load_keras().layers.Conv2D(
        channels, side, strides=stride, padding="same", use_bias=bias, name=name
    )


def _relu6(x: Any, name: str) -> Any:
    return load_keras().layers.ReLU(6.0, name=f"{name}_relu6")(x)


def _inverted(x: Any, block: Block, number: int) -> Any:
    layers = load_keras().layers
    given = x
    if number:
        x = _relu6(_conv(block.wide, 1, f"expand{number}")(x), f"expand{number}")
    depthwise = layers.DepthwiseConv2D(
        3, strides=block.stride, padding="same", name=f"depthwise{number}"
    )
    x = depthwise(x)
    x = _conv(block.channels, 1, f"project{number}")(_relu6(x, f"depthwise{number}"))
    if block.stride == 1 and int(given.shape[-1]) == block.channels:
        x = layers.Add(name=f"add{number}")([given, x])
    return x


def _context(x: Any, decoder: DecoderBlock) -> Any:
    """Add context at the smallest size: 5x5 blocks, and the mean of the whole image."""
    layers = load_keras().layers
    x = _normed(_conv(decoder.context, 1, "enter", bias=False)(x), "enter")
    mean = layers.GlobalAveragePooling2D(keepdims=True, name="mean")(x)
    whole = _conv(decoder.context, 1, "whole")(mean)
    for number in range(decoder.contexts):
        x = layers.Add(name=f"context{number}_add")(
            [x, _separable(x, decoder.context, 5, f"context{number}")]
        )
    return layers.ReLU(6.0, name="context_relu6")(layers.Add(name="whole_add")([x, whole]))


def _merge(x: Any, finer: Any, channels: int, side: int, name: str) -> Any:
    """Double the size and add the encoder's features of that size."""
    layers = load_keras().layers
    coarse = _norm(_conv(channels, 1, f"{name}_coarse", bias=False)(x), f"{name}_coarse")
    coarse = layers.UpSampling2D(2, interpolation="bilinear", name=f"{name}_up")(coarse)
    fine = _norm(_conv(channels, 1, f"{name}_fine", bias=False)(finer), f"{name}_fine")
    x = layers.ReLU(6.0, name=f"{name}_relu6")(layers.Add(name=f"{name}_add")([coarse, fine]))
    return _separable(x, channels, side, name)


def _separable(x: Any, channels: int, side: int, name: str) -> Any:
    layers = load_keras().layers
    x = layers.DepthwiseConv2D(side, padding="same", use_bias=False, name=f"{name}_depthwise")(x)
    x = _normed(x, f"{name}_depthwise")
    return _normed(_conv(channels, 1, f"{name}_point", bias=False)(x), f"{name}_point")


def _norm(x: Any, name: str) -> Any:
    return load_keras().layers.BatchNormalization(momentum=0.98, name=f"{name}_norm")(x)


def _normed(x: Any, name: str) -> Any:
    return _relu6(_norm(x, name), name)
