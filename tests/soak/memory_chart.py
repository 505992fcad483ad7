"""The memory of a soak over time, as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from tests.soak.judgement import settled
from tests.soak.samples import Minute, Sample


def draw_memory(path: Path, samples: Sequence[Sample], minutes: Sequence[Minute]) -> None:
    """Write a PNG: memory each second and by minutes, descriptors and threads below."""
    figure = Figure(figsize=(10, 6), layout="constrained")
    memory, counts = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    at = [sample.at_s / 60 for sample in samples]
    step = at[-1] / max(1, len(minutes))
    middles = [(minute.number - 0.5) * step for minute in minutes]
    memory.plot(
        at, [sample.rss_mb for sample in samples], color="#bbbbbb", lw=0.7, label="each second"
    )
    memory.plot(
        middles,
        [minute.rss_mb for minute in minutes],
        color="#0072B2",
        lw=2,
        label="median of a minute",
    )
    memory.plot(
        middles, [minute.anon_mb for minute in minutes], color="#D55E00", lw=2,
        label="of these, of no file",
    )  # fmt: skip
    late = settled(minutes)
    if late:
        memory.axvspan(
            (late[0].number - 1) * step, late[-1].number * step, color="#009E73", alpha=0.08
        )
    memory.set_ylabel("resident memory, MB")
    memory.set_ylim(bottom=0)
    memory.legend(loc="lower right")
    memory.set_title("edge-app under keys, viewers and recordings; what is judged is shaded")
    for name, colour in (("descriptors", "#CC79A7"), ("threads", "#56B4E9")):
        counts.plot(
            middles, [getattr(minute, name) for minute in minutes], color=colour, label=name
        )
    counts.margins(y=0.2)
    counts.set_ylim(bottom=0)
    counts.set_xlabel("minutes")
    counts.legend(loc="lower right")
    figure.savefig(path, dpi=110)
