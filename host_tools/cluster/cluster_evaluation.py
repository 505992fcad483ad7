"""An evaluation on a cluster: plan the jobs, wait for them, write the counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec.structs import replace
from rich.console import Console
from rich.progress import Progress

from edge_app.console import print_markup
from edge_app.evaluate.dataset import Dataset, ImageSet
from edge_app.evaluate.evaluation_file import write_evaluation
from edge_app.evaluate.evaluation_output import progress_bar
from edge_app.evaluate.partial_counts import chunks
from edge_app.evaluate.running import begin, counts_of, with_counts
from edge_app.model.card import ModelSpec
from edge_app.results.evaluation_result import EvaluationResult, PartialCounts
from edge_app.style import count
from host_tools.cluster.jobs import TOPIC, Job, worker_facts
from host_tools.cluster.tree import Tree, collect, moved_bytes, submit

if TYPE_CHECKING:
    from distributed import Client

_CHUNK = {"segmentation": 16, "classification": 1000}
VariantKey = tuple[str, str]  # names of a model and a variant


class OnMessage(Protocol):
    """Receives what workers report."""

    def __call__(self, message: Mapping[str, Any]) -> None:
        """Take one finished job: {"key", "frames", "worker", "pid"}."""


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """Options of an evaluation on a cluster.

    out: folder of the results, with one folder for each model.
    variants: names with commas between, or "all".
    chunk: frames per job; None takes the usual number of the task.
    start_over: do not continue from what `out` holds.
    """

    out: Path
    variants: str = "all"
    chunk: int | None = None
    runtime: str = "auto"
    start_over: bool = False


def evaluate(
    client: Client,
    specs: Sequence[ModelSpec],
    dataset: Dataset,
    options: ClusterOptions,
    console: Console,
    on_message: OnMessage | None = None,
) -> dict[str, EvaluationResult]:
    """Score models on a cluster; return the evaluation of each, by name.

    Also after Ctrl-C and errors, what is counted so far is written.
    """
    from host_tools.cluster.plugin import NoProfilerPlugin

    client.register_plugin(NoProfilerPlugin())
    facts = list(client.run(worker_facts, options.runtime).values())
    images = ImageSet(dataset)
    boards = {each["board"]["model"]: each["board"] for each in facts}  # one of each model
    before: dict[str, EvaluationResult] = {}
    jobs: dict[VariantKey, list[Job]] = {}
    for spec in specs:
        variants = spec.chosen(options.variants)
        before[spec.name] = result = begin(
            spec,
            variants,
            dataset,
            images,
            options.out / spec.file_stem,
            boards=tuple(boards.values()),
            versions=facts[0]["versions"] if facts else {},
            start_over=options.start_over,
        )
        for variant in variants:
            jobs[spec.name, variant] = _jobs(result, spec, variant, dataset, images, options)
    runtime = ", ".join(sorted({each["runtime"] for each in facts}))
    trees = {key: submit(client, planned) for key, planned in jobs.items() if planned}

    def save() -> None:
        parts = {key: tree.done(client) for key, tree in trees.items()}
        _write(before, parts, runtime, "interrupted", options.out)

    with progress_bar(console) as progress:
        job_progress = _JobProgress(progress, [job for each in jobs.values() for job in each])

        def on_event(event: Any) -> None:
            job_progress.add(event[1])
            if on_message:
                on_message(event[1])

        client.subscribe_topic(TOPIC, on_event)
        try:
            parts = collect(client, trees, save)
        except BaseException:
            save()
            raise
        finally:
            client.unsubscribe_topic(TOPIC)
        job_progress.finish()
    _print_moved(client, console, jobs, trees)
    return _write(before, parts, runtime, "complete", options.out)


def _write(
    before: Mapping[str, EvaluationResult],
    parts: Mapping[VariantKey, PartialCounts | None],
    runtime: str,
    status: str,
    out: Path,
) -> dict[str, EvaluationResult]:
    """Write and return the evaluations before the jobs with the counts of these parts added."""
    results = {name: replace(result, status=status) for name, result in before.items()}
    for (model, variant), part in parts.items():
        if part is not None:
            results[model] = with_counts(results[model], variant, part, runtime)
    for name, result in results.items():
        write_evaluation(result, out / name)
    return results


class _JobProgress:
    """The bar of the frames that are done; a job that is computed again counts once."""

    def __init__(self, progress: Progress, jobs: Iterable[Job]) -> None:
        self._progress = progress
        self._left = {job.key: job.stop - job.start for job in jobs}
        self._task = progress.add_task("frames", total=sum(self._left.values()))
        self._workers: set[str] = set()

    def add(self, message: Mapping[str, Any]) -> None:
        """Advance by a finished job."""
        self._workers.add(message["worker"])
        self._progress.update(
            self._task,
            advance=self._left.pop(message["key"], 0),
            description=f"frames on {count(len(self._workers), 'worker')}",
        )

    def finish(self) -> None:
        """Show all frames as done, also those of lost messages."""
        self._progress.advance(self._task, sum(self._left.values()))


def _jobs(
    result: EvaluationResult,
    spec: ModelSpec,
    variant: str,
    dataset: Dataset,
    images: ImageSet,
    options: ClusterOptions,
) -> list[Job]:
    """Return jobs for the frames of a variant that are not counted yet."""
    file = spec.variant(variant).path.absolute()
    model = file if spec.guessed else file.parent  # a file without a card, or the card's folder
    sha256 = result.variants[variant].sha256
    size = options.chunk or _CHUNK[spec.task]
    return [
        Job(str(model), variant, sha256, dataset, start, stop, options.runtime)
        for start, stop in chunks((0, images.count), counts_of(result, variant).spans, size)
    ]


def _print_moved(
    client: Client,
    console: Console,
    jobs: Mapping[VariantKey, list[Job]],
    trees: Mapping[VariantKey, Tree],
) -> None:
    """Print the bytes moved per frame, by the first jobs of each variant."""
    moved = []
    for key, tree in trees.items():
        futures = tree.branches[0].jobs
        parts = client.gather(list(futures), errors="skip")
        if len(parts) == len(futures):
            moved.append(moved_bytes(jobs[key][: len(parts)], parts))
    if moved:
        mean = sum(moved) / len(moved)
        print_markup(
            console, f"{mean:,.0f} bytes moved per frame and variant: paths out, counts back"
        )
