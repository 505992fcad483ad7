"""Values that travel from the source to the sinks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.labels import NO_LABELS, LabelSet
from edge_app.quality import Quality
from edge_app.state import State
from edge_app.timing import Latency, Timings

Image = NDArray[np.uint8]  # uint8 (H, W, 3) BGR
ClassMap = NDArray[np.uint8]  # uint8 (H, W) trainIds


@dataclass(frozen=True, slots=True)
class Frame:
    """One image of a source, with its truth if there is any.

    image: uint8 (H, W, 3) BGR.
    index: position in the source, from 0; damaged frames that were skipped leave no gap.
    captured_s: monotonic time when the image was taken or its decoding began, in seconds.
    capture_ms: how long it took to get the image.
    name: the file's name, or the position in a stream, for logs and pairing.
    time_s: the source's own clock from its first frame, in seconds; None where it has none.
    truth: uint8 (H', W') trainIds of the truth's label set, or a class id, or None.
    """

    image: Image
    index: int
    captured_s: float
    capture_ms: float
    name: str
    time_s: float | None = None
    truth: ClassMap | int | None = None


@dataclass(frozen=True, slots=True)
class Segmentation:
    """One class per pixel, at the network's own resolution.

    class_map: uint8 (h, w) trainIds.
    logits: (h, w, C) in the tensor's own type and with one scale, so that they can be resized and
        compared as they are; None if the graph itself ends in an argmax.
    """

    class_map: ClassMap
    logits: NDArray[Any] | None = None


@dataclass(frozen=True, slots=True)
class Classification:
    """One class per image.

    logits: float32 (C,), as the network gave them, or probabilities.
    activation: which of the two, "logits" or "probabilities", or "sigmoid" for probabilities of
        each class for itself; None if that is not known, and then found by their sum.
    """

    class_id: int
    logits: NDArray[np.float32]
    activation: str | None = None

    @property
    def scores(self) -> NDArray[np.float32]:
        """The probabilities: float32 (C,), sums to 1 unless each class has its own sigmoid."""
        logits = self.logits
        if self.activation in {"probabilities", "sigmoid"}:
            return logits
        if self.activation is None and logits.min() >= 0 and abs(float(logits.sum()) - 1) < 0.02:
            return logits  # the network ends in a softmax of its own
        powers = np.exp(logits - logits.max())
        return np.asarray(powers / powers.sum(), np.float32)

    def top(self, k: int) -> list[tuple[int, float]]:
        """Return k classes as (class id, probability): the class, then the likeliest others.

        A threshold other than one half may choose a class that is not the likeliest.
        """
        scores = self.scores
        order = [int(i) for i in np.argsort(-scores, kind="stable")]
        if order[0] != self.class_id:
            order = [self.class_id, *(i for i in order if i != self.class_id)]
        return [(i, float(scores[i])) for i in order[:k]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One digit that was found in an image and read.

    box_xywh: left, top, width and height in pixels of the image.
    confidence: the digit's own share of the scores, 0 to 1.
    scores: float32 (C,), probabilities, sums to 1.
    """

    box_xywh: tuple[int, int, int, int]
    digit: int
    confidence: float
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Readings:
    """All digits that were read in an image, from left to right."""

    found: tuple[Reading, ...] = ()

    @property
    def class_id(self) -> int | None:
        """The digit if exactly one is in view, as a classifier would return it, or None."""
        return self.found[0].digit if len(self.found) == 1 else None


Decoded = Segmentation | Classification  # what a network returns for one image
Result = Decoded | Readings


@dataclass(frozen=True, slots=True)
class Comparison:
    """Result of a second variant for the same frame.

    models: names of both models, if the second variant is one of another model.
    invoke_ms: time of the second one's network.
    agreement: share of pixels of the frame on which both variants agree, 0 to 1.
    per_class: (name, share of the pixels that either variant gives this class on which both
        do) of the classes in view.
    first_quality, quality: scores of the first and of the second variant so far, on the frames
        that both have seen; None without truth.
    """

    variant: str
    result: Segmentation
    agreement: float
    per_class: tuple[tuple[str, float], ...] = ()
    first_quality: Quality | None = None
    quality: Quality | None = None
    models: tuple[str, str] | None = None
    invoke_ms: float = 0.0

    @property
    def name(self) -> str:
        """The second variant as it is shown, with its model if that is another one."""
        return f"{self.models[1]} {self.variant}" if self.models else self.variant

    def name_of_first(self, variant: str) -> str:
        """Return the first variant as it is shown beside the second."""
        return f"{self.models[0]} {variant}" if self.models else variant


@dataclass(frozen=True, slots=True)
class Status:
    """What the HUD, the terminal and the summary show of the run, in their order.

    policy: "every frame" or "newest frame". variants: names of all variants of the model.
    stages: latency of each stage over the last seconds, by the names in `timing.STAGES`.
    labels: class names and colours of the model.
    age_ms: from an image's capture to its canvas.
    states: what is out of the ordinary, in the order it is shown.
    switch: how the last change of variant went; empty before the first.
    """

    task: str
    model: str
    variant: str
    size_bytes: int
    runtime: str
    threads: int
    policy: str
    variants: tuple[str, ...] = ()
    labels: LabelSet = NO_LABELS
    frames: int = 0
    shown_fps: float | None = None
    network_fps: float | None = None
    source_fps: float | None = None
    stages: Mapping[str, Latency] = field(default_factory=dict)
    age_ms: float | None = None
    dropped: int = 0
    damaged: int = 0
    quality: Quality | None = None
    states: tuple[State, ...] = ()
    switch: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One frame with everything made of it, for the sinks.

    canvas: uint8 (H, W, 3) BGR, the finished image; None if no sink takes it.
    window_canvas: the same in the size of the window; None without a window.
    comparison: result of a second variant, if two are compared.
    """

    frame: Frame
    result: Result
    timings: Timings
    variant: str
    canvas: Image | None = None
    comparison: Comparison | None = None
    window_canvas: Image | None = None
