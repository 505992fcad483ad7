"""Soak edge-app: python -m tests.soak --minutes 60; make soak MINUTES=60.

A street video runs in a loop in a terminal of its own, is recorded in segments, logged and watched
by browsers that come and go, while each minute the same keys switch variants, threads and tasks,
compare, pause, take snapshots and stop the recording. Memory, descriptors, threads and children
are sampled each second. Exit code 1 if one of them grows, a frame is lost or the run fails.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.script import say
from tests.soak.judgement import Check, Ending, judge, passed
from tests.soak.memory_chart import draw_memory
from tests.soak.samples import Minute
from tests.soak.soak import Soak

_HEAD = "minute  frames  memory MB  of no file  peak  descriptors  threads  children"
_MARKS = {True: "kept", False: "MISSED", None: "not judged"}
_SMOKE_SCALE = 0.25  # of a minute


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, print, write and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=60, metavar="N", help="length (default: 60)")
    parser.add_argument(
        "--out", type=Path, default=Path("soak"), metavar="DIR",
        help="folder for soak.json and soak.png (default: soak)",
    )  # fmt: skip
    parser.add_argument(
        "--smoke", action="store_true", help="two cycles of 15 s, to test the script"
    )
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    minutes, scale = (2, _SMOKE_SCALE) if options.smoke else (options.minutes, 1.0)
    say(_HEAD)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        (Path(folder) / "recordings").mkdir()
        soak = Soak(Path(folder), scale, lambda minute: say(_row(minute)))
        ending = soak.drive(minutes)
    checks = judge(soak.minutes, ending)
    for check in checks:
        say(f"{check.name:18} {_MARKS[check.kept]:11} {check.text}")
    (options.out / "soak.json").write_text(json.dumps(_as_json(soak, ending, checks), indent=2))
    draw_memory(options.out / "soak.png", soak.samples, soak.minutes)
    say(f"{options.out / 'soak.json'} and soak.png")
    return 0 if passed(checks) else 1


def _row(minute: Minute) -> str:
    return (
        f"{minute.number:6d}  {minute.frames:6d}  {minute.rss_mb:9.1f}  {minute.anon_mb:10.1f}"
        f"  {minute.peak_mb:4.0f}  {minute.descriptors:11d}  {minute.threads:7d}"
        f"  {minute.children:8d}"
    )


def _as_json(soak: Soak, ending: Ending, checks: Sequence[Check]) -> dict[str, Any]:
    return {
        "passed": passed(checks),
        "checks": [check.to_json() for check in checks],
        "frames": ending.frames,
        "minutes": [minute.to_json() for minute in soak.minutes],
    }


if __name__ == "__main__":
    sys.exit(main())
