"""Agreement of float32 and int8: python -m tests.benchmarks.bench_agreement.

The figures are those of the compare view for every frame of the shipped clip, or of other
videos, by the shipped street model.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from pathlib import Path

from edge_app.frame import Comparison, Status, Step
from edge_app.metrics.agreement import partner
from edge_app.model.card import ModelSpec
from edge_app.model.catalog import resolve_model, sample
from edge_app.model.engine import Engine, EngineKey, load_engine
from edge_app.pipeline.controller import thread_choices
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.sources.factory import open_source
from tests.benchmarks.script import bench_parser, say
from tests.support.runs import make_run


class ComparisonSink:
    """A sink that collects all comparisons."""

    wants_canvas = False
    every_frame = True

    def __init__(self) -> None:
        self.comparisons: list[Comparison] = []

    def write(self, step: Step, status: Status) -> None:
        """Collect the comparison of a frame, if there is one."""
        if step.comparison is not None:
            self.comparisons.append(step.comparison)

    def close(self) -> None:
        """Do nothing."""


def compare_all(spec: ModelSpec, video: str, frames: int | None) -> list[Comparison]:
    """Return the comparison of every frame of a video; frames: at most so many."""
    threads = thread_choices()[-1]

    def load(key: EngineKey) -> Engine:
        return load_engine(key.spec, key.variant, threads=key.threads)

    first = load(EngineKey(spec, "float32", threads))
    sink = ComparisonSink()
    with (
        EnginePool(first, load, keep=2, partner=partner) as pool,
        open_source(video, max_frames=frames) as source,
    ):
        pool.compare(True)
        while not pool.has(EngineKey(spec, "int8", threads)):
            time.sleep(0.01)
        make_run(source, first, [sink], pool=pool).go()
    return sink.comparisons


def measure(video: str, frames: int | None) -> None:
    """Print the mean agreement over all frames, the lowest, and the mean of each class."""
    spec = resolve_model("street")
    comparisons = compare_all(spec, video or sample(spec)[0], frames)
    agreements = [comparison.agreement for comparison in comparisons]
    classes: dict[str, list[float]] = defaultdict(list)
    for comparison in comparisons:
        for name, share in comparison.per_class:
            classes[name].append(share)
    by_class = "  ".join(
        f"{name} {statistics.fmean(values):.3f} ({len(values)})"
        for name, values in sorted(classes.items(), key=lambda item: -len(item[1]))
    )
    say(
        f"{Path(video).name or 'sample'}, float32 and int8: mean "
        f"{statistics.fmean(agreements):.4f}, lowest {min(agreements):.4f} of {len(agreements)} "
        f"frames; by class (frames in view): {by_class}"
    )


def main() -> None:
    """Measure the shipped clip or other videos."""
    parser = bench_parser(__doc__)
    parser.add_argument("videos", nargs="*", default=[""], help="(default: the shipped clip)")
    options = parser.parse_args()
    for video in options.videos:
        measure(video, 3 if options.smoke else None)


if __name__ == "__main__":
    main()
