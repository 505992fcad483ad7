"""Networks that are neither classifiers nor segmenters, recognised by their graph."""

from __future__ import annotations

import re
from contextlib import suppress

from edge_app.model.flatbuffer_table import DAMAGE
from edge_app.model.inferred.graph_facts import GraphFacts, TensorFacts, tensors_of
from edge_app.model.inferred.packed_metadata import FileNotes
from edge_app.style import count

WHAT_RUNS = (
    "this program shows classes and class maps of images with 1 or 3 channels; "
    "give it a classifier or a segmenter"
)
_TOKENS = re.compile(r"token|input_ids|attention_mask|segment_ids|word|ids?\b", re.IGNORECASE)
_LANGUAGE_MODEL = re.compile(r"kv_cache|k_cache|v_cache|prefill|decode", re.IGNORECASE)
_SPECTRUM = re.compile(r"RFFT|Spectrogram|Mfcc", re.IGNORECASE)
_POINTS = re.compile(r"land ?mark|key ?point|\bpose\b|joint", re.IGNORECASE)
_EMBEDDING = re.compile(r"embedding|feature[ _]?vector", re.IGNORECASE)
_SOUND = re.compile(r"\bmfcc|\bmel\b|mel_?spec|spectrogram|fingerprint|audio|sound", re.IGNORECASE)
_HEATMAP = re.compile(r"heat_?map", re.IGNORECASE)
_BOXES = re.compile(r"Detection_?PostProcess|NON_MAX_SUPPRESSION", re.IGNORECASE)
_TASKS = {
    "detect": "finds objects as boxes",
    "obb": "finds objects as turned boxes",
    "pose": "finds key points of people",
    "segment": "finds objects with a mask for each",
}
_MOST_SAMPLES_OF_A_TABLE = 512
# Rows of features of sound: 49x10 or 98x40 of them; images are not as narrow as the first.
_NARROW, _LONG = 16, 3
_MOST_POINTS = 600  # a face has 468 or 478, a body 17 or 33, a hand 21
# Widths at which usual networks end before their classifier. Means of fewer are those of classes.
_FEATURES = {
    256, 320, 384, 512, 576, 640, 768, 960, 1024, 1280, 1408, 1536, 1792, 2048, 2304, 2560,
}  # fmt: skip


def other_kind(facts: GraphFacts, notes: FileNotes, *, chosen: bool) -> str:
    """Return what a network does that this program cannot show; "" for all others.

    chosen: whether the user named an output, so that the others do not matter.
    """
    with suppress(*DAMAGE):
        inputs = list(tensors_of(facts, facts.inputs))
        if inputs and (problem := _other_input(facts, notes, inputs)):
            return problem
        outputs = list(tensors_of(facts, facts.outputs))
        if inputs and outputs and not chosen:
            return _other_output(facts, notes, inputs[0], outputs)
    return ""


def _other_input(facts: GraphFacts, notes: FileNotes, inputs: list[TensorFacts]) -> str:
    sizes = _sizes(inputs)
    if any(_LANGUAGE_MODEL.search(one.name) for one in inputs) and len(inputs) > 1:
        return f"is a language model ({count(len(inputs), 'input')}, with a cache of its own text)"
    if any(one.dtype == "text" for one in inputs) or any(
        "Tokenize" in name for name in facts.names
    ):
        return f"reads text ({sizes})"
    first = inputs[0]
    integers = [one for one in inputs if one.dtype in {"int32", "int64"} and len(one.shape) <= 2]
    embeds = "EMBEDDING_LOOKUP" in facts.names or any(_TOKENS.search(one.name) for one in inputs)
    if integers and (len(integers) == len(inputs) or embeds):
        return f"reads text as numbers of words or tokens ({sizes})"
    heard = [one for one in notes.inputs if one.content == "audio"]
    flat = len(first.shape) <= 2 and first.dtype.startswith(("float", "int", "uint"))
    long = flat and (max(first.shape, default=0) > _MOST_SAMPLES_OF_A_TABLE)
    if heard or (flat and (long or any(map(_SPECTRUM.search, facts.names)))):
        return f"hears sound ({sizes} samples or features)"
    if len(inputs) > 1:
        return f"takes {len(inputs)} inputs ({sizes}), not one image"
    if len(first.shape) == 5:
        return f"takes several images at once ({sizes}), as a video's"
    if flat and first.shape:
        return f"takes rows of numbers ({sizes}), not an image"
    if len(first.shape) == 4 and not {1, 3, -1} & {first.shape[1], first.shape[3]}:
        return _other_depth(facts, first)
    if _is_table_of_sound(first):
        return f"takes a table of numbers, as features of sound are ({sizes}), not an image"
    return ""


