"""Carry out `edge-app run`: put the parts of one run together and see it to its end."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from edge_app.board import board, versions
from edge_app.commands.common import Signals, default_variant, resolve_model, sample
from edge_app.controls import Controls
from edge_app.errors import EdgeError, UsageError
from edge_app.overlay import Overlay
from edge_app.pipeline.engine import Engine, load_engine
from edge_app.pipeline.run import Run
from edge_app.sinks.base import Sink
from edge_app.sinks.metrics import MetricsLog, write_summary
from edge_app.sinks.recorder import Recorder
from edge_app.sinks.terminal import Terminal, summary_table
from edge_app.sources.base import Source
from edge_app.sources.camera import CameraOptions
from edge_app.sources.opening import open_source
from edge_app.sources.truth import open_truth
from edge_app.spec import ModelSpec
from edge_app.style import count, duration


@dataclass(frozen=True, slots=True)
class Order:
    """Hold what one run is asked to do."""

    spec: ModelSpec
    variant: str
    source: str
    truth: str | None = None
    truth_labels: str | None = None
    runtime: str = "auto"
    threads: int | None = None
    record: Path | None = None
    metrics: Path | None = None
    headless: bool = False
    as_fast_as_possible: bool = False
    max_frames: int | None = None
    loop: bool = False
    alpha: float = 0.55
    edges: str = "auto"
    camera: CameraOptions | None = None


def run_command(options: argparse.Namespace) -> int:
    """Run once and return the exit code."""
    spec = resolve_model(options)
    source, truth = options.source, options.truth
    if source is None:
        source, sample_truth = sample(spec.task)
        truth = truth or sample_truth
    order = Order(
        spec=spec,
        variant=options.variant or default_variant(spec),
        source=source,
        truth=truth,
        truth_labels=options.truth_labels,
        runtime=options.runtime,
        threads=options.threads,
        record=Path(options.record) if options.record else None,
        metrics=Path(options.metrics) if options.metrics else None,
        headless=options.headless,
        as_fast_as_possible=options.as_fast_as_possible,
        max_frames=options.max_frames,
        loop=options.loop,
        alpha=options.alpha,
        edges=options.edges,
        camera=CameraOptions(
            size_wh=options.camera_size,
            fps=options.fps,
            exposure_ms=options.exposure,
            awb=options.awb,
            hflip=options.hflip,
            vflip=options.vflip,
            rotation=options.rotation,
        ),
    )
    console = Console()
    summary, code = carry_out(order, console)
    with suppress(OSError, SystemExit):
        console.print(summary_table(summary))
    return code


def carry_out(order: Order, console: Console) -> tuple[Mapping[str, Any], int]:
    """Run an order; return its summary and the exit code.

    Whatever happens after the first frame, the sinks are closed and the summary is written;
    a fault is raised again after that.
    """
    if order.truth_labels and not order.truth:
        raise UsageError("--truth-labels needs --truth, the folder or file of right answers")
    if order.record and _is_same_file(order.record, Path(order.source)):
        raise UsageError(f"--record {order.record} would overwrite the source; name another file")
    with ExitStack() as stack:
        truth = open_truth(order.truth, order.truth_labels) if order.truth else None
        source = stack.enter_context(
            open_source(
                order.source,
                truth=truth,
                loop=order.loop,
                max_frames=order.max_frames,
                camera=order.camera,
            )
        )
        engine = load_engine(
            order.spec, order.variant, runtime=order.runtime, threads=order.threads
        )
        _say(console, engine, source)
        run, recorder = _assemble(order, source, engine, console, stack)
        signals = Signals(run.stop)
        fault: BaseException | None = None
        with signals.caught():
            try:
                run.go()
            except (EdgeError, KeyboardInterrupt, Exception) as caught:  # noqa: BLE001
                fault = caught  # raised again below, once nothing can be lost any more
            for sink in run.sinks:
                try:
                    sink.close()
                except EdgeError as caught:
                    fault = fault or caught
        summary = _summary(run, source, recorder, signals, fault)
        if order.metrics:
            write_summary(order.metrics, summary)
        for note in _notes(source, order):
            _tell(console, note)
        if fault is not None and not isinstance(fault, KeyboardInterrupt):
            raise fault
        number = signals.number or (2 if isinstance(fault, KeyboardInterrupt) else 0)
        return summary, 128 + number if number else 0


def _is_same_file(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _assemble(
    order: Order, source: Source, engine: Engine, console: Console, stack: ExitStack
) -> tuple[Run, Recorder | None]:
    """Open the sinks that were asked for and join them to a run."""
    sinks: list[Sink] = []
    window = None
    if not order.headless:
        # A service that never opens a window need not load what draws one.
        from edge_app.sinks.window import Window, display_verdict

        verdict = display_verdict()
        if verdict.usable:
            title = f"{engine.spec.title} - edge-app"
            window = stack.enter_context(Window(title, verdict))
        else:
            _tell(console, f"[yellow]no window: {verdict.reason}[/]")
    recorder = None
    if order.record:
        recorder = stack.enter_context(
            Recorder(order.record, rate_hz=source.rate_hz, live=source.live)
        )
        sinks.append(recorder)
    if order.metrics:
        sinks.append(stack.enter_context(MetricsLog(order.metrics)))
    if window is not None:
        sinks.append(window)
    sinks.append(stack.enter_context(Terminal(console, frame_count=source.frame_count)))
    overlay = Overlay(engine.spec.labels, edges=order.edges, hints=window is not None)
    run = Run(
        source,
        engine,
        sinks,
        draw=overlay.draw if any(sink.wants_canvas for sink in sinks) else None,
        keys=window.keys if window is not None else None,
        controls=Controls(alpha=order.alpha),
        paced=not order.as_fast_as_possible,
        pace_hz=source.rate_hz if window is not None else None,
    )
    return run, recorder


def _tell(console: Console, text: str) -> None:
    """Print a line; a reader that has gone (`| head -1`) does not end the run."""
    with suppress(OSError, SystemExit):
        console.print(text, highlight=False, soft_wrap=True)


def _say(console: Console, engine: Engine, source: Source) -> None:
    """Tell in a few lines what runs, how the delegate took it, and what was guessed."""
    network, spec = engine.network, engine.spec
    _tell(
        console,
        f"[bold]{spec.title}[/] {engine.variant.name} on {network.runtime.title}, "
        f"{count(network.threads, 'thread')}, loaded in {duration(network.init_ms)}; {source.name}",
    )
    _tell(console, f"[dim]{network.delegation.words()}[/]")
    for note in network.notes:
        _tell(console, f"[dim]the runtime says: {note}[/]")
    if spec.guessed:
        _tell(console, f"[yellow]guessed from the file: {'; '.join(spec.guessed)}[/]")


def _summary(
    run: Run,
    source: Source,
    recorder: Recorder | None,
    signals: Signals,
    fault: BaseException | None,
) -> Mapping[str, Any]:
    status, reason = "complete", None
    if fault is not None and not isinstance(fault, KeyboardInterrupt):
        status, reason = "failed", str(fault) or type(fault).__name__
    elif signals.number is not None or fault is not None:
        status, reason = "interrupted", "stopped by a signal"
    elif run.stop.is_set() and run.controls.quit:
        status, reason = "interrupted", "stopped by a key"
    return {
        **run.tally.summary(),
        "source": source.name,
        "recording": recorder.recording if recorder else None,
        "board": board(),
        "versions": versions(),
        "status": status,
        "reason": reason,
    }


def _notes(source: Source, order: Order) -> list[str]:
    notes = []
    notes += [f"[yellow]{note}[/]" for note in source.notes]
    if order.metrics:
        notes.append(f"metrics: {order.metrics / 'frames.jsonl'} and summary.json")
    return notes
