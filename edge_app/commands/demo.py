"""`edge-app demo`: all variants on the shipped sample, in one table and two images."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.commands.arg_types import OptionAdder
from edge_app.commands.model_options import add_runtime
from edge_app.errors import ModelError, is_interrupt
from edge_app.paths import assets_dir
from edge_app.standard_streams import print_error

if TYPE_CHECKING:
    from edge_app.frame import Frame
    from edge_app.model.card import ModelSpec
    from edge_app.results.run_summary import VariantSummary

EXAMPLES = """examples:
  edge-app demo
  edge-app demo --model mnist --headless --out demo-digits

DIR then holds an overlay video, a metrics log and a summary per variant; of the street also two
images that compare float32 and int8
"""
# Shipped models, the default first.
MODELS = ("street", "mnist")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `demo`."""
    add = OptionAdder(parser)
    add.choice("--model", MODELS, "shipped model (default: street, if it ships)")
    add.value("--out", "DIR", "folder of the results (default: demo)", Path, Path("demo"))
    add.flag("--headless", "open no window (default: one, if possible)")
    add_runtime(parser)


def run(options: argparse.Namespace) -> int:
    """Run every variant on the sample, recording each; stop at the first signal."""
    rows: list[VariantSummary] = []
    with _said_if_stopped(options.out, rows):
        from edge_app.model.card import read_card
        from edge_app.output_place import check_outputs, reserved
        from edge_app.session.demo_files import recording_path

        out = options.out
        spec = read_card(_folder(options.model))
        videos = {name: recording_path(out, spec, name) for name in spec.variants}
        check_outputs(files=videos.values(), folders=[out / name for name in videos])
        with reserved(folders=[out]):
            return _run_variants(options, spec, videos, rows)


@contextmanager
def _said_if_stopped(out: Path, rows: Sequence[VariantSummary]) -> Iterator[None]:
    """Print what there is after a Ctrl-C that found no run to stop, as while modules load."""
    try:
        yield
    except (KeyboardInterrupt, ImportError) as fault:
        if is_interrupt(fault):
            done = ", ".join(row.variant for row in rows)
            what = f"complete in {out}: {done}" if rows else "nothing was written"
            print_error(f"edge-app demo: stopped; {what}")
        raise


def _run_variants(
    options: argparse.Namespace,
    spec: ModelSpec,
    videos: dict[str, Path],
    rows: list[VariantSummary],
) -> int:
    """Run and record each variant; print what they gained and what was written.

    rows: gets the figures of each finished variant.
    """
    from edge_app.board import BoardWatch
    from edge_app.console import TextConsole
    from edge_app.model.catalog import sample
    from edge_app.session.demo_files import remove_demo, remove_variant
    from edge_app.session.demo_output import (
        can_open_window,
        print_beginning,
        print_files,
        print_results,
        print_stopped,
    )
    from edge_app.session.demo_stills import write_stills
    from edge_app.session.options import OutputOptions, RunOptions
    from edge_app.session.run_session import run_session
    from edge_app.session.tasks import TaskSpec

    console, out = TextConsole(), options.out
    source, truth = sample(spec)
    headless = options.headless or not can_open_window(console)
    print_beginning(console, spec, source)
    remove_demo(out, spec)
    watch = BoardWatch()
    recordings: list[str] = []
    code = 0
    for variant in spec.variants:
        run_options = RunOptions(
            task=TaskSpec(spec, source, truth),
            variant=variant,
            outputs=OutputOptions(
                record=videos[variant],
                metrics=out / variant,
                headless=headless,
            ),
            runtime=options.runtime,
            threads=options.threads,
            as_fast_as_possible=True,
        )
        summary, code = run_session(run_options, console, brief=True)
        if code or summary.status != "complete":
            remove_variant(out, spec, variant)
            print_stopped(console, spec, variant)
            break
        rows += [one for one in summary.variants.values() if one.variant == variant]
        if recorded := summary.recording:
            recordings += recorded.files or (recorded.path,)
    verdict = watch.end().verdict
    stills: list[Path] = []
    if spec.task == "segmentation" and not code and len(rows) == len(spec.variants):
        qualities = {row.variant: row.quality for row in rows}
        engine = {"runtime": options.runtime, "threads": options.threads}
        stills = write_stills(spec, _middle(source), out, qualities, **engine)
    if rows:
        print_results(console, spec, rows, verdict)
        print_files(console, out, recordings, stills)
    return code


def _folder(name: str | None) -> Path:
    """Return the folder of a shipped model, by default of the first one of MODELS."""
    from edge_app.model.card import CARD_NAME

    folders = [assets_dir() / "models" / each for each in ([name] if name else MODELS)]
    for folder in folders:
        if (folder / CARD_NAME).is_file():
            return folder
    raise ModelError(f"the model {folders[0]} is missing; reinstall the program")


def _middle(source: str) -> Frame:
    """Return the frame in the middle of a file."""
    from edge_app.sources.factory import open_source

    with open_source(source) as frames:
        middle = (frames.frame_count or 1) // 2
        chosen: Frame | None = None
        for frame in frames:
            chosen = frame
            if frame.index >= middle:
                break
    if chosen is None:
        raise ModelError(f"the sample {source} has no frames; reinstall the program")
    return chosen
