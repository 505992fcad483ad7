"""One run: its parts put together, seen to its end, and closed whatever happens."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Literal

from msgspec import convert, structs, to_builtins
from rich.console import Console

from edge_app.board import board, versions
from edge_app.console import tell
from edge_app.errors import EdgeError
from edge_app.model.engine import Engine, load_engine
from edge_app.process import prepare_process
from edge_app.results.run_summary import RecordingSummary, RunSummary
from edge_app.session.notify import VARIABLES, notifier_from
from edge_app.session.options import RunOptions, check
from edge_app.session.outputs import Outputs
from edge_app.session.session import Session, resident_bytes
from edge_app.session.signals import Signals
from edge_app.sinks.display import display_verdict
from edge_app.sinks.metrics_log import write_summary
from edge_app.sources.factory import open_source
from edge_app.sources.source import Source
from edge_app.sources.truth import open_truth
from edge_app.style import count, duration


def run_session(options: RunOptions, console: Console) -> tuple[RunSummary, int]:
    """Run an options; return its summary and the exit code.

    Whatever happens after the first frame, the sinks are closed and the summary is written;
    a fault is raised again after that.
    """
    check(options)
    display = None if options.headless else display_verdict()
    variables = prepare_process(display.settings if display else {}, remove=VARIABLES)
    notifier = notifier_from(variables)
    with ExitStack() as stack:
        truth = open_truth(options.truth, options.truth_labels) if options.truth else None
        source = stack.enter_context(
            open_source(
                options.source,
                truth=truth,
                loop=options.loop,
                max_frames=options.max_frames,
                camera=options.camera,
            )
        )
        before_bytes = resident_bytes()
        engine = load_engine(
            options.spec, options.variant, runtime=options.runtime, threads=options.threads
        )
        cost_bytes = resident_bytes() - before_bytes
        _say(console, engine, source)
        stop = threading.Event()
        signals = Signals(stop)
        # Before the terminal is changed: no signal may end the process without its restoring.
        stack.enter_context(signals.caught())
        outputs = Outputs(options, source, console, stack, display)
        session = stack.enter_context(
            Session(options, source, engine, outputs, cost_bytes, stop, notifier)
        )
        fault: BaseException | None = None
        try:
            for run in session.runs(stack):
                run.go()
        except (EdgeError, KeyboardInterrupt, Exception) as caught:  # noqa: BLE001
            fault = caught  # raised again below, once nothing can be lost any more
        notifier.ending()
        for sink in outputs.sinks:
            try:
                sink.close()
            except EdgeError as caught:
                fault = fault or caught
        summary = _summary(session, outputs, signals, fault)
        if options.metrics:
            write_summary(options.metrics, to_builtins(summary))
        for note in _notes(session.source, options, outputs):
            tell(console, note)
        if fault is not None and not isinstance(fault, KeyboardInterrupt):
            raise fault
        number = signals.number or (2 if isinstance(fault, KeyboardInterrupt) else 0)
        return summary, 128 + number if number else 0


def _say(console: Console, engine: Engine, source: Source) -> None:
    """Tell in a few lines what runs, how the delegate took it, and what was guessed."""
    network, spec = engine.network, engine.spec
    tell(
        console,
        f"[bold]{spec.title}[/] {engine.variant.name} on {network.runtime.title}, "
        f"{count(network.threads, 'thread')}, loaded in {duration(network.init_ms)}; {source.name}",
    )
    tell(console, f"[dim]{network.delegation.summary()}[/]")
    for note in network.notes:
        tell(console, f"[dim]the runtime says: {note}[/]")
    if spec.guessed:
        tell(console, f"[yellow]guessed from the file: {'; '.join(spec.guessed)}[/]")


def _summary(
    session: Session,
    outputs: Outputs,
    signals: Signals,
    fault: BaseException | None,
) -> RunSummary:
    status: Literal["complete", "interrupted", "failed"] = "complete"
    reason = None
    if fault is not None and not isinstance(fault, KeyboardInterrupt):
        status, reason = "failed", str(fault) or type(fault).__name__
    elif signals.number is not None or fault is not None:
        status, reason = "interrupted", "stopped by a signal"
    elif session.quit_pressed:
        status, reason = "interrupted", "stopped by a key"
    return RunSummary(
        **structs.asdict(session.stats.summary()),
        source=session.source.name,
        recording=convert(outputs.recording.recording, RecordingSummary | None),
        board=board(),
        versions=versions(),
        status=status,
        reason=reason,
    )


def _notes(source: Source, options: RunOptions, outputs: Outputs) -> list[str]:
    told = [*source.notes, *outputs.recording.notes]
    notes = [f"[yellow]{note}[/]" for note in told]
    if options.metrics:
        notes.append(f"metrics: {options.metrics / 'frames.jsonl'} and summary.json")
    return notes
