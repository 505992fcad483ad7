"""Printing for a benchmark: its progress and its results."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from edge_app.bench.benchmark import Benchmark
from edge_app.bench.cases import Case
from edge_app.bench.remaining import Remaining
from edge_app.bench.tables import detail_tables, legend, result_table
from edge_app.board import Verdict
from edge_app.console import coloured, print_gains, print_markup, print_wrapped
from edge_app.results.bench_result import CaseResult
from edge_app.results.gains import VariantFigures, gains, headline
from edge_app.style import count, milliseconds, variant_colour


def run_with_progress(
    console: Console, title: str, benchmark: Benchmark, frames: int | None = None
) -> None:
    """Run a benchmark, with a live table on a terminal, and a line per trial if piped.

    frames: to be scored of each case, None if unknown.
    """
    remaining = Remaining(benchmark, frames)
    if not console.is_terminal:
        printed: set[tuple[str, Case]] = set()

        def print_trial(progress: str, case: Case, _phase: str) -> None:
            if (progress, case) not in printed:
                printed.add((progress, case))
                left = remaining.text(progress, case)
                print_markup(console, escape(f"{progress}: {case} ({left})"))

        benchmark.run(print_trial)
        return
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        variants = [case.variant for case in benchmark.cases]

        def update(progress: str, case: Case, phase: str) -> None:
            status = Text.assemble(
                (f"{progress}  ", "dim"),
                (str(case), variant_colour(case.variant, variants)),
                f"  {phase}\n",
                (f"{remaining.text(progress, case)}; Ctrl-C keeps what is measured", "dim"),
            )
            results = benchmark.results()
            live.update(Group(result_table(title, results), status) if results else status)

        benchmark.run(update)


def print_results(
    console: Console, title: str, benchmark: Benchmark, *, detailed: bool, explained: bool
) -> None:
    """Print one table of a benchmark and what it means, after that the details if wanted."""
    cases = benchmark.results()
    if cases:
        setups = {_setup(case) for case in cases}
        where = f": {setups.pop()}" if len(setups) == 1 else ""
        console.print(result_table(title + where, cases))
        print_wrapped(console, f"[dim]{escape(legend(cases))}[/]")
        if detailed:
            for table in detail_tables(cases):
                console.print(table)
        for case in cases:
            name = coloured(case.variant, [each.variant for each in cases])
            _print_reasons(console, name, case, detailed=detailed, explained=explained)
    for failed, reason in benchmark.failed.items():
        what = "measured in part" if failed in benchmark.trials else "not measured"
        print_wrapped(console, f"[bold red]{what}:[/] {escape(f'{failed}: {reason}')}")


def print_stopped(console: Console, benchmark: Benchmark) -> None:
    """Print how far a benchmark came that was stopped; nothing for one that was not."""
    if not benchmark.stop.is_set():
        return
    rounds, done = benchmark.request.budget.rounds, benchmark.rounds_done
    text = f"stopped after {done} of {count(rounds, 'round')}"
    if not benchmark.trials:
        text += "; nothing was measured, so no result is written"
    elif done == rounds:
        text += ", before everything else was measured"
    print_wrapped(console, f"[bold yellow]{text}[/]")


def _setup(case: CaseResult) -> str:
    return f"{case.runtime}, {count(case.threads or 1, 'thread')}"


def _print_reasons(
    console: Console, variant: str, case: CaseResult, *, detailed: bool, explained: bool
) -> None:
    long = case.sustained
    name = f"{variant} on {escape(_setup(case))}"
    if explained:
        for line in (name, *(f"  - {escape(why)}" for why in case.why)):
            print_wrapped(console, line)
    elif detailed:
        print_wrapped(console, f"{name}: {escape(case.delegation)}")
    if long:
        print_wrapped(
            console,
            f"{name}, sustained {long.seconds:.0f} s: median {milliseconds(long.first.p50_ms)} ms "
            f"in the first {long.window_s:.0f} s, {milliseconds(long.last.p50_ms)} ms in the last",
        )


def print_verdict(
    console: Console, cases: Sequence[CaseResult], verdict: Verdict, *, hint: str = ""
) -> None:
    """Print what quantization gained and lost, and whether the figures are valid.

    hint: on further options, printed before them.
    """
    for text in (hint, *verdict.notes):
        if text:
            print_wrapped(console, f"[dim]{escape(text)}[/]")
    print_gains(console, gained(cases, valid=verdict.valid), verdict.reasons)


def gained(cases: Sequence[CaseResult], *, valid: bool = True) -> list[str]:
    """Return sentences that compare each variant with float32, of each runtime and threads."""
    groups: dict[str, list[VariantFigures]] = {}
    for case in cases:
        figures = VariantFigures(
            case.variant,
            case.bytes,
            case.invoke_only.p50_ms if case.invoke_only else None,
            case.end_to_end_fps,
            headline(case.quality),
            range_ms=case.range_ms,
        )
        groups.setdefault(_setup(case), []).append(figures)
    if len(groups) == 1:
        return gains(*groups.values(), valid=valid)
    return [
        f"{name}: {text}" for name, group in groups.items() for text in gains(group, valid=valid)
    ]
