"""The summary of a run as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from edge_app.console import CompactTable
from edge_app.frame import Status
from edge_app.results.gains import headline, score_text
from edge_app.results.run_summary import (
    STOPPED_BY_KEY,
    ComparisonSummary,
    RecordingSummary,
    RunSummary,
    VariantSummary,
)
from edge_app.sinks.screen_parts import class_lines, clock_face, head_lines
from edge_app.standard_streams import one_line
from edge_app.status_text import STAGE_HEADS, losses, status_text
from edge_app.style import (
    NEUTRAL,
    NOTHING,
    RIGHT,
    STAGE_COLOURS,
    WRONG,
    count,
    duration,
    fraction,
    milliseconds,
    miou_text,
    percent,
    significant,
    spaced,
    variant_colour,
)
from edge_app.timing import STAGES, Latency, reliable_rate

_OVERLAP = 1.5  # times the interval from which on frames evidently overlap
_FILES = 8  # of a recording that have a line each
_FIGURES = {
    "mean": "mean_ms", "median": "p50_ms", "p90": "p90_ms", "p95": "p95_ms", "p99": "p99_ms",
    "max": "max_ms",
}  # fmt: skip


def summary_table(summary: RunSummary, width: int = 80) -> RenderableType:
    """Return a summary in the order of the live view, in so many columns; a row per variant."""
    return Group(*_parts(summary, width))


def _parts(summary: RunSummary, width: int) -> Iterator[RenderableType]:
    status = _last_status(summary)
    text = status_text(status)
    source = one_line(summary.source)  # a name with a line end could forge a line
    facts = (*text.facts, source) if source else text.facts
    # The frames may have been shown to nobody, and few frames have no rate.
    named = [(rate, name.replace("shown", "overall")) for rate, name in text.rates]
    rates = tuple(rate for rate in named if rate[0] != NOTHING)
    several = len(summary.variants) > 1
    if several:
        overall = [rate for rate in rates if not rate[1].startswith("network")]
        yield Text(summary.model, style="bold")
        yield Text(" · ".join(facts[bool(summary.bytes) :]), style="dim")  # not the last one's size
        yield head_lines(replace(text, rates=tuple(overall)), width)[2]
        yield Text()
        yield variant_table(summary.variants)
    else:
        name, _, rate_line = head_lines(replace(text, rates=rates), width)
        yield from (name, Text(" · ".join(facts), style="dim"))
        if status.frames == 1:
            yield _stage_line(summary.stages)
        else:
            if rate_line:
                yield rate_line
            yield from (Text(), _stages(summary.stages))
            yield from _overlap(status, summary.stages.get("end_to_end"))
    yield _outcome(summary, (count(status.frames, "frame"), *losses(status)))
    if text.quality and not several:
        yield Text("   ".join(text.quality), style="bold")
        yield from class_lines(text, width)
    yield from (_comparison(pair, summary.model) for pair in summary.comparisons)
    if summary.recording:
        yield from _recorded(summary.recording)
    if status.frames != 1:
        yield from _machine(summary)


def _overlap(status: Status, end_to_end: Latency | None) -> Iterator[Text]:
    """Yield why a frame takes longer than the rate suggests, where it does."""
    if end_to_end is None or not status.shown_fps:
        return
    interval_ms = 1e3 / status.shown_fps
    if end_to_end.p50_ms > _OVERLAP * interval_ms:
        yield Text(
            f"Frames overlap: one is finished every {duration(interval_ms)}, and each takes "
            f"{duration(end_to_end.p50_ms)} from its capture on, waiting included.",
            style="dim",
        )


def _recorded(recording: RecordingSummary) -> Iterator[Text]:
    """Yield a line per file with its own frames; of many files the first ones."""
    parts = recording.parts or (recording,)
    for part in parts[:_FILES]:
        length = f"{count(part.frames, 'frame')}, {clock_face(part.seconds)}"
        yield Text(f"recorded {length}: {part.path}")
    if len(parts) > 1:
        rest = f"{count(len(parts) - _FILES, 'more file')}; " if len(parts) > _FILES else ""
        length = f"{count(recording.frames, 'frame')}, {clock_face(recording.seconds)}"
        yield Text(f"recorded {rest}together {length} in {len(parts)} files")


def _comparison(pair: ComparisonSummary, model: str) -> Text:
    """Return the agreement of two variants, and their scores on the frames both have seen.

    model: of the first one.
    """
    first, second = pair.variant, pair.second
    if pair.with_model:
        first, second = f"{model} {first}", f"{pair.with_model} {second}"
    line = Text(f"{first} and {second}: {percent(pair.agreement)} agreement")
    if pair.first_quality and pair.quality:
        one, other = pair.first_quality.miou, pair.quality.miou
        line.append(f", {miou_text(one)} and {fraction(other)}")
    line.append(f" on {count(pair.frames, 'frame')}")
    if pair.invoke_ms:
        line.append(f"; the network of {second} {duration(pair.invoke_ms)}")
    return line


def variant_table(variants: Mapping[str, VariantSummary]) -> CompactTable:
    """Return a row per variant that ran."""
    scores = {name: headline(one.quality) for name, one in variants.items()}
    measures = sorted({score[0] for score in scores.values() if score})
    columns = ["variant", "frames", "overall\nfps", "network\nms", "network\nfps", "end to\nend ms"]
    if measures:
        measure = measures[0] if len(measures) == 1 else "score"
        # A run that switches scores each variant on other frames, which says nothing of the two.
        scored = {one.quality.frames for one in variants.values() if one.quality}
        columns.append(measure if len(scored) == 1 else f"{measure} of\nits own")
    table = CompactTable("", columns)
    among = [one.variant for one in variants.values()]
    for name, one in variants.items():
        invoke, end_to_end = (one.stages.get(stage) for stage in ("invoke", "end_to_end"))
        table.add_row(
            f"[{variant_colour(one.variant, among)}]{escape(name)}[/]",
            f"{one.frames:,}",
            significant(reliable_rate(one.shown_fps, one.frames)),
            milliseconds(invoke.p50_ms if invoke else None),
            significant(reliable_rate(one.network_fps, one.frames)),
            milliseconds(end_to_end.p50_ms if end_to_end else None),
            *([score_text(scores[name])] if measures else []),
        )
    return table


def _last_status(summary: RunSummary) -> Status:
    """Return what a summary knows of its run as a status."""
    return Status(
        task=summary.task,
        model=summary.model,
        variant=summary.variant,
        size_bytes=summary.bytes or 0,
        runtime=summary.runtime,
        threads=summary.threads or 0,
        policy=summary.policy,
        frames=summary.frames,
        shown_fps=reliable_rate(summary.fps.shown, summary.frames),
        network_fps=reliable_rate(summary.fps.network, summary.frames),
        source_fps=summary.fps.source,
        dropped=summary.dropped,
        damaged=summary.damaged,
        quality=summary.quality,
    )


def _stages(stages: Mapping[str, Latency]) -> CompactTable:
    table = CompactTable("", (STAGE_HEADS[0], "frames", *_FIGURES), min_width=6)
    for stage, latency in ((name, stages[name]) for name in STAGES if name in stages):
        colour = STAGE_COLOURS.get(stage, NEUTRAL)
        mark = f"[{colour}]{'■' if stage != 'end_to_end' else ' '}[/]"
        cells = [milliseconds(getattr(latency, name)) for name in _FIGURES.values()]
        table.add_row(f"{mark} {spaced(stage)}", f"{latency.n:,}", *cells)
    return table


def _stage_line(stages: Mapping[str, Latency]) -> Text:
    """Return the times of a single frame in one line: they have no distribution."""
    parts = [f"{spaced(name)} {milliseconds(stages[name].mean_ms)}" for name in STAGES
             if name in stages]  # fmt: skip
    return Text("ms: " + ", ".join(parts))


def _outcome(summary: RunSummary, counts: Iterable[str]) -> Text:
    """Return how the run ended, why, and how many frames it had."""
    colour = RIGHT if summary.status == "complete" else WRONG
    if summary.reason == STOPPED_BY_KEY:  # the usual end of a live view, and no fault
        return Text.assemble((STOPPED_BY_KEY, f"bold {NEUTRAL}"), "   ".join(["", *counts]))
    reason = f" ({summary.reason})" if summary.reason else ""
    return Text.assemble((summary.status, f"bold {colour}"), "   ".join([reason, *counts]))


def _machine(summary: RunSummary) -> Iterator[Text]:
    board = summary.board
    cores = f"{board['cores']} cores" if board.get("cores") else ""
    known = [str(board.get(key, "")) for key in ("model", "machine")]
    packages = [f"{name} {version}" for name, version in summary.versions.items()]
    for parts in ((*known, cores), packages):
        if any(parts):
            yield Text(" · ".join(filter(None, parts)), style="dim")
