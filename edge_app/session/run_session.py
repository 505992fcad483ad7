"""One session, from its options to its summary."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from msgspec import structs
from rich.console import Console
from rich.markup import escape

from edge_app.board import board, versions
from edge_app.console import print_line, print_wrapped
from edge_app.errors import EdgeError, UsageError
from edge_app.frame import Image
from edge_app.model.engine import Engine, EngineKey, load_engine
from edge_app.output_lock import locked
from edge_app.output_place import changed, stamps
from edge_app.process import prepare_process
from edge_app.results.run_summary import STOPPED_BY_KEY, RunSummary
from edge_app.session.guess_table import guess_table, way_to_keep
from edge_app.session.memory import resident_bytes
from edge_app.session.notify import VARIABLES, notifier_from
from edge_app.session.options import OutputOptions, RunOptions
from edge_app.session.outputs import Outputs, check_output_options
from edge_app.session.session import Session
from edge_app.session.signals import Signals
from edge_app.sinks.display import display_verdict
from edge_app.sinks.metrics_log import FRAMES_NAME, SUMMARY_NAME, write_summary
from edge_app.sinks.snapshots import save_png
from edge_app.sources.idx import IdxDigits
from edge_app.sources.size_limits import USUAL_MAX_PIXELS, PixelLimit
from edge_app.sources.source import Source, are_images
from edge_app.standard_streams import output_may_fail
from edge_app.style import count, duration


def run_session(
    options: RunOptions, console: Console, *, brief: bool = False
) -> tuple[RunSummary, int]:
    """Run a session; return its summary and the exit code.

    The answer to a single image is left to the caller, who prints it last.
    brief: print no more than the live view and a line at the end, for one of several sessions.
    Whatever happens in a run or in closing a sink, all sinks are closed and the summary is
    written; the first error is raised after that.
    """
    check_output_options(options.outputs)
    earlier = stamps(_outputs_replaced(options.outputs))
    display = None if options.outputs.headless else display_verdict()
    variables = prepare_process(display.settings if display else {}, remove=VARIABLES)
    notifier = notifier_from(variables)
    PixelLimit.pixels = options.max_pixels or USUAL_MAX_PIXELS
    with ExitStack() as stack:
        source = stack.enter_context(
            options.task.open_source(
                loop=options.loop, max_frames=options.max_frames, camera=options.camera
            )
        )
        if options.slideshow_s and not are_images(source):
            raise UsageError("--slideshow needs an image or a folder of images; leave it out")
        before_bytes = resident_bytes()
        engine = load_engine(
            options.task.spec, options.variant, runtime=options.runtime, threads=options.threads
        )
        cost_bytes = resident_bytes() - before_bytes
        second = _load_second(options, engine)
        known_notes = frozenset(source.notes)
        if not brief:
            _print_start(console, engine, source, second, in_full=options.outputs.headless)
        stop = threading.Event()
        signals = Signals(stop)
        # Before the terminal is changed: no signal may end the process without restoring it.
        stack.enter_context(signals.caught())
        stack.callback(source.close)  # before signals are free again: a camera takes its time
        # Until the summary is written, which is after the log is closed.
        stack.enter_context(locked([options.outputs.save], [options.outputs.metrics]))
        outputs = Outputs(options, source, console, stack, display)
        if not brief:
            _print_pace(console, options, source, outputs)
        session = stack.enter_context(
            Session(options, source, engine, outputs, cost_bytes, stop, notifier, second)
        )
        error = _run_all(session, signals)  # raised below, when nothing can be lost any more
        notifier.ending()
        for sink in outputs.sinks:
            try:
                sink.close()
            except (KeyboardInterrupt, Exception) as caught:  # noqa: BLE001
                error = error or caught
        if options.outputs.save:
            try:
                _save_last(console, options.outputs.save, session.last_image(), error)
            except EdgeError as caught:
                error = error or caught
        summary = _summary(session, outputs, signals, error)
        if options.outputs.metrics:
            try:
                write_summary(options.outputs.metrics, summary)
            except EdgeError as caught:
                error = error or caught
        if not brief:
            known = {*known_notes, str(error)}  # an error is printed by itself
            notes = [note for note in session.source.notes if note not in known]
            _print_notes(console, (*notes, *outputs.recording.notes))
            _print_end(console, session, options, outputs, summary)
            if replaced := changed(earlier):
                print_line(console, f"replaced: {', '.join(map(str, replaced))}")
        if error is not None and not isinstance(error, KeyboardInterrupt):
            if summary.answer:  # no summary is printed, after which it would come
                print_wrapped(console, escape(summary.answer))
            raise error
        number = signals.number or (2 if error is not None else 0)
        return summary, 128 + number if number else 0


def _run_all(session: Session, signals: Signals) -> BaseException | None:
    """Run what keys choose, one after another; return what ended it early, if it was an error."""
    try:
        try:
            for run in session.runs():
                run.go()
        finally:
            signals.end()
    except (KeyboardInterrupt, Exception) as caught:  # noqa: BLE001
        return caught
    return None


def _load_second(options: RunOptions, engine: Engine) -> Engine | None:
    """Return the engine to compare with from the first frame on; None if no option asks for it."""
    partner = options.partner
    if partner is None or not partner.is_chosen:
        return None
    key = partner(EngineKey(engine.spec, engine.variant.name, engine.network.threads))
    if key is None:
        raise UsageError(
            f"{engine.spec.name} has no other variant to compare {engine.variant.name} with; "
            "choose another --variant"
        )
    try:
        return load_engine(key.spec, key.variant, runtime=options.runtime, threads=key.threads)
    except BaseException:
        engine.close()
        raise


def _print_start(
    console: Console, engine: Engine, source: Source, second: Engine | None, *, in_full: bool
) -> None:
    """Print what runs, how it is delegated, and what was inferred about a file without a card.

    second: the engine that it is compared with, if any.
    in_full: that with its reasons, in a block; else in one line.
    """
    network, spec = engine.network, engine.spec
    print_wrapped(
        console,
        f"[bold]{escape(spec.title)}[/] {engine.variant.name} on {network.runtime.title}, "
        f"{count(network.threads, 'thread')}, loaded in {duration(network.init_ms)}; "
        f"{escape(source.name)}",
    )
    colour = "yellow" if network.delegation.refused else "dim"
    print_wrapped(console, f"[{colour}]{escape(network.delegation.summary())}[/]")
    for note in network.notes:
        print_wrapped(console, f"[dim]from the runtime: {escape(note)}[/]")
    _print_notes(console, (*engine.warnings, *source.notes))
    if spec.task == "segmentation" and isinstance(source, IdxDigits):
        # They are taken for a street, with every answer wrong and nothing else to say so.
        print_wrapped(console, "[yellow]these are digits: --model mnist reads them[/]")
    if spec.guessed and in_full:
        with output_may_fail():
            console.print(guess_table(spec.guessed))
        print_wrapped(console, escape(way_to_keep(spec)))
    elif spec.guessed:
        guesses = "; ".join(map(str, spec.guessed))
        print_wrapped(console, f"[yellow]guessed from the file: {escape(guesses)}[/]")
    if second is not None:
        _print_second(console, second)


def _print_second(console: Console, second: Engine) -> None:
    """Print what runs beside, and what was inferred about it."""
    network, spec = second.network, second.spec
    print_wrapped(
        console,
        f"beside [bold]{escape(spec.title)}[/] {second.variant.name}, loaded in "
        f"{duration(network.init_ms)}; [dim]{escape(network.delegation.summary())}[/]",
    )
    guesses = "; ".join(map(str, spec.guessed))
    notes = (f"guessed from the file of {spec.name}: {guesses}",) if guesses else ()
    _print_notes(console, (*second.warnings, *notes))


def _print_notes(console: Console, notes: Iterable[str]) -> None:
    for note in notes:
        print_wrapped(console, f"[yellow]{escape(note)}[/]")


def _print_pace(console: Console, options: RunOptions, source: Source, outputs: Outputs) -> None:
    """Print at which rate frames without a time are shown, and how to go without it."""
    own_pace = source.live or source.has_clock or source.rate_hz is None
    if outputs.is_followed and not own_pace and not options.as_fast_as_possible:
        print_wrapped(
            console,
            f"[dim]{source.rate_hz:.0f} a second, to be followed by eye; --as-fast-as-possible "
            "runs through[/]",
        )


def _outputs_replaced(outputs: OutputOptions) -> list[Path | None]:
    """Return the files of which a run keeps no earlier one."""
    log = outputs.metrics if outputs.metrics_max_mb is None else None
    return [
        outputs.record if outputs.segment_s is None else None,
        outputs.save,
        *([log / FRAMES_NAME, log / SUMMARY_NAME] if log else []),
    ]


def _print_end(
    console: Console, session: Session, options: RunOptions, outputs: Outputs, summary: RunSummary
) -> None:
    """Print what was written, and why a view that a person followed ended."""
    source = session.source
    metrics = options.outputs.metrics
    if metrics:
        print_line(console, f"metrics: {metrics / 'frames.jsonl'} and summary.json")
    limited = options.loop or options.max_frames is not None or options.as_fast_as_possible
    if summary.status == "complete" and outputs.is_followed and not (source.live or limited):
        print_wrapped(console, f"{escape(source.name)} has ended; --loop starts it over at its end")


def _save_last(
    console: Console, path: Path, image: Image | None, error: BaseException | None
) -> None:
    """Write the last frame with its overlay; without one, an error says why. Raises SinkError."""
    if image is None:
        if error is None or isinstance(error, KeyboardInterrupt):
            print_line(console, f"not saved, since there was no frame: {path}")
        return
    save_png(path, image)
    print_line(console, f"saved the last frame: {path}")


def _summary(
    session: Session, outputs: Outputs, signals: Signals, error: BaseException | None
) -> RunSummary:
    status: Literal["complete", "interrupted", "failed"] = "complete"
    reason = None
    if error is not None and not isinstance(error, KeyboardInterrupt):
        status, reason = "failed", str(error) or type(error).__name__
    elif signals.number is not None or error is not None:
        status, reason = "interrupted", "stopped by a signal"
    elif session.quit_pressed:
        status, reason = "interrupted", STOPPED_BY_KEY
    return RunSummary(
        **structs.asdict(session.stats.summary()),
        source=session.source.name,
        dropped_keys=session.controller.dropped_keys,
        recording=outputs.recording.recording,
        board=board(),
        versions=versions(),
        status=status,
        reason=reason,
        answer=outputs.answer,
    )
