"""Statistics of each engine of a run, and of each pair that is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from msgspec import UNSET

from edge_app.frame import Comparison, Frame
from edge_app.metrics.scorer import Scorer
from edge_app.model.engine import EngineInfo
from edge_app.quality import ConfusionMatrix, Quality
from edge_app.results.run_summary import ComparisonSummary, VariantSummary
from edge_app.style import count
from edge_app.timing import Latency, Rate, TimingsLog


class VariantStats:
    """Timings and score of one engine, and its rate since it became the active one.

    truth_labels: label set of the source's truth, None without truth.
    Raises UsageError if the truth has no correspondence to the model's classes.
    """

    def __init__(self, info: EngineInfo, truth_labels: str | None) -> None:
        self.info = info
        self.log = TimingsLog()
        self.rate = Rate()
        self.scorer = Scorer(info.key.spec.labels, truth_labels)
        self._before = (0, 0.0)  # events and seconds of earlier rates

    def restart(self, info: EngineInfo) -> None:
        """Go on with the same engine, perhaps loaded again; its rate starts again."""
        self._before = self._total()
        self.info, self.rate = info, Rate()

    def _total(self) -> tuple[int, float]:
        events, seconds = self.rate.total
        return self._before[0] + events, self._before[1] + seconds

    def summary(self) -> VariantSummary:
        """Return the figures for `summary.json`."""
        stages = self.log.latencies()
        events, seconds = self._total()
        return VariantSummary(
            frames=self.log.n,
            model=self.info.key.model,
            variant=self.info.key.variant,
            bytes=self.info.size_bytes,
            runtime=self.info.runtime,
            threads=self.info.key.threads,
            network_fps=network_rate(stages),
            shown_fps=events / seconds if events and seconds > 0 else None,
            stages=stages,
            quality=self.scorer.quality(),
            delegation=self.info.delegation,
        )


class ComparisonStats:
    """Agreement of a second engine with a first one, and the scores of both on the same frames.

    model: of the second one, None if it is that of the first.
    """

    def __init__(
        self, first: EngineInfo, second: str, truth_labels: str | None, model: str | None = None
    ) -> None:
        self._names = (first.key.variant, second)
        self._model = model
        labels = first.key.spec.labels
        self._scorers = Scorer(labels, truth_labels), Scorer(labels, truth_labels)
        self._frames = 0
        self._agreements = self._invoke_ms = 0.0
        self._shown: tuple[Quality | None, Quality | None] | None = None

    def add(self, frame: Frame, comparison: Comparison, counts: ConfusionMatrix | None) -> None:
        """Count the second engine's result of a frame.

        counts: of the first engine's result of it, None without truth.
        """
        self._frames += 1
        self._agreements += comparison.agreement
        self._invoke_ms += comparison.invoke_ms
        if counts is not None:
            first, second = self._scorers
            first.add_counts(counts)
            second.add(frame, comparison.result)

    def scored(self, comparison: Comparison, *, refresh: bool) -> Comparison:
        """Return the comparison with the scores so far, or those at the last refresh."""
        if refresh or self._shown is None:
            self._shown = self._qualities()
        first, second = self._shown
        return replace(comparison, first_quality=first, quality=second)

    def _qualities(self) -> tuple[Quality | None, Quality | None]:
        first, second = self._scorers
        return first.quality(), second.quality()

    def summary(self) -> ComparisonSummary:
        """Return the figures for `summary.json`."""
        first, second = self._qualities()
        return ComparisonSummary(
            variant=self._names[0],
            second=self._names[1],
            with_model=self._model or UNSET,
            frames=self._frames,
            agreement=self._agreements / self._frames if self._frames else None,
            invoke_ms=self._invoke_ms / self._frames if self._frames else None,
            first_quality=first,
            quality=second,
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


def network_rate(stages: Mapping[str, Latency]) -> float | None:
    """Return the rate per second that the network alone would reach; None if it never ran."""
    # Frames without digits never reach the network: their mean is 0.
    mean_ms = stages["invoke"].mean_ms if "invoke" in stages else 0.0
    return 1e3 / mean_ms if mean_ms else None
