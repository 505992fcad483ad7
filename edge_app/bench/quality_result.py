"""Quality of a variant's answers: agreement with float32, and scores against the truth."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass

from edge_app.bench.cases import OnPhase, WorkerRequest
from edge_app.metrics.scorer import Scorer
from edge_app.model.engine import load_engine
from edge_app.model.proof_link import equal_share
from edge_app.quality import Quality
from edge_app.sources.factory import open_source
from edge_app.sources.truth import open_truth

_TELL_S = 10.0


@dataclass(frozen=True, slots=True)
class QualityResult:
    """How a variant's answers compare with float32 and with the truth.

    frames: answered. agreement: share answered as float32 does. seconds: loading and answering.
    """

    frames: int
    agreement: float | None
    seconds: float
    quality: Quality | None = None


def measure_quality(
    request: WorkerRequest, stop: threading.Event, on_phase: OnPhase
) -> QualityResult:
    """Answer frames with a variant, and with float32 beside it."""
    on_phase("answers")
    told_s = time.monotonic()
    spec, case = request.spec, request.case
    truth = open_truth(request.truth, request.truth_labels) if request.truth else None
    own_s = time.perf_counter()
    engine = load_engine(spec, case.variant, runtime=case.runtime, threads=case.threads)
    own_s = time.perf_counter() - own_s
    other = None
    base = case.runtime.removesuffix("-fp16")
    is_float32 = (case.variant, case.runtime) == ("float32", base)
    if "float32" in spec.variants and not is_float32:
        other = load_engine(spec, "float32", runtime=base, threads=case.threads)
    agreements: list[float] = []
    frames = 0
    with open_source(request.source, truth=truth, max_frames=request.frames) as source:
        scorer = Scorer(spec.labels, source.truth_labels) if source.truth_labels else None
        for frame in source:
            if stop.is_set():
                break
            started = time.perf_counter()
            answer = engine.predict(frame.image)
            own_s += time.perf_counter() - started
            if other is not None:
                agreements.append(equal_share(answer, other.predict(frame.image)))
            if scorer is not None:
                scorer.add(frame, answer)
            frames += 1
            if time.monotonic() - told_s > _TELL_S:
                told_s = time.monotonic()
                on_phase(f"answers, {frames:,} frames")
    own_agreement = 1.0 if is_float32 else None
    return QualityResult(
        frames=frames,
        agreement=math.fsum(agreements) / len(agreements) if agreements else own_agreement,
        seconds=own_s,
        quality=scorer.quality() if scorer is not None else None,
    )
