"""Count a run: rates, latencies and quality, as shown and as recorded."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from edge_app.frame import Comparison, Frame, Result, Status
from edge_app.metrics.variant_stats import ComparisonStats, VariantStats, named, rate_of
from edge_app.model.engine import EngineInfo, EngineKey, Inference
from edge_app.quality import Quality
from edge_app.sources.source import Source
from edge_app.state import State
from edge_app.timing import STAGES, Latency, Rate, Timings

# Figures that change more often than this cannot be read.
_REFRESH_S = 0.2
_RECENT_FRAMES = 120


class RunStats:
    """Add up what happens in a run; `status` is cheap between two refreshes.

    info: the engine whose answers are counted now; `switch_to` changes it.
    states, switch: tell what `Status` says of the same name.
    Raises UsageError where the source's truth has no correspondence to the model's classes.
    """

    def __init__(self, info: EngineInfo, source: Source) -> None:
        self._source = source
        self._parts: dict[EngineKey, VariantStats] = {}
        self._pairs: dict[tuple[EngineKey, str], ComparisonStats] = {}
        self._recent: deque[Timings] = deque(maxlen=_RECENT_FRAMES)
        self._shown = Rate()
        self._captured = Rate()
        self._frames = 0
        self._gone = (0, 0)  # dropped and damaged frames of sources before this one
        self._drops: Callable[[], int] = lambda: 0
        self.states: Callable[[], tuple[State, ...]] = tuple
        self.switch: Callable[[], str] = str
        self._status: Status | None = None
        self._refresh_s = -math.inf
        self.switch_to(info)

    def begin(self, info: EngineInfo, source: Source) -> None:
        """Go on with another source; what was counted so far stays."""
        self._gone = (self._dropped, self._damaged)
        self._drops = lambda: 0
        self._captured = Rate()
        self._source = source
        self.switch_to(info)

    @property
    def _dropped(self) -> int:
        return self._gone[0] + self._drops()

    @property
    def _damaged(self) -> int:
        return self._gone[1] + self._source.damaged

    def switch_to(self, info: EngineInfo) -> None:
        """Count what follows for another engine; its latencies and rates begin anew."""
        part = self._parts.get(info.key)
        if part is None:
            part = self._parts[info.key] = VariantStats(info, self._source.truth_labels)
        part.info, part.rate = info, Rate()
        self.info, self._part = info, part
        self._recent.clear()
        self._status = None

    def watch_drops(self, drops: Callable[[], int]) -> None:
        """Ask for the number of dropped frames here."""
        self._drops = drops

    def delivered(self, captured_s: float) -> None:
        """Note a frame of a live source; called by the capture thread."""
        self._captured.tick(captured_s)

    def score(self, frame: Frame, result: Result) -> None:
        """Compare an answer with its frame's truth, where there is one."""
        self._part.score(frame, result)

    def compare(self, frame: Frame, comparison: Comparison, now_s: float) -> Comparison:
        """Note what a second variant said; return it with that variant's score so far."""
        key = (self.info.key, comparison.variant)
        pair = self._pairs.get(key)
        if pair is None:
            pair = ComparisonStats(self.info, comparison.variant, self._source.truth_labels)
            self._pairs[key] = pair
        pair.add(frame, comparison)
        return pair.scored(comparison, anew=now_s - self._refresh_s >= _REFRESH_S)

    def add(self, timings: Timings, now_s: float) -> None:
        """Note a finished frame."""
        self._frames += 1
        self._part.log.add(timings)
        self._recent.append(timings)
        self._part.rate.tick(now_s)
        self._shown.tick(now_s)

    def add_group(
        self,
        frames: Sequence[Frame],
        answers: Sequence[Inference[Result]],
        now_s: float,
    ) -> Timings:
        """Score and note frames that were finished together; return the last one's timings."""
        part = self._part
        group = []
        for frame, (result, prepare_ms, invoke_ms, decode_ms) in zip(frames, answers, strict=True):
            part.score(frame, result)
            end_to_end_ms = (now_s - frame.captured_s) * 1e3
            group.append(
                Timings(frame.capture_ms, prepare_ms, invoke_ms, decode_ms, 0.0, end_to_end_ms)
            )
        for timings in group:
            part.log.add(timings)
        self._recent.extend(group)
        self._frames += len(group)
        part.rate.tick(now_s, len(group))
        self._shown.tick(now_s, len(group))
        return group[-1]

    def rest(self, span_s: float) -> None:
        """Leave a pause out of the rates."""
        self._part.rate.rest(span_s)
        self._shown.rest(span_s)

    def status(self, now_s: float) -> Status:
        """Return what displays show, made anew at most five times a second."""
        if self._status is None or now_s - self._refresh_s >= _REFRESH_S:
            self._refresh_s = now_s
            self._status = self._make_status()
        return self._status

    def final_status(self) -> Status:
        """Return what displays show at this moment, made anew."""
        self._status = self._make_status()
        return self._status

    @property
    def frames(self) -> int:
        """How many frames are finished."""
        return self._frames

    @property
    def shown_hz(self) -> float | None:
        """Finished frames per second over the whole run."""
        return self._shown.overall_hz

    def timings(self) -> Sequence[Timings]:
        """Return the timings that are kept of the engine counted now, up to the log's bound."""
        return self._part.log.kept

    def _make_status(self) -> Status:
        info, recent = self.info, self._recent
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
            policy=self._policy,
            frames=self._frames,
            shown_fps=self._part.rate.recent_hz,
            network_fps=rate_of(stages["invoke"].mean_ms if "invoke" in stages else None),
            source_fps=self._source_hz(self._captured.recent_hz),
            stages=stages,
            age_ms=recent[-1].end_to_end_ms if recent else None,
            dropped=self._dropped,
            damaged=self._damaged,
            quality=self.quality(),
            states=self.states(),
            switch=self.switch(),
        )

    @property
    def _policy(self) -> str:
        return "newest frame" if self._source.live else "every frame"

    def _source_hz(self, measured: float | None) -> float | None:
        """Return a camera's measured rate, or the rate a file states of itself."""
        return measured if self._source.live else self._source.rate_hz

    def quality(self) -> Quality | None:
        """Return the score of the engine counted now."""
        return self._part.quality()

    def summary(self) -> dict[str, Any]:
        """Return the run's figures in the form of `summary.json`.

        frames, dropped, damaged and the shown rate are the whole run's, the other figures those
        of its last engine; `variants` has them of every one that answered.
        """
        last = self._part.record()
        told = {
            "frames": self._frames,
            "dropped": self._dropped,
            "damaged": self._damaged,
            "task": self.info.key.spec.task,
            **{name: last[name] for name in ("model", "variant", "bytes", "runtime", "threads")},
            "policy": self._policy,
            "fps": {
                "source": self._source_hz(self._captured.overall_hz),
                "network": last["network_fps"],
                "shown": self._shown.overall_hz,
            },
            **{name: last[name] for name in ("stages", "quality", "delegation")},
            "variants": {name: part.record() for name, part in self._named().items()},
        }
        if self._pairs:
            told["comparisons"] = [pair.record() for pair in self._pairs.values()]
        return told

    def _named(self) -> dict[str, VariantStats]:
        """Name the parts that have frames; the current one in any case."""
        parts = [part for part in self._parts.values() if part.log.n or part is self._part]
        return named(parts)
