"""Printing for a benchmark: its progress and its results."""

from __future__ import annotations

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from edge_app.bench.benchmark import Benchmark
from edge_app.bench.cases import Case
from edge_app.bench.tables import cost_table, speed_table, stage_table
from edge_app.console import coloured, print_markup, print_wrapped
from edge_app.results.bench_result import CaseResult
from edge_app.style import significant, variant_colour


def run_with_progress(console: Console, title: str, benchmark: Benchmark) -> None:
    """Run a benchmark, with a live table on a terminal, and a line per trial if piped."""
    if not console.is_terminal:
        printed: set[tuple[str, Case]] = set()

        def print_trial(progress: str, case: Case, _phase: str) -> None:
            if (progress, case) not in printed:
                printed.add((progress, case))
                print_markup(console, f"{progress}: {case}")

        benchmark.run(print_trial)
        return
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def update(progress: str, case: Case, phase: str) -> None:
            status = Text.assemble(
                (f"{progress}  ", "dim"),
                (str(case), variant_colour(case.variant)),
                f"  {phase}   ",
                ("Ctrl-C keeps what is measured", "dim"),
            )
            live.update(Group(speed_table(title, benchmark.results()), status))

        benchmark.run(update)


def print_results(console: Console, title: str, benchmark: Benchmark, *, explained: bool) -> None:
    """Print the tables of a benchmark, and why each case is as fast as it is."""
    cases = benchmark.results()
    if cases:
        setups = {f"{case.runtime}, {case.threads} threads" for case in cases}
        where = f": {setups.pop()}" if len(setups) == 1 else ""
        for table in (speed_table(title + where, cases), cost_table(cases), stage_table(cases)):
            console.print(table)
    for case in cases:
        _print_reasons(console, case, explained=explained)
    for failed, reason in benchmark.failed.items():
        what = "measured in part" if failed in benchmark.trials else "not measured"
        print_wrapped(console, f"[bold red]{what}[/] {failed}: {reason}")


def _print_reasons(console: Console, case: CaseResult, *, explained: bool) -> None:
    long = case.sustained
    name = f"{coloured(case.variant)} on {case.runtime}, {case.threads} threads"
    if explained:
        print_wrapped(console, f"{name}\n" + "\n".join(f"  - {why}" for why in case.why))
    else:
        print_wrapped(console, f"{name}: {case.delegation}")
    if long:
        print_wrapped(
            console,
            f"  sustained {long.seconds:.0f} s: p50 {significant(long.first.p50_ms)} ms in the "
            f"first {long.window_s:.0f} s, {significant(long.last.p50_ms)} ms in the last",
        )
