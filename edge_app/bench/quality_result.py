"""Look at what a variant answers: how often like float32, and how right."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.bench.cases import WorkerRequest
from edge_app.bench.trial import Tell
from edge_app.frame import Decoded, Segmentation
from edge_app.metrics.scorer import Scorer
from edge_app.metrics.variant_stats import quality_record
from edge_app.model.engine import load_engine
from edge_app.quality import agreement
from edge_app.sources.factory import open_source
from edge_app.sources.truth import open_truth


@dataclass(frozen=True, slots=True)
class QualityResult:
    """Hold what a variant's answers are worth.

    agreement: share of pixels (or of frames, of a classifier) answered as float32 does; None
        without float32. seconds: for loading the variant and answering all frames.
    quality: as in a run's summary, None without truth.
    """

    frames: int
    agreement: float | None
    seconds: float
    quality: Mapping[str, Any] | None


def measure_answers(ask: WorkerRequest, stop: threading.Event, tell: Tell) -> QualityResult:
    """Answer frames with a variant, and with float32 beside it; ask.frames: at most so many."""
    tell("answers")
    spec, case = ask.spec, ask.case
    truth = open_truth(ask.truth, ask.truth_labels) if ask.truth else None
    own_s = time.perf_counter()
    engine = load_engine(spec, case.variant, runtime=case.runtime, threads=case.threads)
    own_s = time.perf_counter() - own_s
    other = None
    plain = case.runtime.removesuffix("-fp16")
    itself = (case.variant, case.runtime) == ("float32", plain)
    if "float32" in spec.variants and not itself:
        other = load_engine(spec, "float32", runtime=plain, threads=case.threads)
    alike: list[float] = []
    frames = 0
    with open_source(ask.source, truth=truth, max_frames=ask.frames) as source:
        scorer = Scorer(spec.labels, source.truth_labels) if source.truth_labels else None
        for frame in source:
            if stop.is_set():
                break
            started = time.perf_counter()
            answer = engine.predict(frame.image)
            own_s += time.perf_counter() - started
            if other is not None:
                alike.append(agreement(_classes(answer), _classes(other.predict(frame.image))))
            if scorer is not None:
                scorer.add(frame, answer)
            frames += 1
    same = 1.0 if itself else None
    return QualityResult(
        frames=frames,
        agreement=math.fsum(alike) / len(alike) if alike else same,
        seconds=own_s,
        quality=quality_record(scorer.quality() if scorer is not None else None),
    )


def _classes(answer: Decoded) -> NDArray[np.uint8]:
    if isinstance(answer, Segmentation):
        return answer.class_map
    return np.array([[answer.class_id]], np.uint8)