def _is_table_of_sound(given: TensorFacts) -> bool:
    """Return whether an input of one channel is too narrow for an image, or says what it is."""
    shape = given.shape
    if len(shape) != 4 or 1 not in (shape[1], shape[3]):
        return False
    rows, columns = shape[1:3] if shape[3] == 1 else shape[2:]
    short, long = min(rows, columns), max(rows, columns)
    return (0 < short <= _NARROW and long >= _LONG * short) or bool(_SOUND.search(given.name))


def _other_depth(facts: GraphFacts, given: TensorFacts) -> str:
    """Return what is wrong with an input that has neither one nor three channels."""
    depth = min(given.shape[1], given.shape[3])
    extra = ", a colour image and the mask of the frame before, for example" if depth == 4 else ""
    what = f"takes images of {depth} channels ({given.size_text}{extra})"
    height, width = given.shape[1:3] if depth == given.shape[3] else given.shape[2:]
    masks = [
        one.size_text
        for one in tensors_of(facts, facts.outputs)
        if one.shape[-1:] == (height * width,)
    ]
    if masks:
        what += f" and gives a mask of {width}x{height} in one row ({', '.join(masks)})"
    return what


def _other_output(
    facts: GraphFacts, notes: FileNotes, given: TensorFacts, outputs: list[TensorFacts]
) -> str:
    sizes = _sizes(outputs)
    task = str(notes.ultralytics.get("task", ""))
    if task in _TASKS:
        return f"{_TASKS[task]} (it says so: task {task}; {sizes})"
    if any(map(_BOXES.search, facts.names)) or _are_boxes(given, outputs):
        return f"finds objects as boxes ({sizes})"
    names = [one.name for one in outputs]
    texts = [*names, notes.name, *(one.name for one in notes.outputs)]
    are_points = any(map(_POINTS.search, names if any(map(_is_map, outputs)) else texts))
    if _are_vectors(outputs) or are_points or _are_points(given, outputs):
        return f"finds points or measures, not classes ({sizes})"
    if any(map(_HEATMAP.search, texts)):
        return f"finds key points as heat maps ({sizes})"
    last = [facts.last_operators(number) for number in facts.outputs]
    if len(outputs) == 1 and len(outputs[0].shape) == 2:
        is_normalized = "L2_NORMALIZATION" in last[0]
        if is_normalized or any(map(_EMBEDDING.search, texts)):
            return f"describes an image in numbers to compare it with others ({sizes})"
    if len(outputs) == 1 and _are_features(outputs[0], last[0]):
        return (
            f"ends in features, a mean over the image and no classes ({sizes}; --output 0 reads "
            "them as classes)"
        )
    if len(outputs) == 1 and (_is_enlarged(given, outputs[0]) or _is_painted(outputs[0], last[0])):
        return f"makes images from images ({_sizes([given])} in, {sizes} out)"
    return ""


