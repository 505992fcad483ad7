"""Statistics of each engine of a run, and of each pair that is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from edge_app.frame import Comparison, Frame, Result
from edge_app.metrics.scorer import Scorer
from edge_app.model.engine import EngineInfo
from edge_app.quality import Quality
from edge_app.results.quality_record import QualityRecord
from edge_app.results.run_summary import ComparisonSummary, VariantSummary
from edge_app.style import count
from edge_app.timing import Rate, TimingsLog


class VariantStats:
    """Timings and score of one engine, and its rate since it became the active one.

    truth_labels: label set of the source's truth, None without truth.
    Raises UsageError if the truth has no correspondence to the model's classes.
    """

    def __init__(self, info: EngineInfo, truth_labels: str | None) -> None:
        self.info = info
        self.log = TimingsLog()
        self.rate = Rate()
        self.scorer = Scorer(info.key.spec.labels, truth_labels) if truth_labels else None

    def restart(self, info: EngineInfo) -> None:
        """Go on with the same engine, perhaps loaded again; its rate starts again."""
        self.info, self.rate = info, Rate()

    def score(self, frame: Frame, result: Result) -> None:
        """Score a result against its frame's truth, if it has one."""
        if self.scorer is not None:
            self.scorer.add(frame, result)

    def quality(self) -> Quality | None:
        """Return the score so far."""
        return self.scorer.quality() if self.scorer else None

    def summary(self) -> VariantSummary:
        """Return the figures for `summary.json`."""
        stages = self.log.latencies()
        return VariantSummary(
            frames=self.log.n,
            model=self.info.key.model,
            variant=self.info.key.variant,
            bytes=self.info.size_bytes,
            runtime=self.info.runtime,
            threads=self.info.key.threads,
            network_fps=rate_of(stages["invoke"].mean_ms if "invoke" in stages else None),
            stages=stages,
            quality=QualityRecord.of(self.quality()),
            delegation=self.info.delegation,
        )


class ComparisonStats:
    """Agreement of a second engine with a first one, and the second one's score."""

    def __init__(self, first: EngineInfo, second: str, truth_labels: str | None) -> None:
        self._names = (first.key.variant, second)
        self._scorer = Scorer(first.key.spec.labels, truth_labels) if truth_labels else None
        self._frames = 0
        self._agreements = 0.0
        self._quality: Quality | None = None

    def add(self, frame: Frame, comparison: Comparison) -> None:
        """Count the second engine's result of a frame."""
        self._frames += 1
        self._agreements += comparison.agreement
        if self._scorer is not None:
            self._scorer.add(frame, comparison.result)

    def scored(self, comparison: Comparison, *, refresh: bool) -> Comparison:
        """Return the comparison with the second engine's score so far, or at the last refresh."""
        if self._scorer is None:
            return comparison
        if refresh or self._quality is None:
            self._quality = self._scorer.quality()
        return replace(comparison, quality=self._quality)

    def summary(self) -> ComparisonSummary:
        """Return the figures for `summary.json`."""
        return ComparisonSummary(
            variant=self._names[0],
            second=self._names[1],
            frames=self._frames,
            agreement=self._agreements / self._frames if self._frames else None,
            quality=QualityRecord.of(self._scorer.quality() if self._scorer else None),
        )


def named(variants: Iterable[VariantStats]) -> dict[str, VariantStats]:
    """Return statistics by variant name, with model or threads if that is not unique."""
    variants = list(variants)
    keys = [stats.info.key for stats in variants]
    models = {key.model for key in keys}
    uses = Counter((key.model, key.variant) for key in keys)
    names = {}
    for key, stats in zip(keys, variants, strict=True):
        name = key.variant if len(models) == 1 else f"{key.model} {key.variant}"
        if uses[key.model, key.variant] > 1:
            name += f" on {count(key.threads, 'thread')}"
        names[name] = stats
    return names


def rate_of(mean_ms: float | None) -> float | None:
    """Return the rate per second that fits a duration, None for none."""
    return 1e3 / mean_ms if mean_ms else None
