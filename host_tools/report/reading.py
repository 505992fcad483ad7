"""Result files of every kind as `Result`s; an error names the field that is wrong."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec import Struct

from edge_app.board import judge
from edge_app.evaluate.evaluation_file import quality_of_variant
from edge_app.model.interpreter.runtimes import runtime_title
from edge_app.results.bench_result import BenchResult, CaseResult, parse_bench
from edge_app.results.evaluation_result import EVALUATION_NAME, parse_evaluation
from edge_app.results.gains import median_range
from edge_app.results.json_file import kind_of, parse_json, read_file, wrong_kind
from edge_app.results.published_figures import PublishedVariant, parse_published
from edge_app.results.run_summary import RunSummary
from edge_app.sinks.metrics_log import SUMMARY_NAME
from edge_app.timing import STAGES, Latency, reliable_rate
from host_tools.report.figures import Figures, LatencySummary, Result, in_order, score_of
from host_tools.report.machines import busy, facts, machine_name, state

_ENDS = {"interrupted": "was stopped early", "failed": "failed"}
_KINDS = (
    "give files of edge-app bench --json, evaluation.json files of edge-app evaluate, "
    "or summary.json files of edge-app run --metrics"
)


class _AnyResult(Struct):
    """The field by which the kinds of files differ; old files lack it."""

    kind: str = ""


def read_results(path: Path, name: str | None = None) -> list[Result]:
    """Return the results of a file: a bench, an evaluation, a summary, or published figures.

    name: what to call the machine, instead of the board's own name.
    Raises SourceError naming the field that is wrong.
    """
    path = result_file(path)
    return read_file(path, partial(_parse, path=path, name=name), "a valid result", _KINDS)


def result_file(path: Path) -> Path:
    """Return the file that is read: of a folder its summary.json, else its evaluation.json."""
    with suppress(OSError):  # of a name that is too long; reading it says so
        if path.is_dir():
            kinds = SUMMARY_NAME, EVALUATION_NAME
            return next((path / name for name in kinds if (path / name).is_file()), path / kinds[0])
    return path


def _parse(content: bytes, path: Path, name: str | None) -> list[Result]:
    """Raise ValueError for what is no result."""
    found = parse_json(content, _AnyResult)
    match found.kind or kind_of(content):
        case "published":
            return _published(content, path.name)
        case "evaluation":
            return [_evaluation(content, path, name)]
        case "run":
            return [_summary(content, path, name)]
        case "bench":
            return _bench(content, path.name, name)
        case "":
            raise ValueError("it has neither variants nor stages")
        case other:
            raise ValueError(wrong_kind(other))


def _bench(content: bytes, origin: str, name: str | None) -> list[Result]:
    """Return a result for each runtime and number of threads that was measured."""
    bench = parse_bench(content)
    cases = dict[tuple[str, int | None], list[Figures]]()
    for case in bench.variants:
        key = (case.runtime, case.threads)
        cases.setdefault(key, []).append(_case_figures(case, bench.source))
    for figures in cases.values():
        if len({one.variant for one in figures}) < len(figures):
            raise ValueError("variants: a variant occurs twice")
    before, after = bench.board.before, bench.board.after
    reasons = _verdict(bench)
    return [
        Result(
            machine=name or machine_name(after),
            model=bench.model,
            figures=in_order(figures),
            how="bench",
            source=bench.source,
            runtime=runtime,
            threads=threads,
            origin=(origin,),
            warnings=_in_file(origin, *_stopped(bench.status), *_invalid(reasons)),
            invalid=bool(reasons),
            facts=facts(after, bench.versions),
            states=((origin, state(before, after)),),
        )
        for (runtime, threads), figures in cases.items()
    ]


def _verdict(bench: BenchResult) -> Sequence[str]:
    """Return what the bench found invalid; files of old versions leave that to the reader."""
    if bench.verdict is not None:
        return bench.verdict.reasons
    before, after = bench.board.before, bench.board.after
    return (*judge(before, after).reasons, *busy(before))


def _case_figures(case: CaseResult, source: str) -> Figures:
    stages = _stages(case.stages)
    return Figures(
        variant=case.variant,
        bytes=case.bytes,
        invoke_only=_spread(case.invoke_only) or stages.get("invoke"),
        end_to_end=stages.get("end_to_end"),
        invoke_only_fps=case.invoke_only_fps or None,
        end_to_end_fps=case.end_to_end_fps or None,
        stages=stages,
        score=score_of(case.quality, source),
        init_ms=case.init_ms,
        peak_rss_mb=case.peak_rss_mb or None,
        why=case.why,
        range_ms=case.range_ms,
    )


def _evaluation(content: bytes, path: Path, name: str | None) -> Result:
    """Return scores without times: of whole data sets, from one machine or several."""
    result = parse_evaluation(content)
    data = " and ".join(each.name for each in result.datasets.values())
    origin = f"{path.resolve().parent.name}/{path.name}"
    figures = [
        Figures(
            variant=variant,
            bytes=scores.bytes,
            score=score_of(quality_of_variant(result, variant), data),
        )
        for variant, scores in result.variants.items()
    ]
    machines = dict.fromkeys(machine_name(board) for board in result.boards)
    return Result(
        machine=name or " and ".join(machines) or "evaluation",
        model=result.model,
        figures=in_order(figures),
        how="evaluation",
        source=data,
        origin=(origin,),
        warnings=_in_file(origin, *_stopped(result.status)),
        facts=facts(result.boards[0], result.versions) if len(machines) == 1 else {},
    )


def _summary(content: bytes, path: Path, name: str | None) -> Result:
    summary = parse_json(content, RunSummary)
    stages = _stages(summary.stages)
    shown, offered = reliable_rate(summary.fps.shown, summary.frames), summary.fps.source
    # A run at the pace of its source says nothing about what the machine could do.
    paced = shown and offered and 0.95 < shown / offered < 1.05
    board, origin = summary.board, f"{path.resolve().parent.name}/{path.name}"
    reasons = judge(board, board).reasons
    one = Figures(
        variant=summary.variant,
        bytes=summary.bytes,
        invoke_only=stages.get("invoke"),
        end_to_end=stages.get("end_to_end"),
        invoke_only_fps=reliable_rate(summary.fps.network, summary.frames) or None,
        end_to_end_fps=None if paced else shown or None,
        stages=stages,
        score=score_of(summary.quality, summary.source),
        range_ms=median_range(summary.stages.get("invoke")),
    )
    return Result(
        machine=name or machine_name(board),
        model=summary.model,
        figures={one.variant: one},
        how="run" if "overlay" in stages else "run without drawing",
        source=summary.source,
        runtime=runtime_title(summary.runtime, summary.versions),
        threads=summary.threads,
        origin=(origin,),
        warnings=_in_file(origin, *_stopped(summary.status, summary.reason), *_invalid(reasons)),
        invalid=bool(reasons),
        facts=facts(board, summary.versions),
        states=((origin, state(board, board)),),
    )


def _published(content: bytes, origin: str) -> list[Result]:
    file = parse_published(content)
    by = file.published
    return [
        Result(
            machine=one.machine,
            model=one.model,
            figures=in_order(
                _published_figures(variant, values, one.frames, one.on)
                for variant, values in one.variants.items()
            ),
            source=one.on,
            origin=(origin,),
            published=True,
            comparable_models=one.comparable_models,
            about=one.about,
            facts={"published in": by.title, "source": by.where, "note": by.note},
        )
        for one in file.results
    ]


def _published_figures(variant: str, values: PublishedVariant, frames: int, on: str) -> Figures:
    """Return a row: whole seconds for so many frames make a mean time and a rate."""
    seconds = values.seconds
    return Figures(
        variant=variant,
        bytes=values.bytes,
        end_to_end=LatencySummary(1e3 * seconds / frames, is_mean=True) if seconds else None,
        end_to_end_fps=frames / seconds if seconds else None,
        score=score_of(values.quality, on),
    )


def _in_file(origin: str, *warnings: str) -> tuple[str, ...]:
    """Return warnings with the name of the file they are about."""
    return tuple(f"{origin}: {warning}" for warning in warnings)


def _invalid(reasons: Sequence[str]) -> list[str]:
    """Return the reasons against a measurement as warnings that say what they mean."""
    return [f"the result is not valid: {reason}" for reason in reasons]


def _stopped(status: str, reason: str | None = None) -> tuple[str, ...]:
    """Return a warning if the measuring was not completed."""
    if status == "complete":
        return ()
    return (f"the measuring {_ENDS.get(status, status)}{f': {reason}' if reason else ''}",)


def _stages(found: Mapping[str, Latency]) -> dict[str, LatencySummary]:
    """Return the stages that took place: one that took no time did not."""
    spreads = {name: _spread(found.get(name)) for name in STAGES}
    return {name: spread for name, spread in spreads.items() if spread is not None}


def _spread(latency: Latency | None) -> LatencySummary | None:
    if latency is None or latency.p50_ms <= 0:
        return None
    return LatencySummary(
        latency.p50_ms, latency.p90_ms, latency.p95_ms, latency.p99_ms, latency.max_ms
    )
