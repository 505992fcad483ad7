"""What models usually expect and return, for what neither a card nor the user says."""

from edge_app.model.card import TensorInfo

Scaling = tuple[tuple[float, ...], tuple[float, ...]]

# Digits are trained as 0..1 (the Keras examples, the reference), photographs as -1..1 (MobileNets).
_SCALING_BY_DEPTH: dict[int, Scaling] = {1: ((0.0,), (255.0,)), 3: ((127.5,), (127.5,))}
_LABELS_BY_CLASSES = {
    ("classification", 10): "digits",
    ("segmentation", 11): "camvid",
    ("segmentation", 19): "cityscapes",
    ("segmentation", 21): "pascal-voc",
}


def usual_channels(depth: int) -> str:
    """Return the channel order of images with 1 or 3 channels: gray or rgb."""
    return "gray" if depth == 1 else "rgb"


def usual_scaling(depth: int) -> Scaling:
    """Return mean and std of a float input with 1 or 3 channels, in pixel values."""
    return _SCALING_BY_DEPTH[depth]


def usual_labels(task: str, output: TensorInfo) -> str | None:
    """Return the name of the label set with as many classes as an output; None if none is usual.

    A map of class ids does not say how many classes there are; street models end this way.
    """
    if task == "segmentation" and output.dtype.kind in "iu" and not output.quantized:
        return "cityscapes"
    return _LABELS_BY_CLASSES.get((task, output.shape[-1] if output.shape else 0))
