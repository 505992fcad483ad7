"""A benchmark ends with one table that is never cut, and a verdict in sentences."""

from __future__ import annotations

import io
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from rich.console import Console

from edge_app.bench.bench_output import gained, print_results, print_verdict
from edge_app.bench.benchmark import Benchmark
from edge_app.bench.cases import cases_of
from edge_app.bench.quality_result import QualityResult
from edge_app.bench.tables import board_line
from edge_app.board import Verdict
from edge_app.quality import Quality
from tests.support.made_results import SIZES, board, trial, trial_request

NAMES = ("float32", "float16", "dynamic_range", "int8")


def measured(assets: Path, threads: tuple[int | None, ...] = (None,)) -> Benchmark:
    """Return a benchmark of four variants, of which int8 takes 0.007 ms."""
    cases = cases_of(NAMES, ["litert"], threads)
    found = Benchmark(trial_request(assets), cases, board(), threading.Event())
    for case in cases:
        one = trial(case.variant)
        setup = structs.replace(one.setup, bytes=SIZES[case.variant], threads=case.threads or 2)
        invoke_ms = 0.00712 if case.variant == "int8" else 12.3456
        found.trials[case] = [replace(one, setup=setup, invoke_only=[invoke_ms] * 5)]
        quality = Quality(frames=500, top1=0.984)
        found.answers[case] = QualityResult(500, agreement=1.0, seconds=1.0, quality=quality)
    return found


def shown(benchmark: Benchmark, width: int, *, detailed: bool = False) -> str:
    """Return what is printed in so many columns, not on a terminal."""
    text = io.StringIO()
    console = Console(file=text, width=width)
    print_results(console, "A model", benchmark, detailed=detailed, explained=False)
    print_verdict(console, benchmark.results(), Verdict(("it was hot; cool it",), ("a note",)))
    return text.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("detailed", [False, True])
def test_no_figure_is_cut(assets: Path, width: int, detailed: bool) -> None:
    """Every figure is whole, and from 60 columns on there is one table."""
    text = shown(measured(assets), width, detailed=detailed)
    assert "…" not in text
    assert "..." not in text
    assert len(re.findall(r"\b0\.0071\b", text)) >= 1
    assert len(re.findall(r"98\.40 %\s*\n", text)) == 4
    if width >= 60 and not detailed:
        assert len(re.findall(r"^dynamic_range +\d", text, re.MULTILINE)) == 1
    assert ("Stages" in text) == detailed


def test_the_end_is_the_verdict(assets: Path) -> None:
    """The legend is under the table, then what was gained, then why it is not valid."""
    lines = shown(measured(assets), 80).splitlines()
    assert [line for line in lines if line.startswith("network: the network alone")]
    by = " (median network ms; not a valid measurement), has the same top-1 (98.40 %) and "
    by += "has a file "
    assert lines[-5:] == [
        "a note",
        "float16 shows no measurable difference in speed from float32" + by + "2.0x smaller.",
        "dynamic_range shows no measurable difference in speed from float32" + by + "3.3x smaller.",
        "int8 is 1734x faster than float32" + by + "3.2x smaller.",
        "not valid: it was hot; cool it",
    ]


def test_cases_are_compared_with_the_same_threads(assets: Path) -> None:
    """Each number of threads has its own float32."""
    sentences = gained(measured(assets, (1, 2)).results())
    assert [text.partition(": ")[0] for text in sentences] == [
        *["LiteRT 2.3.0, 1 thread"] * 3,
        *["LiteRT 2.3.0, 2 threads"] * 3,
    ]


def test_what_is_unknown_of_a_board_is_named_once() -> None:
    """A container has no governor, clock or temperature."""
    known = board(clock_mhz=2400)
    assert "governor ondemand · 2400 MHz · 50 °C · throttle bits 0x0" in board_line(known)
    bare: dict[str, Any] = dict.fromkeys(
        ("governor", "clock_mhz", "temperature_c", "throttled"), "unknown"
    )
    line = board_line(board(**bare))
    assert line.endswith("unknown: governor, clock, temperature, throttle bits")
    unknown_cores: dict[str, Any] = {"cores": "unknown"}
    assert "unknown: cores" in board_line(board(**unknown_cores))
