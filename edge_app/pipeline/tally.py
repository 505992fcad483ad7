"""Count a run: rates, latencies and quality, as shown and as recorded."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from edge_app.frame import Frame, Result, Status
from edge_app.pipeline.engine import Engine
from edge_app.pipeline.scoring import Scorer
from edge_app.quality import Quality
from edge_app.sources.base import Source
from edge_app.timing import STAGES, Latency, Rate, Timings, TimingsLog

# Figures that change more often than this cannot be read.
_REFRESH_S = 0.2
_RECENT_FRAMES = 120


class Tally:
    """Add up what happens in a run; `status` is cheap between two refreshes."""

    def __init__(self, engine: Engine, source: Source, scorer: Scorer | None) -> None:
        self._engine = engine
        self._source = source
        self._scorer = scorer
        self._log = TimingsLog()
        self._recent: deque[Timings] = deque(maxlen=_RECENT_FRAMES)
        self._shown = Rate()
        self._captured = Rate()
        self._drops: Callable[[], int] = lambda: 0
        self._status: Status | None = None
        self._refresh_s = -math.inf

    def watch_drops(self, drops: Callable[[], int]) -> None:
        """Ask for the number of dropped frames here."""
        self._drops = drops

    def delivered(self, captured_s: float) -> None:
        """Note a frame of a live source; called by the capture thread."""
        self._captured.tick(captured_s)

    def score(self, frame: Frame, result: Result) -> None:
        """Compare an answer with its frame's truth, where there is one."""
        if self._scorer is not None:
            self._scorer.add(frame, result)

    def add(self, timings: Timings, now_s: float) -> None:
        """Note a finished frame."""
        self._log.add(timings)
        self._recent.append(timings)
        self._shown.tick(now_s)

    def add_group(
        self,
        frames: Sequence[Frame],
        answers: Sequence[tuple[Result, float, float, float]],
        now_s: float,
    ) -> Timings:
        """Score and note frames that were finished together; return the last one's timings."""
        scorer = self._scorer
        group = []
        for frame, (result, prepare_ms, invoke_ms, decode_ms) in zip(frames, answers, strict=True):
            if scorer is not None:
                scorer.add(frame, result)
            end_to_end_ms = (now_s - frame.captured_s) * 1e3
            group.append(
                Timings(frame.capture_ms, prepare_ms, invoke_ms, decode_ms, 0.0, end_to_end_ms)
            )
        for timings in group:
            self._log.add(timings)
        self._recent.extend(group)
        self._shown.tick(now_s, len(group))
        return group[-1]

    def status(self, now_s: float) -> Status:
        """Return what displays show, made anew at most five times a second."""
        if self._status is None or now_s - self._refresh_s >= _REFRESH_S:
            self._refresh_s = now_s
            self._status = self._make_status()
        return self._status

    def final_status(self) -> Status:
        """Return what displays show at the end, made anew."""
        return self._make_status()

    @property
    def frames(self) -> int:
        """How many frames are finished."""
        return self._log.n

    @property
    def shown_hz(self) -> float | None:
        """Finished frames per second over the whole run."""
        return self._shown.overall_hz

    def timings(self) -> Sequence[Timings]:
        """Return the timings that are kept, of all frames up to the log's bound."""
        return self._log.kept

    def _make_status(self) -> Status:
        engine, recent = self._engine, self._recent
        stages = {}
        for stage in STAGES:
            latency = Latency.of(getattr(timings, f"{stage}_ms") for timings in recent)
            if latency is not None:
                stages[stage] = latency
        invoke = stages.get("invoke")
        return Status(
            task=engine.spec.task,
            model=engine.spec.title,
            variant=engine.variant.name,
            size_bytes=engine.variant.bytes,
            runtime=engine.network.runtime.title,
            threads=engine.network.threads,
            policy="newest frame" if self._source.live else "every frame",
            frames=self._log.n,
            shown_fps=self._shown.recent_hz,
            network_fps=1e3 / invoke.mean_ms if invoke and invoke.mean_ms > 0 else None,
            source_fps=self._source_hz(self._captured.recent_hz),
            stages=stages,
            age_ms=recent[-1].end_to_end_ms if recent else None,
            dropped=self._drops(),
            damaged=self._source.damaged,
            quality=self.quality(),
        )

    def _source_hz(self, measured: float | None) -> float | None:
        """Return a camera's measured rate, or the rate a file states of itself."""
        return measured if self._source.live else self._source.rate_hz

    def quality(self) -> Quality | None:
        """Return the score so far."""
        return self._scorer.quality() if self._scorer else None

    def summary(self) -> dict[str, Any]:
        """Return the run's figures in the form of `summary.json`."""
        stages = self._log.latencies()
        invoke = stages.get("invoke")
        return {
            "frames": self._log.n,
            "dropped": self._drops(),
            "damaged": self._source.damaged,
            "task": self._engine.spec.task,
            "model": self._engine.spec.name,
            "variant": self._engine.variant.name,
            "bytes": self._engine.variant.bytes,
            "runtime": self._engine.network.runtime.name,
            "threads": self._engine.network.threads,
            "policy": "newest frame" if self._source.live else "every frame",
            "fps": {
                "source": self._source_hz(self._captured.overall_hz),
                "network": 1e3 / invoke.mean_ms if invoke and invoke.mean_ms > 0 else None,
                "shown": self._shown.overall_hz,
            },
            "stages": {stage: asdict(latency) for stage, latency in stages.items()},
            "quality": quality_record(self.quality()),
            "delegation": self._engine.network.delegation.words(),
        }


def quality_record(quality: Quality | None) -> Mapping[str, Any] | None:
    """Return the score for JSON: a class that never occurred has null, not NaN."""
    if quality is None:
        return None
    return {
        "frames": quality.frames,
        "pixel_accuracy": quality.pixel_accuracy,
        "miou": quality.miou,
        "per_class": {name: None if math.isnan(iou) else iou for name, iou in quality.per_class},
        "top1": quality.top1,
    }
