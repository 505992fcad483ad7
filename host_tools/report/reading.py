"""Read result files of every kind, and name what is wrong with one in a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge_app.errors import SourceError
from edge_app.evaluate.evaluation_result import parse_outcome
from edge_app.json_fields import as_object, as_text, read_field
from edge_app.metrics.variant_stats import quality_record
from edge_app.timing import STAGES
from host_tools.report.figures import Figures, Result, Score, Spread, in_order
from host_tools.report.json_values import (
    a_count,
    list_of,
    no_number,
    number,
    positive,
    share,
    spread,
)
from host_tools.report.machines import busy, facts, machine_name, state, throttled

BENCH_VERSION = 1
_ENDS = {"interrupted": "was stopped early", "failed": "failed"}
_RUNTIMES = {
    "litert": ("LiteRT", "ai-edge-litert"),
    "tflite-runtime": ("tflite-runtime", "tflite-runtime"),
    "tensorflow": ("TensorFlow", "tensorflow"),
}
_KINDS = (
    "give files of edge-app bench --json, evaluation.json files of edge-app evaluate, "
    "or summary.json files of edge-app run --metrics"
)


def read_results(path: Path, name: str | None = None) -> list[Result]:
    """Return the results of a file: a bench's, a run's summary, or published figures.

    name: what to call the machine, instead of the board's own name.
    Raises SourceError naming the field that is wrong.
    """
    if path.is_dir():  # where edge-app run --metrics wrote
        path /= "summary.json"
    content = _load(path)
    try:
        if "published" in content:
            return _published(content, path.name)
        if content.get("kind") == "evaluation":
            return [_evaluation(content, path, name)]
        if "variants" in content:
            return _bench(content, path.name, name)
        if "stages" in content:
            return [_summary(content, path, name)]
    except (TypeError, ValueError, LookupError) as fault:
        raise SourceError(f"{path} is no valid result: {fault}; {_KINDS}") from None
    raise SourceError(f"{path} holds JSON, but no result; {_KINDS}")


def _load(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"), parse_constant=no_number)
    except OSError as fault:
        raise SourceError(f"{path} cannot be read ({fault.strerror}); check the path") from None
    except (ValueError, RecursionError) as fault:
        if path.stat().st_size == 0:
            raise SourceError(f"{path} is empty; {_KINDS}") from None
        raise SourceError(f"{path} is not JSON ({fault}); {_KINDS}") from None
    if not isinstance(content, dict):
        raise SourceError(f"{path} holds JSON, but no result; {_KINDS}")
    return content


def _bench(content: dict[str, Any], origin: str, name: str | None) -> list[Result]:
    """Return a result for each runtime and number of threads that was measured."""
    schema = read_field(content, "schema", int)
    if schema != BENCH_VERSION:
        raise ValueError(f"schema: it is {schema}, this program reads {BENCH_VERSION}")
    entries = read_field(content, "variants", list_of(as_object))
    if not entries:
        raise ValueError("variants: it names none")
    cases = dict[tuple[str, int | None], list[Figures]]()
    source = read_field(content, "source", as_text, "")
    boards = read_field(content, "board", as_object, {})
    before, after = (read_field(boards, when, as_object, {}) for when in ("before", "after"))
    for place, entry in enumerate(entries):
        try:
            runtime = read_field(entry, "runtime", as_text, "")
            threads = read_field(entry, "threads", a_count, None)
            cases.setdefault((runtime, threads), []).append(_bench_figures(entry, source))
        except ValueError as fault:
            raise ValueError(f"variants[{place}].{fault}") from None
    for figures in cases.values():
        if len({one.variant for one in figures}) < len(figures):
            raise ValueError("variants: it names one twice")
    verdict = read_field(content, "verdict", as_object, {})
    # The bench judges what it saw meanwhile; older files leave that to whoever reads them.
    judged: Sequence[str] = (
        read_field(verdict, "reasons", list_of(as_text), [])
        if verdict
        else (*throttled(before, after), *busy(before))
    )
    return [
        Result(
            machine=name or machine_name(after),
            model=read_field(content, "model", as_text),
            figures=in_order(figures),
            how="bench",
            source=source,
            runtime=runtime,
            threads=threads,
            origin=(origin,),
            warnings=(*_stopped(content), *judged),
            facts=facts(after, read_field(content, "versions", as_object, {})),
            states=((origin, state(before, after)),),
        )
        for (runtime, threads), figures in cases.items()
    ]


def _bench_figures(entry: dict[str, Any], source: str) -> Figures:
    stages = _stages(entry)
    return Figures(
        variant=read_field(entry, "variant", as_text),
        bytes=read_field(entry, "bytes", a_count, None),
        network=read_field(entry, "invoke_only", spread, None) or stages.get("invoke"),
        line=stages.get("end_to_end"),
        network_fps=read_field(entry, "invoke_only_fps", positive, None),
        line_fps=read_field(entry, "end_to_end_fps", positive, None),
        stages=stages,
        score=_score(entry, source),
        init_ms=read_field(entry, "init_ms", number, 0.0),
        peak_rss_mb=read_field(entry, "peak_rss_mb", positive, None),
        delegation=read_field(entry, "delegation", as_text, ""),
        why=tuple(read_field(entry, "why", list_of(as_text), [])),
    )


def _evaluation(content: dict[str, Any], path: Path, name: str | None) -> Result:
    """Return scores without times: of whole data sets, from one machine or several."""
    outcome = parse_outcome(content)
    data = " and ".join(read_field(each, "name", as_text) for each in outcome.datasets.values())
    figures = [
        Figures(
            variant=variant,
            bytes=scored.bytes,
            score=_score({"quality": quality_record(outcome.quality(variant))}, data),
        )
        for variant, scored in outcome.variants.items()
    ]
    boards = [as_object(board) for board in outcome.boards]
    machines = dict.fromkeys(machine_name(board) for board in boards)
    return Result(
        machine=name or " and ".join(machines) or "evaluation",
        model=outcome.model,
        figures=in_order(figures),
        how="evaluation",
        source=data,
        origin=(f"{path.resolve().parent.name}/{path.name}",),
        warnings=_stopped(content),
        facts=facts(boards[0], dict(outcome.versions)) if len(machines) == 1 else {},
    )


def _summary(content: dict[str, Any], path: Path, name: str | None) -> Result:
    stages = _stages(content)
    rates = read_field(content, "fps", as_object, {})
    shown, offered = (read_field(rates, rate, positive, None) for rate in ("shown", "source"))
    # A run that keeps its source's pace says nothing of what the machine could do.
    paced = shown is not None and offered is not None and 0.95 < shown / offered < 1.05
    source = read_field(content, "source", as_text, "")
    board = read_field(content, "board", as_object, {})
    origin = f"{path.resolve().parent.name}/{path.name}"
    one = Figures(
        variant=read_field(content, "variant", as_text),
        bytes=read_field(content, "bytes", a_count, None),
        network=stages.get("invoke"),
        line=stages.get("end_to_end"),
        network_fps=read_field(rates, "network", positive, None),
        line_fps=None if paced else shown,
        stages=stages,
        score=_score(content, source),
        delegation=read_field(content, "delegation", as_text, ""),
    )
    return Result(
        machine=name or machine_name(board),
        model=read_field(content, "model", as_text),
        figures={one.variant: one},
        how="run" if "overlay" in stages else "run without drawing",
        source=source,
        runtime=_runtime_title(content),
        threads=read_field(content, "threads", a_count, None),
        origin=(origin,),
        warnings=(*_stopped(content), *throttled(board, board)),
        facts=facts(board, read_field(content, "versions", as_object, {})),
        states=((origin, state(board, board)),),
    )


def _published(content: dict[str, Any], origin: str) -> list[Result]:
    schema = read_field(content, "schema", int)
    if schema != BENCH_VERSION:
        raise ValueError(f"schema: it is {schema}, this program reads {BENCH_VERSION}")
    by = read_field(content, "published", as_object)
    told = {
        "published in": read_field(by, "title", as_text),
        "source": read_field(by, "where", as_text),
        "note": read_field(by, "note", as_text, ""),
    }
    results = []
    for entry in read_field(content, "results", list_of(as_object)):
        frames = read_field(entry, "frames", a_count)
        on = read_field(entry, "on", as_text)
        figures = [
            _published_figures(variant, values, frames, on)
            for variant, values in read_field(entry, "variants", as_object).items()
        ]
        results.append(
            Result(
                machine=read_field(entry, "machine", as_text),
                model=read_field(entry, "model", as_text),
                figures=in_order(figures),
                source=on,
                origin=(origin,),
                published=True,
                suits=tuple(read_field(entry, "suits", list_of(as_text), [])),
                about=read_field(entry, "about", as_text, ""),
                facts=told,
            )
        )
    return results


def _published_figures(variant: str, values: Any, frames: int, on: str) -> Figures:
    """Read a row: whole seconds for so many frames make a mean time and a rate."""
    seconds = read_field(values, "seconds", positive, None)
    return Figures(
        variant=variant,
        bytes=read_field(values, "bytes", a_count, None),
        line=Spread(1e3 * seconds / frames, is_mean=True) if seconds else None,
        line_fps=frames / seconds if seconds else None,
        score=_score(values, on),
    )


def _runtime_title(content: dict[str, Any]) -> str:
    """Return a summary's runtime with its version, as a bench writes it."""
    name = read_field(content, "runtime", as_text, "")
    title, package = _RUNTIMES.get(name, (name, ""))
    version = read_field(content, "versions", as_object, {}).get(package)
    return f"{title} {version}" if version else title


