"""Building a report: read results, draw charts, write the page."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from edge_app import __version__
from edge_app.atomic import write_atomic
from edge_app.console import print_line, print_markup
from edge_app.errors import EdgeError, SinkError, UsageError
from edge_app.model.catalog import resolve_model_folder
from edge_app.output_place import check_outputs
from edge_app.paths import assets_dir
from edge_app.python_environment import this_environment
from edge_app.sources.factory import open_source
from edge_app.style import count
from host_tools.charts.drawing import DARK, LIGHT
from host_tools.charts.report_charts import charts_of
from host_tools.report.figures import Result
from host_tools.report.gallery import make_gallery
from host_tools.report.merging import join, with_scores
from host_tools.report.page import ModelSection, RenderedChart, page_template, render_page
from host_tools.report.reading import read_results, result_file

_REFERENCE = Path("reference") / "thesis.json"
_ADVICE = "name another folder with --out"


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What a report is made of.

    names: "FILE=NAME" each, or one NAME alone if all files are of one machine.
    reference: also show the published figures that ship with the app.
    gallery: a model folder or the name of a shipped model.
    images: the source of its `samples` images.
    """

    results: Sequence[Path]
    out: Path
    title: str
    names: Sequence[str] = ()
    reference: bool = True
    gallery: str | None = None
    images: str | None = None
    samples: int = 3


def check_report_packages() -> None:
    """Raise EdgeError if what draws the charts or fills the page is not installed."""
    missing = [name for name in ("jinja2", "matplotlib") if find_spec(name) is None]
    if missing:
        command = this_environment().install(*missing)
        raise EdgeError(f"{' and '.join(missing)} not installed; run: {command}")


def build_report(options: ReportOptions, console: Console) -> None:
    """Read the results, draw the charts and write the page; print what was written.

    Raises UsageError, SourceError, ModelError and SinkError.
    """
    if (options.gallery is None) != (options.images is None):
        raise UsageError("--gallery MODEL_DIR and --images SOURCE go together; give both or none")
    if not options.results and not options.reference:
        raise UsageError("there is nothing to report; name result files or leave the reference in")
    charts_dir = options.out / "charts"
    check_outputs(folders=[charts_dir])
    check_report_packages()
    template = page_template()
    results = collect(options.results, options.names, reference=options.reference)
    spec = resolve_model_folder(options.gallery) if options.gallery else None
    if options.images is not None:  # before the charts, which take their time
        open_source(options.images).close()
    results = with_scores(results, spec)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        sections = [
            ModelSection(model, members, _render_charts(model, members, progress))
            for model, members in by_model(results).items()
        ]
        gallery = None
        if spec is not None and options.images is not None:
            gallery = make_gallery(spec, options.images, options.samples, progress)
    files = count(len(options.results), "result file") if options.results else "the reference only"
    made = f"Made {time.strftime('%Y-%m-%d %H:%M')} by edge-quant {__version__} from {files}"
    charts = [chart for section in sections for chart in section.charts]
    for chart in charts:
        path = charts_dir / f"{chart.name}.png"
        write_atomic(path, chart.light, error=SinkError, advice=_ADVICE)
    page_path = options.out / "index.html"
    text = render_page(template, options.title, made, sections, gallery)
    write_atomic(page_path, text, error=SinkError, advice=_ADVICE)
    for result in results:
        for warning in result.warnings:
            print_markup(console, f"[yellow]{escape(f'{result.machine}: {warning}')}[/]")
    read = ", ".join(str(result_file(path)) for path in options.results)
    nothing = "no result file was named, so the page has the published figures alone"
    print_line(console, f"read: {read}" if read else nothing)
    print_line(console, f"{page_path}: {page_path.stat().st_size:,} bytes, self-contained")
    print_line(console, f"{charts_dir}: {count(len(charts), 'chart')} as PNG")


def collect(paths: Sequence[Path], names: Sequence[str], *, reference: bool) -> list[Result]:
    """Read all files, name their machines, join files of one result; the reference is last.

    names: "FILE=NAME" each, or one NAME alone if all files are of one machine.
    """
    given = _names(paths, names)
    results = [result for path in paths for result in read_results(path, given.get(path))]
    if reference:
        results += read_results(assets_dir() / _REFERENCE)
    return join(results)


def _names(paths: Sequence[Path], names: Sequence[str]) -> dict[Path, str]:
    """Return the machine's name for each file that was given one."""
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
    """Group results by model; published ones join every model they suit.

    Those that suit none get sections of their own, after the others.
    """
    groups: dict[str, list[Result]] = {}
    for result in results:
        if not result.published:
            groups.setdefault(result.model, []).append(result)
    measured = list(groups)
    for result in results:
        if result.published:
            suited = [
                model
                for model in measured
                if model == result.model
                or any(fnmatch(model.lower(), pattern) for pattern in result.comparable_models)
            ]
            for model in suited or [result.model]:
                groups.setdefault(model, []).append(result)
    return groups


def _render_charts(
    model: str, results: Sequence[Result], progress: Progress
) -> list[RenderedChart]:
    prefix = "".join(letter if letter.isalnum() else "-" for letter in model.lower())
    charts = charts_of(results, prefix)
    task = progress.add_task(f"charts of {model}", total=len(charts))
    rendered = []
    for chart in charts:
        light, dark = chart.render(LIGHT), chart.render(DARK)
        rendered.append(RenderedChart(chart.name, chart.title, chart.note, light, dark))
        progress.advance(task)
    return rendered