def _are_boxes(given: TensorFacts, outputs: list[TensorFacts]) -> bool:
    """Return whether outputs are the raw boxes and scores of a detector, by their shapes."""
    lists = [one for one in outputs if len(one.shape) == 3 and min(one.shape[1:]) > 0]
    anchors = _anchor_counts(given)
    if any(set(one.shape[1:]) & anchors for one in lists):
        return True
    rows = [one.shape[1] for one in lists]
    pairs = len(set(rows)) < len(rows) and max(rows) >= 100
    boxes = any(one.shape[2] in {4, 12, 16, 18} for one in lists)
    grids = [one.shape for one in outputs if len(one.shape) == 4]
    scales = {shape[1:3] for shape in grids}
    depths = {shape[3] for shape in grids}
    coarse = min((side[0] for side in scales), default=0) * 32 == max(given.shape[1:3], default=-1)
    pyramid = len(scales) >= 2 and len(depths) == 1 and coarse and min(depths) % 3 == 0
    return (pairs and boxes) or (pyramid and min(depths) >= 18) or len(scales) >= 4


def _anchor_counts(given: TensorFacts) -> set[int]:
    """Return how many boxes YOLO networks give for an input, at the strides 8, 16 and 32."""
    shape = given.shape
    if len(shape) != 4:
        return set()
    height, width = shape[2:] if shape[1] in {1, 3} else shape[1:3]
    counts = {sum((height // s) * (width // s) for s in (8, 16, 32))}
    counts |= {sum((height // s) * (width // s) for s in (8, 16, 32, 64)), 3 * min(counts)}
    return {number for number in counts if number > 20}


def _are_vectors(outputs: list[TensorFacts]) -> bool:
    """Return whether outputs are several rows of numbers of different lengths, and nothing else.

    A classifier has one, or two of one length; landmarks come with a score, or in several groups.
    """
    lengths = {one.shape[-1] for one in outputs if _is_vector(one)}
    return len(outputs) > 1 and all(map(_is_vector, outputs)) and len(lengths) > 1


def _are_points(given: TensorFacts, outputs: list[TensorFacts]) -> bool:
    """Return whether the only output is a list of places: (1, 1, 17, 3) or (1, 21, 2), say.

    A map has the proportions of the image, and in one row as many places as a part of its pixels.
    """
    if len(outputs) != 1 or len(given.shape) != 4:
        return False
    shape = outputs[0].shape
    if len(shape) == 4 and shape[1] == 1:
        shape = shape[1:]
    if len(shape) != 3 or abs(shape[0]) != 1 or shape[2] not in {2, 3}:
        return False
    sides = given.shape[2:] if given.shape[1] in {1, 3} else given.shape[1:3]
    is_map = any(shape[1] == -(-sides[0] // s) * -(-sides[1] // s) for s in (1, 2, 4, 8, 16, 32))
    return 4 < shape[1] <= _MOST_POINTS and not is_map


def _are_features(output: TensorFacts, last: list[str]) -> bool:
    """Return whether an output is what classifiers have before their classifier.

    Some classifiers end in a mean, too (SqueezeNet), but of as many numbers as there are classes.
    """
    is_mean = last[-1:] in (["AVERAGE_POOL_2D"], ["MEAN"])
    return is_mean and _is_vector(output) and output.shape[-1] in _FEATURES


def _is_vector(tensor: TensorFacts) -> bool:
    return all(abs(side) == 1 for side in tensor.shape[:-1]) and bool(tensor.shape)


def _is_map(tensor: TensorFacts) -> bool:
    return len(tensor.shape) >= 3 and not _is_vector(tensor)


def _is_enlarged(given: TensorFacts, output: TensorFacts) -> bool:
    """Return whether an output is an image larger than the input, with as many channels."""
    one, other = given.shape, output.shape
    if not len(one) == len(other) == 4 or one[3] != other[3]:
        return False
    return min(one[1:3]) > 1 and other[1] > one[1] and other[2] > one[2]


def _is_painted(output: TensorFacts, last: list[str]) -> bool:
    """Return whether an output is an image of three channels by its last operator."""
    return len(output.shape) == 4 and output.shape[3] == 3 and last[-1:] in (["TANH"], ["LOGISTIC"])


def _sizes(tensors: list[TensorFacts]) -> str:
    # Operators of one's own do not say what they make: that has no shape.
    sized = [one for one in tensors if one.shape] or tensors
    shown = [one.size_text for one in sized[:4]]
    more = f" and {len(tensors) - len(shown)} more" if len(tensors) > len(shown) else ""
    return ", ".join(shown) + more
