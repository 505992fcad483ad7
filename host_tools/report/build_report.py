"""Carry out `host-tools report`: read results, draw charts, write the page."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from edge_app import __version__
from edge_app.errors import SinkError, UsageError
from edge_app.model.card import ModelSpec, read_card
from edge_app.paths import assets_dir
from edge_app.style import count
from host_tools.charts.drawing import DARK, LIGHT, check_matplotlib
from host_tools.charts.report_charts import charts_of
from host_tools.report.figures import Result
from host_tools.report.gallery import Gallery, make_gallery
from host_tools.report.merging import join, with_scores
from host_tools.report.page import Drawn, Section, page
from host_tools.report.reading import read_results

_REFERENCE = Path("reference") / "thesis.json"


def report_command(options: argparse.Namespace) -> int:
    """Carry out `host-tools report`."""
    console = Console()
    if (options.gallery is None) != (options.images is None):
        raise UsageError("--gallery MODEL_DIR and --images SOURCE go together; give both or none")
    if not options.results and options.no_reference:
        raise UsageError("there is nothing to report; name result files or leave the reference in")
    check_matplotlib()
    results = collect(options.results, options.name, reference=not options.no_reference)
    spec = read_card(options.gallery) if options.gallery else None
    results = with_scores(results, spec)
    _make_folders(options.out)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        sections = [
            Section(model, tuple(members), tuple(_drawn(model, members, bars)))
            for model, members in by_model(results).items()
        ]
        gallery = _gallery(spec, options, bars) if spec else None
    number = len(options.results)
    files = count(number, "result file") if number else "the reference's figures alone"
    made = f"Made {time.strftime('%Y-%m-%d %H:%M')} by edge-quant {__version__} from {files}"
    page_path = write(options.out, page(options.title, made, sections, gallery), sections)
    for result in results:
        for warning in result.warnings:
            _say(console, f"{result.machine}: {warning}", style="yellow")
    _say(console, f"{page_path}: {page_path.stat().st_size:,} bytes, nothing beside it is needed")
    number = sum(len(section.charts) for section in sections)
    _say(console, f"{options.out / 'charts'}: {count(number, 'chart')} as PNG")
    return 0


def collect(paths: Sequence[Path], names: Sequence[str], *, reference: bool) -> list[Result]:
    """Read all files, name their machines, join what belongs together; the reference is last.

    names: "FILE=NAME" each, or one NAME alone where all files are of one machine.
    """
    given = _names(paths, names)
    results = [result for path in paths for result in read_results(path, given.get(path))]
    if reference:
        results += read_results(assets_dir() / _REFERENCE)
    return join(results)


def _names(paths: Sequence[Path], names: Sequence[str]) -> dict[Path, str]:
    """Return what to call the machine of each file that was given a name."""
    if len(names) == 1 and "=" not in names[0]:
        # Read once by their own names, to see whether they are of one machine.
        machines = {result.machine for path in paths for result in read_results(path)}
        if len(machines) > 1:
            raise UsageError(
                f"--name {names[0]}: the files are of {len(machines)} machines; "
                "give --name FILE=NAME for each"
            )
        return dict.fromkeys(paths, names[0])
    named: dict[Path, str] = {}
    for text in names:
        file, equals, name = text.rpartition("=")
        matched = [path for path in paths if file in {str(path), path.name}]
        if not equals or not name or not matched:
            raise UsageError(f"--name {text}: give FILE=NAME, with FILE one of the result files")
        named.update(dict.fromkeys(matched, name))
    return named


def by_model(results: Sequence[Result]) -> dict[str, list[Result]]:
    """Group results by model; published ones stand beside every model they suit.

    Those that suit none get a section of their own, behind the others.
    """
    groups: dict[str, list[Result]] = {}
    for result in results:
        if not result.published:
            groups.setdefault(result.model, []).append(result)
    own = list(groups)
    for result in results:
        if result.published:
            beside = [
                model
                for model in own
                if model == result.model
                or any(fnmatch(model.lower(), pattern) for pattern in result.suits)
            ]
            for model in beside or [result.model]:
                groups.setdefault(model, []).append(result)
    return groups


def _drawn(model: str, results: Sequence[Result], bars: Progress) -> list[Drawn]:
    prefix = "".join(letter if letter.isalnum() else "-" for letter in model.lower())
    charts = charts_of(results, prefix)
    task = bars.add_task(f"charts of {model}", total=len(charts))
    drawn = []
    for chart in charts:
        light, dark = chart.render(LIGHT), chart.render(DARK)
        drawn.append(Drawn(chart.name, chart.title, chart.note, light, dark))
        bars.advance(task)
    return drawn


def _gallery(spec: ModelSpec, options: argparse.Namespace, bars: Progress) -> Gallery:
    task: TaskID = bars.add_task("gallery", total=len(spec.variants))

    def note(variant: str) -> None:
        bars.update(task, description=f"gallery: {variant}", advance=1)

    return make_gallery(spec, options.images, options.samples, note)


def _make_folders(out: Path) -> None:
    """Make the folders for page and charts, before any work is done; raise SinkError."""
    with _writing(out):
        (out / "charts").mkdir(parents=True, exist_ok=True)


def write(out: Path, text: str, sections: Sequence[Section]) -> Path:
    """Write index.html and the charts; return the page's path. Raises SinkError."""
    page_path = out / "index.html"
    with _writing(out):
        for section in sections:
            for chart in section.charts:
                (out / "charts" / f"{chart.name}.png").write_bytes(chart.light)
        draft = page_path.with_name("index.html.part")
        draft.write_text(text, "utf-8")
        draft.replace(page_path)
    return page_path


@contextlib.contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise SinkError(
            f"{out} cannot be written ({fault.strerror}); name another folder with --out"
        ) from None


def _say(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, highlight=False, soft_wrap=True, markup=False, style=style)
