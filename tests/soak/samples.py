"""What a process has: memory, descriptors, threads and children, from /proc."""

from __future__ import annotations

import os
import re
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process had at one moment.

    rss_mb: all resident memory. anon_mb: the share of it that no file is behind, where a leak
    shows first. quiet: taken in the part of a cycle in which all is as at the start.
    """

    at_s: float
    rss_mb: float
    anon_mb: float
    descriptors: int
    threads: int
    children: int
    frames: int
    quiet: bool


@dataclass(frozen=True, slots=True)
class Minute:
    """The samples of one cycle of keys, which lasts a minute.

    rss_mb, anon_mb: medians. peak_mb: highest rss. descriptors, threads, children: the fewest of
    the quiet part, for a file that is being changed counts twice for a moment.
    """

    number: int
    frames: int
    rss_mb: float
    anon_mb: float
    peak_mb: float
    descriptors: int
    threads: int
    children: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)


def take_sample(pid: int, at_s: float, frames: int, *, quiet: bool) -> Sample:
    """Return what a process has now. Raises OSError if it has ended."""
    process = Path("/proc") / str(pid)
    fields = dict(re.findall(r"^(\w+):\s+(\d+)", (process / "status").read_text(), re.MULTILINE))
    if "VmRSS" not in fields:
        raise ProcessLookupError(f"process {pid} has ended")
    return Sample(
        at_s=at_s,
        rss_mb=int(fields["VmRSS"]) * 1024 / _MB,
        anon_mb=int(fields["RssAnon"]) * 1024 / _MB,
        descriptors=len(os.listdir(process / "fd")),  # noqa: PTH208 - names alone, not one Path each
        threads=int(fields["Threads"]),
        children=_children(process),
        frames=frames,
        quiet=quiet,
    )


def _children(process: Path) -> int:
    found = 0
    for task in (process / "task").iterdir():
        try:
            found += len((task / "children").read_text().split())
        except OSError:  # a thread that has just ended
            continue
    return found


def sum_up(number: int, samples: Sequence[Sample]) -> Minute:
    """Return one minute; without quiet samples, from a cycle cut short, all count."""
    quiet = [sample for sample in samples if sample.quiet] or samples
    return Minute(
        number=number,
        frames=samples[-1].frames - samples[0].frames,
        rss_mb=statistics.median(sample.rss_mb for sample in samples),
        anon_mb=statistics.median(sample.anon_mb for sample in samples),
        peak_mb=max(sample.rss_mb for sample in samples),
        descriptors=min(sample.descriptors for sample in quiet),
        threads=min(sample.threads for sample in quiet),
        children=min(sample.children for sample in quiet),
    )
