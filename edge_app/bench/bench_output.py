"""Printing for a benchmark: its progress and its results."""

from __future__ import annotations

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from edge_app.bench.aggregate import CaseResult
from edge_app.bench.benchmark import Benchmark
from edge_app.bench.cases import Case
from edge_app.bench.tables import speed_table, stage_table, use_table
from edge_app.console import prose, tell
from edge_app.style import significant, variant_colour


def watch(console: Console, title: str, series: Benchmark) -> None:
    """Measure, with a table that fills on a terminal and a line per turn where it is piped."""
    if not console.is_terminal:
        said: set[tuple[str, Case]] = set()

        def line(how_far: str, case: Case, _step: str) -> None:
            if (how_far, case) not in said:
                said.add((how_far, case))
                tell(console, f"{how_far}: {case.words()}")

        series.go(line)
        return
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def show(how_far: str, case: Case, step: str) -> None:
            state = Text.assemble(
                (f"{how_far}  ", "dim"),
                (case.words(), variant_colour(case.variant)),
                f"  {step}   ",
                ("Ctrl-C keeps what is measured", "dim"),
            )
            live.update(Group(speed_table(title, series.measured()), state))

        series.go(show)


def print_results(
    console: Console, title: str, measured: list[CaseResult], series: Benchmark, *, explained: bool
) -> None:
    """Print the tables of a benchmark, and why each case is as fast as it is."""
    if measured:
        one = measured[0]
        same = len({(each.runtime, each.threads) for each in measured}) == 1
        where = f": {one.runtime}, {one.threads} threads" if same else ""
        for table in (
            speed_table(title + where, measured),
            use_table(measured),
            stage_table(measured),
        ):
            console.print(table)
    for one in measured:
        name = f"[{variant_colour(one.variant)}]{one.variant}[/]"
        name += f" on {one.runtime}, {one.threads} threads"
        if explained:
            prose(console, f"{name}\n" + "\n".join(f"  - {why}" for why in one.why))
        else:
            prose(console, f"{name}: {one.delegation}")
        if one.sustained:
            long = one.sustained
            prose(
                console,
                f"  sustained {long.seconds:.0f} s: p50 {significant(long.first.p50_ms)} ms in the "
                f"first {long.window_s:.0f} s, {significant(long.last.p50_ms)} ms in the last",
            )
    for case, reason in series.failed.items():
        how = "measured in part" if case in series.turns else "not measured"
        prose(console, f"[bold red]{how}[/] {case.words()}: {reason}")
