"""How alike float32 and int8 are: python -m tests.benchmarks.bench_agreement [VIDEO ...].

The figures are those of the compare view, of every frame of the shipped clip or of the videos
that are named, by the shipped street model.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from edge_app.frame import Comparison, Status, Step
from edge_app.metrics.agreement import partner
from edge_app.model.card import ModelSpec, read_card
from edge_app.model.catalog import sample
from edge_app.model.engine import Engine, EngineKey, load_engine
from edge_app.paths import assets_dir
from edge_app.pipeline.controller import thread_choices
from edge_app.pipeline.engine_pool import EnginePool
from edge_app.sources.factory import open_source
from tests.support.runs import make_run


class Keeper:
    """Keep every comparison."""

    wants_canvas = False
    every_frame = True

    def __init__(self) -> None:
        self.told: list[Comparison] = []

    def write(self, step: Step, status: Status) -> None:
        """Keep what two variants said of a frame."""
        if step.comparison is not None:
            self.told.append(step.comparison)

    def close(self) -> None:
        """Hold nothing."""


def compared(spec: ModelSpec, video: str) -> list[Comparison]:
    """Return what the compare view says of every frame of a video."""
    threads = thread_choices()[-1]

    def load(key: EngineKey) -> Engine:
        return load_engine(key.spec, key.variant, threads=key.threads)

    first = load(EngineKey(spec, "float32", threads))
    keeper = Keeper()
    with EnginePool(first, load, keep=2, partner=partner) as pool, open_source(video) as source:
        pool.compare(True)
        while not pool.has(EngineKey(spec, "int8", threads)):
            time.sleep(0.01)
        make_run(source, first, [keeper], pool=pool).go()
    return keeper.told


def main(videos: list[str]) -> None:
    """Print the agreement over all frames, of the worst one, and by class."""
    spec = read_card(assets_dir() / "models" / "street")
    for video in videos or [sample(spec)[0]]:
        told = compared(spec, video)
        shares = [one.agreement for one in told]
        classes: dict[str, list[float]] = {}
        for one in told:
            for name, share in one.per_class:
                classes.setdefault(name, []).append(share)
        by_class = "  ".join(
            f"{name} {statistics.fmean(values):.3f} ({len(values)})"
            for name, values in sorted(classes.items(), key=lambda item: -len(item[1]))
        )
        sys.stdout.write(
            f"{Path(video).name}, float32 and int8: mean {statistics.fmean(shares):.4f}, worst "
            f"{min(shares):.4f} of {len(shares)} frames; by class (frames in view): {by_class}\n"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