def _stopped(content: dict[str, Any]) -> tuple[str, ...]:
    """Return a warning where the measuring did not come to its end."""
    status = read_field(content, "status", as_text, "complete")
    if status == "complete":
        return ()
    reason = content.get("reason")
    return (f"the measuring {_ENDS.get(status, status)}{f': {reason}' if reason else ''}",)


def _score(fields: dict[str, Any], on: str) -> Score | None:
    """Return the quality of a run or a published row; None where nothing was scored."""

    def make(quality: Any) -> Score | None:
        if quality is None:
            return None
        classes = read_field(quality, "per_class", lambda value: as_object(value or {}), {})
        score = Score(
            on=on,
            frames=read_field(quality, "frames", a_count, None),
            pixel_accuracy=read_field(quality, "pixel_accuracy", share, None),
            miou=read_field(quality, "miou", share, None),
            top1=read_field(quality, "top1", share, None),
            per_class={name: read_field(classes, name, share, None) for name in classes},
        )
        return score if score.headline else None

    return read_field(fields, "quality", make, None)


def _stages(fields: dict[str, Any]) -> dict[str, Spread]:
    """Return the stages that took place: one that never took time did not."""

    def make(found: Any) -> dict[str, Spread]:
        spreads = {name: read_field(found, name, spread, None) for name in STAGES}
        return {name: spread for name, spread in spreads.items() if spread is not None}

    return read_field(fields, "stages", make, {})
