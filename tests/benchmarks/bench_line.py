"""CPU time of everything around the network: python -m tests.benchmarks.bench_line.

Each frame is prepared, inferred, decoded and drawn in one thread. The CPU time of the whole
process is read around each stage, so that OpenCV's own threads count as well.
"""

from __future__ import annotations

import statistics
import time
from itertools import pairwise

from edge_app.controls import Controls
from edge_app.metrics.run_stats import RunStats
from edge_app.model.catalog import resolve_model, sample
from edge_app.model.engine import engine_info, load_engine
from edge_app.overlay import Overlay
from edge_app.process import prepare_process
from edge_app.sources.factory import open_source
from edge_app.timing import Timings
from tests.benchmarks.script import bench_parser, say


def measure(model: str, source_text: str | None, frames: int) -> None:
    """Print the median CPU milliseconds of each stage."""
    spec = resolve_model(model)
    engine = load_engine(spec, list(spec.variants)[-1])
    overlay = Overlay(spec.labels)
    spent: dict[str, list[float]] = {"prepare": [], "invoke": [], "decode": [], "overlay": []}
    with open_source(source_text or sample(spec)[0], loop=True, max_frames=frames) as source:
        stats = RunStats(engine_info(engine), source)
        for frame in source:
            marks = [time.process_time()]
            engine.network.write(engine.preprocess.fill, frame.image)
            marks.append(time.process_time())
            engine.network.invoke()
            marks.append(time.process_time())
            height, width = frame.image.shape[:2]
            result = engine.decoder.decode(engine.network.read(), (width, height))
            marks.append(time.process_time())
            now_s = time.monotonic()
            overlay.draw(frame, result, stats.status(now_s), Controls(), now_s)
            marks.append(time.process_time())
            stages_ms = [(after - before) * 1e3 for before, after in pairwise(marks)]
            for durations, stage_ms in zip(spent.values(), stages_ms, strict=True):
                durations.append(stage_ms)
            stats.add(Timings(0.0, *stages_ms), now_s)
    engine.close()
    medians = {stage: statistics.median(durations) for stage, durations in spent.items()}
    around = [
        prepare + decode + drawn
        for prepare, decode, drawn in zip(
            spent["prepare"], spent["decode"], spent["overlay"], strict=True
        )
    ]
    stages = "  ".join(f"{stage} {cpu_ms:.2f}" for stage, cpu_ms in medians.items())
    say(
        f"{spec.name}: CPU ms per frame, median of {frames}: {stages}; around the network: "
        f"median {statistics.median(around):.2f}, mean {statistics.fmean(around):.2f}"
    )


def main() -> None:
    """Measure a model on a source."""
    prepare_process()
    parser = bench_parser(__doc__)
    parser.add_argument("model", nargs="?", default="mnist", help="model (default: mnist)")
    parser.add_argument("source", nargs="?", help="source (default: the sample of the model)")
    options = parser.parse_args()
    measure(options.model, options.source, 3 if options.smoke else 40)


if __name__ == "__main__":
    main()
