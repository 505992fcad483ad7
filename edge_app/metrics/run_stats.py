"""Statistics of a run: rates, latencies and quality, as shown and as recorded."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from edge_app.frame import Comparison, Frame, Result, Status
from edge_app.metrics.variant_stats import ComparisonStats, VariantStats, named, network_rate
from edge_app.model.engine import EngineInfo, EngineKey, Inference
from edge_app.quality import ConfusionMatrix, Quality
from edge_app.results.run_summary import FrameRates, RunFigures
from edge_app.state import State
from edge_app.style import REFRESH_S
from edge_app.timing import STAGES, Latency, Rate, Timings

_RECENT_FRAMES = 120


class CountedSource(Protocol):
    """What the statistics need to know of a source; see `Source`."""

    live: bool
    rate_hz: float | None
    damaged: int
    truth_labels: str | None


class SourceStats:
    """Counts of the frames that sources delivered, dropped, or could not decode.

    before: counts of the earlier sources of the run, which are added.
    """

    def __init__(self, source: CountedSource, before: SourceStats | None = None) -> None:
        self.source = source
        # Dropped and damaged frames of earlier sources.
        self._before = (before.dropped, before.damaged) if before else (0, 0)
        self._captured = Rate()
        self._stale = 0
        self._channel_drops: Callable[[], int] = lambda: 0

    @property
    def dropped(self) -> int:
        """Frames of live sources that were not shown."""
        return self._before[0] + self._channel_drops() + self._stale

    @property
    def damaged(self) -> int:
        """Frames that could not be decoded."""
        return self._before[1] + self.source.damaged

    @property
    def policy(self) -> str:
        """Which frames are processed."""
        return "newest frame" if self.source.live else "every frame"

    @property
    def recent_hz(self) -> float | None:
        """Rate of a camera over the last seconds, or the nominal rate of a file."""
        return self._captured.recent_hz if self.source.live else self.source.rate_hz

    @property
    def overall_hz(self) -> float | None:
        """Rate of a camera since its start, or the nominal rate of a file."""
        return self._captured.overall_hz if self.source.live else self.source.rate_hz

    def count_captured(self, captured_s: float) -> None:
        """Count a frame of a live source; called by the capture thread."""
        self._captured.tick(captured_s)

    def count_stale(self) -> None:
        """Count a frame that was captured before a pause and is dropped after it."""
        self._stale += 1

    def watch_drops(self, channel_drops: Callable[[], int]) -> None:
        """Set where the number of frames dropped by the capture channel is read."""
        self._channel_drops = channel_drops


class RunStats:
    """Statistics of a run over all its engines; `status` is cheap between two refreshes.

    info: the engine that is counted now; `switch_to` changes it.
    states, switch: current values of the `Status` fields of the same name.
    sources: counts of the frames that came from the source.
    Raises UsageError if the source's truth has no correspondence to the model's classes.
    """

    def __init__(
        self,
        info: EngineInfo,
        source: CountedSource,
        *,
        states: Callable[[], tuple[State, ...]] = tuple,
        switch: Callable[[], str] = str,
    ) -> None:
        self.sources = SourceStats(source)
        self.frames = 0
        self._variants: dict[EngineKey, VariantStats] = {}
        self._comparisons: dict[tuple[EngineKey, str], ComparisonStats] = {}
        self._recent: deque[Timings] = deque(maxlen=_RECENT_FRAMES)
        self._shown = Rate()
        self._states = states
        self._switch = switch
        self._status: Status | None = None
        self._refresh_s = -math.inf
        self.switch_to(info)

    def change_source(self, info: EngineInfo, source: CountedSource) -> None:
        """Go on with another engine and source; what was counted so far stays."""
        self.sources = SourceStats(source, self.sources)
        self.switch_to(info)

    def switch_to(self, info: EngineInfo) -> None:
        """Count for another engine from now on; its recent latencies and rates begin again."""
        variant = self._variants.get(info.key)
        if variant is None:
            variant = VariantStats(info, self.sources.source.truth_labels)
            self._variants[info.key] = variant
        variant.restart(info)
        self.info, self._current = info, variant
        self._recent.clear()
        self._status = None

    def score(self, frame: Frame, result: Result) -> ConfusionMatrix | None:
        """Score a result against its frame's truth; return the counts, None without truth."""
        return self._current.scorer.add(frame, result)

    def compare(
        self, frame: Frame, comparison: Comparison, counts: ConfusionMatrix | None, now_s: float
    ) -> Comparison:
        """Count a second engine's result; return it with the scores of both so far.

        counts: of the current engine's result of the same frame, as `score` returned them.
        """
        key = (self.info.key, comparison.name)
        stats = self._comparisons.get(key)
        if stats is None:
            truth_labels = self.sources.source.truth_labels
            model = comparison.models[1] if comparison.models else None
            stats = ComparisonStats(self.info, comparison.variant, truth_labels, model)
            self._comparisons[key] = stats
        stats.add(frame, comparison, counts)
        return stats.scored(comparison, refresh=now_s - self._refresh_s >= REFRESH_S)

    def add(self, timings: Timings, now_s: float) -> None:
        """Count a finished frame."""
        self.frames += 1
        self._current.log.add(timings)
        self._recent.append(timings)
        self._current.rate.tick(now_s)
        self._shown.tick(now_s)

    def add_group(
        self, frames: Sequence[Frame], inferences: Sequence[Inference[Result]], now_s: float
    ) -> Timings:
        """Score and count frames that were finished together; return the last one's timings."""
        current = self._current
        group = []
        for frame, (result, prepare_ms, invoke_ms, decode_ms) in zip(
            frames, inferences, strict=True
        ):
            current.scorer.add(frame, result)
            end_to_end_ms = (now_s - frame.captured_s) * 1e3
            group.append(
                Timings(frame.capture_ms, prepare_ms, invoke_ms, decode_ms, 0.0, end_to_end_ms)
            )
        for timings in group:
            current.log.add(timings)
        self._recent.extend(group)
        self.frames += len(group)
        current.rate.tick(now_s, len(group))
        self._shown.tick(now_s, len(group))
        return group[-1]

    def skip(self, span_s: float) -> None:
        """Leave a pause out of the rates."""
        self._current.rate.rest(span_s)
        self._shown.rest(span_s)

    def status(self, now_s: float) -> Status:
        """Return what displays show; refreshed at most five times a second."""
        if self._status is None or now_s - self._refresh_s >= REFRESH_S:
            self._refresh_s = now_s
            self._status = self._make_status()
        return self._status

    def final_status(self) -> Status:
        """Return what displays show, refreshed now."""
        self._status = self._make_status()
        return self._status

    @property
    def shown_hz(self) -> float | None:
        """Finished frames per second over the whole run."""
        return self._shown.overall_hz

    def timings(self) -> Sequence[Timings]:
        """Return the logged timings of the current engine, up to the log's limit."""
        return self._current.log.kept

    def quality(self) -> Quality | None:
        """Return the score of the current engine."""
        return self._current.scorer.quality()

    def _make_status(self) -> Status:
        info, recent, sources = self.info, self._recent, self.sources
        key = info.key
        stages = {}
        for stage in STAGES:
            latency = Latency.of(getattr(timings, f"{stage}_ms") for timings in recent)
            if latency is not None:
                stages[stage] = latency
        return Status(
            task=key.spec.task,
            model=key.spec.title,
            variant=key.variant,
            size_bytes=info.size_bytes,
            runtime=info.runtime_title,
            threads=key.threads,
            policy=sources.policy,
            variants=tuple(key.spec.variants),
            labels=key.spec.labels,
            frames=self.frames,
            shown_fps=self._current.rate.recent_hz,
            network_fps=network_rate(stages),
            source_fps=sources.recent_hz,
            stages=stages,
            age_ms=recent[-1].end_to_end_ms if recent else None,
            dropped=sources.dropped,
            damaged=sources.damaged,
            quality=self.quality(),
            states=self._states(),
            switch=self._switch(),
        )

    def summary(self) -> RunFigures:
        """Return the run's figures for `summary.json`."""
        last, sources = self._current.summary(), self.sources
        used = [one for one in self._variants.values() if one.log.n or one is self._current]
        return RunFigures(
            frames=self.frames,
            dropped=sources.dropped,
            damaged=sources.damaged,
            task=self.info.key.spec.task,
            model=last.model,
            variant=last.variant,
            bytes=last.bytes,
            runtime=last.runtime,
            threads=last.threads,
            policy=sources.policy,
            fps=FrameRates(
                source=sources.overall_hz, network=last.network_fps, shown=self._shown.overall_hz
            ),
            stages=last.stages,
            quality=last.quality,
            delegation=last.delegation,
            variants={name: variant.summary() for name, variant in named(used).items()},
            comparisons=tuple(one.summary() for one in self._comparisons.values()),
        )
