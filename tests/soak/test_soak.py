"""The soak runs to its end, and its judgement finds a leak."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.soak.judgement import Ending, judge, passed, settled, trend
from tests.soak.keys import CYCLE_S, QUIET_S, cycle
from tests.soak.samples import Minute, Sample, sum_up
from tests.soak.soak import skipped

ROOT = Path(__file__).resolve().parents[2]
GOOD = Ending(0, 90_000, 0, 0, 0, 0, False)
# What the allocator gives and takes: no growth, and 3 % between the minutes.
NOISE = (0, 7, -4, 3, 9, -2, 5, -6, 8, 1)


def minutes(count: int = 60, *, grows_mb: float = 0.0, descriptors: int = 0) -> list[Minute]:
    """Return minutes of a run that warms up for a quarter of an hour; grows_mb: each minute."""
    return [
        Minute(
            number=i + 1,
            frames=1500,
            rss_mb=400 + 6 * min(i, 14) + NOISE[i % 10] + grows_mb * i,
            anon_mb=300 + 6 * min(i, 14) + NOISE[i % 10] + grows_mb * i,
            peak_mb=600,
            descriptors=20 + descriptors * (i // 20),
            threads=13,
            children=0,
        )
        for i in range(count)
    ]


def missed(run: list[Minute], ending: Ending = GOOD) -> list[str]:
    """Return the names of the bounds that are missed."""
    return [check.name for check in judge(run, ending) if check.kept is False]


def test_a_run_that_keeps_nothing_passes() -> None:
    """Warming up and noise are no growth."""
    checks = judge(minutes(), GOOD)
    assert passed(checks)
    assert all(check.kept for check in checks)


def test_a_slow_leak_is_found() -> None:
    """Half a megabyte a minute is 22 MB over the judged minutes, 4.6 %."""
    assert missed(minutes(grows_mb=0.5)) == ["memory", "memory of no file"]


def test_a_descriptor_in_twenty_minutes_is_found() -> None:
    """One more in each third of the run."""
    assert missed(minutes(descriptors=1)) == ["descriptors"]


@pytest.mark.parametrize(
    ("ending", "name"),
    [
        (replace(GOOD, dropped=1), "dropped"),
        (replace(GOOD, missing=1), "missing"),
        (replace(GOOD, recording_dropped=1), "recording"),
        (replace(GOOD, clients=1), "clients"),
        (replace(GOOD, traceback=True), "traceback"),
        (replace(GOOD, exit_code=None), "exit"),
        (replace(GOOD, frames=0), "frames"),
    ],
)
def test_each_loss_fails(ending: Ending, name: str) -> None:
    """One lost frame, one refused request or a bad end is enough."""
    assert missed(minutes(), ending) == [name]


def test_a_short_run_is_not_judged_by_its_memory() -> None:
    """Its first minutes only warm up, and it says so."""
    checks = {check.name: check for check in judge(minutes(4), GOOD)}
    assert checks["memory"].kept is None
    assert "8 needed" in checks["memory"].text


def test_the_judged_minutes_begin_after_the_fifteenth() -> None:
    """And with the second half of a run that is shorter than twice that."""
    assert settled(minutes(60))[0].number == 16
    assert settled(minutes(20))[0].number == 11


def test_the_trend_ignores_odd_minutes() -> None:
    """A fifth of the minutes may be anything."""
    values = [100.0 + i for i in range(11)]
    assert trend(values) == pytest.approx(0.1)
    values[3] = values[8] = 900.0
    assert trend(values) == pytest.approx(0.1, abs=0.02)


def test_a_minute_counts_descriptors_while_all_is_quiet() -> None:
    """A file that is being changed counts twice for a moment, which is no leak."""
    sample = Sample(0.0, 400.0, 300.0, 25, 14, 1, 100, False)
    quiet = replace(sample, descriptors=20, threads=13, children=0, frames=130, quiet=True)
    minute = sum_up(1, [replace(sample, descriptors=19), sample, quiet])
    assert (minute.descriptors, minute.threads, minute.children) == (20, 13, 0)
    assert minute.frames == 30


def test_skipped_numbers_of_the_log_are_counted(tmp_path: Path) -> None:
    """A source that starts again is no gap."""
    lines = [json.dumps({"index": index}) for index in (0, 1, 4, 5, 0, 1)]
    (tmp_path / "frames.jsonl").write_text("\n".join(lines) + "\n")
    assert skipped(tmp_path) == 2


def test_a_cycle_ends_where_it_began() -> None:
    """Each key that turns something is pressed until it is as before, all within the cycle."""
    pressed = cycle(2)
    times = {key: sum(press.key == key for press in pressed) for key in "mrchlbto"}
    times["space"] = sum(press.key == "space" for press in pressed)
    assert times == {
        "m": 2, "r": 2, "c": 3, "h": 2, "l": 2, "b": 2, "t": 2, "o": 4, "space": 3,
    }  # fmt: skip
    assert all(press.at_s < QUIET_S for press in pressed)
    assert QUIET_S < CYCLE_S


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="samples are taken from /proc")
def test_half_a_minute_of_it_loses_nothing(tmp_path: Path) -> None:
    """All keys twice, with recording and browsers: the exit code, the figures and the chart."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--smoke", "--out", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "soak.json").read_text())
    kept = {check["name"]: check["kept"] for check in found["checks"]}
    judged = ("frames", "dropped", "missing", "recording", "clients", "traceback", "exit")
    assert {name: kept[name] for name in judged} == dict.fromkeys(judged, True)
    assert len(found["minutes"]) == 2
    assert (tmp_path / "soak.png").read_bytes().startswith(b"\x89PNG")
