"""Measurements as tables: what counts in 60 columns, and all the details."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.markup import escape

from edge_app.bench.comparing import CasePair
from edge_app.board import UNKNOWN
from edge_app.console import CompactTable, coloured
from edge_app.results.bench_result import CaseResult, Range
from edge_app.results.gains import headline, score_text
from edge_app.style import NOTHING, count, file_size, milliseconds, percent, significant, spaced
from edge_app.timing import STAGES, Latency

Columns = Mapping[str, Callable[[CaseResult], str]]

_MAIN: Columns = {
    "file\nsize": lambda case: file_size(case.bytes or 0),
    "network\nms": lambda case: _of_latency(case.invoke_only, "p50_ms"),
    "network\nfps": lambda case: significant(case.invoke_only_fps),
    "end to\nend fps": lambda case: significant(case.end_to_end_fps),
    "peak\nMB": lambda case: _places(case.peak_rss_mb, 0),
}
_SPEED: Columns = {
    "load\nms": lambda case: significant(case.init_ms),
    "first run\nms": lambda case: milliseconds(case.first_ms),
    "median\nms": lambda case: _of_latency(case.invoke_only, "p50_ms"),
    "median within\n(95 %), ms": lambda case: _span(case.range_ms),
    "p90\nms": lambda case: _of_latency(case.invoke_only, "p90_ms"),
    "p99\nms": lambda case: _of_latency(case.invoke_only, "p99_ms"),
}
_PACED: Columns = {
    "paced\nmedian ms": lambda case: _of_latency(case.paced, "p50_ms"),
    "paced\np90 ms": lambda case: _of_latency(case.paced, "p90_ms"),
}
_SUSTAINED: Columns = {
    "last window /\nfirst, ms": lambda case: _places(
        case.sustained.ratio if case.sustained else None, 2
    )
}
_COST: Columns = {
    "CPU ms\na frame": lambda case: significant(case.cpu_ms),
    "of that outside\nthe network": lambda case: significant(case.cpu_outside_ms),
    "end to end /\nnetwork fps": lambda case: _places(case.ratio, 2),
    "share of the\nCPU's bound": lambda case: _places(case.of_bound, 2),
    "predicted as\nby float32": lambda case: percent(case.agreement),
}
_LEGEND = (
    "network: the network alone, the median of its runs and their mean rate; end to end: every "
    "frame from decoding to the finished overlay, as edge-app run does it; peak MB: memory of "
    "the process."
)
_LEAST_POINTS = 0.005  # less is shown as 0.00, without a sign


def result_table(title: str, cases: Sequence[CaseResult]) -> CompactTable:
    """Return what counts of each case, in 60 columns."""
    scores = [headline(case.quality) for case in cases]
    names = {score[0] for score in scores if score}
    columns = dict(_MAIN)
    if names:
        name = names.pop().replace(" ", "\n")
        columns[name] = lambda case: score_text(headline(case.quality))
    elif any(case.agreement is not None for case in cases):
        columns["agree-\nment"] = lambda case: percent(case.agreement)
    return _case_table(title, cases, columns)


def legend(cases: Sequence[CaseResult]) -> str:
    """Return what the columns of `result_table` mean."""
    for case in cases:
        score = headline(case.quality)
        if score and case.quality:
            return f"{_LEGEND} {score[0]}: on {count(case.quality.frames, 'frame')}."
    agreed = any(case.agreement is not None for case in cases)
    return _LEGEND + (" agreement: share predicted as by float32." if agreed else "")


def detail_tables(cases: Sequence[CaseResult]) -> list[CompactTable]:
    """Return everything else that was measured."""
    speed = dict(_SPEED)
    if any(case.paced for case in cases):
        speed |= _PACED
    if any(case.sustained for case in cases):
        speed |= _SUSTAINED
    return [
        _case_table("The network alone", cases, speed),
        _case_table("Cost and agreement of the frames end to end", cases, _COST),
        stage_table(cases),
    ]


def _case_table(title: str, cases: Sequence[CaseResult], columns: Columns) -> CompactTable:
    table = CompactTable(title, ("variant", *columns))
    for name, case in zip(_names(cases), cases, strict=True):
        table.add_row(name, *(text(case) for text in columns.values()))
    return table


def stage_table(cases: Sequence[CaseResult]) -> CompactTable:
    """Return the percentiles of every stage, end to end."""
    columns = ("variant", "stage", "frames", "mean", "median", "p90", "p95", "p99", "max")
    table = CompactTable("Stages of a frame end to end, ms", columns, 2)
    for name, case in zip(_names(cases), cases, strict=True):
        for place, (stage, one) in enumerate(case.stages.items()):
            figures = one.mean_ms, one.p50_ms, one.p90_ms, one.p95_ms, one.p99_ms, one.max_ms
            table.add_row(
                name if place == 0 else "",
                spaced(stage),
                f"{one.n:,}",
                *map(milliseconds, figures),
                end_section=stage == STAGES[-1],
            )
    return table


def pair_table(
    names: tuple[str, str], pairs: Sequence[CasePair], limit: float | None
) -> CompactTable:
    """Return two results side by side.

    names: what the two results are called. limit: share from which on a case is marked as slower.
    """
    first, second = names
    columns: dict[str, Callable[[CasePair], str]] = {
        f"{escape(first)}\nms": lambda pair: milliseconds(pair.first_ms),
        f"{escape(second)}\nms": lambda pair: milliseconds(pair.second_ms),
        "time\nratio": lambda pair: _places(pair.time, 2),
        "95 %\nrange": lambda pair: _ratio_span(pair.time_range),
        "end to\nend": lambda pair: _places(pair.end_to_end, 2),
        "peak\nmemory": lambda pair: _places(pair.memory, 2),
        "file\nsize": lambda pair: _places(pair.size, 2),
    }
    if any(pair.quality is not None for pair in pairs):
        columns["quality\npoints"] = lambda pair: _points(pair.quality)
    if limit is not None:
        columns["slower\nthan allowed"] = lambda pair: (
            "[bold red]yes[/]" if pair.slower(limit) else "no"
        )
    table = CompactTable(f"{second} against {first}", ("variant", *columns))
    among = [pair.variant for pair in pairs]
    for pair in pairs:
        name = _long_name(coloured(pair.variant, among), pair.runtime, pair.threads)
        table.add_row(name, *(text(pair) for text in columns.values()))
    return table


def pair_legend(names: tuple[str, str], pairs: Sequence[CasePair]) -> str:
    """Return what the columns of `pair_table` mean."""
    first, second = names
    text = (
        f"ms: median of the network alone. Ratios are {second} / {first}: above 1 is slower, or "
        "larger. A 95 % range that includes 1 is no difference. end to end: time per frame."
    )
    if any(pair.quality is not None for pair in pairs):
        text += f" quality points: {second} minus {first}, in hundredths of mIoU or top-1."
    return text


def _ratio_span(found: Range | None) -> str:
    return f"{found[0]:.2f}-{found[1]:.2f}" if found else NOTHING


def _points(gain: float | None) -> str:
    if gain is None:
        return NOTHING
    return f"{round(100 * gain, 2):+.2f}" if abs(100 * gain) >= _LEAST_POINTS else "0.00"


def board_line(board: Mapping[str, Any]) -> str:
    """Return the board and its state as one line; what is unknown is named at its end."""
    cores, temperature, clock = board["cores"], board["temperature_c"], board["clock_mhz"]
    known = {
        "cores": count(cores, "core") if isinstance(cores, int) else UNKNOWN,
        "CPU features": " ".join(board["cpu_features"]),
        "governor": board["governor"],
        "clock": f"{clock} MHz" if isinstance(clock, int) else UNKNOWN,
        "temperature": f"{temperature:.0f} °C" if isinstance(temperature, float) else UNKNOWN,
        "throttle bits": board["throttled"],
    }
    parts = [str(board["model"])]
    unknown = []
    for name, value in known.items():
        if value in {"", UNKNOWN}:
            unknown.append(name)
        else:
            parts.append(f"{name} {value}" if name in {"governor", "throttle bits"} else value)
    if unknown:
        parts.append(f"unknown: {', '.join(unknown)}")
    return " · ".join(parts)


def _names(cases: Sequence[CaseResult]) -> list[str]:
    """Return the variants in their colours, with runtime and threads if these differ."""
    variants = [case.variant for case in cases]
    if len({(case.runtime, case.threads) for case in cases}) <= 1:
        return [coloured(name, variants) for name in variants]
    return [
        _long_name(coloured(case.variant, variants), case.runtime_name, case.threads)
        for case in cases
    ]


def _long_name(variant: str, runtime: str, threads: int | None) -> str:
    return f"{variant}\n[dim]{escape(runtime.removesuffix('-runtime'))} x{threads}[/]"


def _places(value: float | None, places: int) -> str:
    return NOTHING if value is None else f"{value:.{places}f}"


def _of_latency(latency: Latency | None, name: str) -> str:
    return milliseconds(getattr(latency, name, None))


def _span(found: Range | None) -> str:
    return f"{milliseconds(found[0])}-{milliseconds(found[1])}" if found else NOTHING
