"""CPU of everything around the network: python -m tests.benchmarks.bench_line [MODEL [SOURCE]].

Each frame is prepared, answered, decoded and drawn in one thread; the CPU of the whole
process is read around each stage, so OpenCV's own threads count as well.
"""

from __future__ import annotations

import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path

from edge_app.controls import Controls
from edge_app.metrics.run_stats import RunStats
from edge_app.model.card import read_card
from edge_app.model.catalog import shipped_models
from edge_app.model.engine import engine_info, load_engine
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.overlay import Overlay
from edge_app.process import prepare_process
from edge_app.sources.factory import open_source
from edge_app.timing import Timings


def main(model: str, source_text: str, frames: int = 40) -> None:
    """Print the median CPU milliseconds of each stage."""
    prepare_process()
    path = Path(model)
    if path.suffix == ".tflite":
        spec = infer_card(path, CardOverrides())
    else:
        spec = read_card(path if path.is_dir() else shipped_models()[0])
    engine = load_engine(spec, list(spec.variants)[-1])
    overlay = Overlay(spec.labels)
    spent: dict[str, list[float]] = {"prepare": [], "invoke": [], "decode": [], "overlay": []}
    with open_source(source_text, loop=True, max_frames=frames) as source:
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
            parts = [(after - before) * 1e3 for before, after in pairwise(marks)]
            for durations, part in zip(spent.values(), parts, strict=True):
                durations.append(part)
            stats.add(Timings(0.0, *parts), now_s)
    medians = {stage: statistics.median(durations) for stage, durations in spent.items()}
    around = [
        prepare + decode + drawn
        for prepare, decode, drawn in zip(
            spent["prepare"], spent["decode"], spent["overlay"], strict=True
        )
    ]
    stages = "  ".join(f"{stage} {cpu_ms:.2f}" for stage, cpu_ms in medians.items())
    sys.stdout.write(
        f"{spec.name}: CPU ms a frame, "
        f"median of {frames}: {stages}; "
        f"around the network: median {statistics.median(around):.2f}, "
        f"mean {statistics.fmean(around):.2f}\n"
    )


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(arguments[0] if arguments else "mnist", (arguments[1:] or ["synthetic"])[0])
