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
from edge_app.evaluate.partial_counts import add_counts, chunks
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
    variants = {spec.name: _variants(spec, options.variants) for spec in specs}
    before = {
        spec.name: begin(
            spec,
            variants[spec.name],
            dataset,
            images,
            options.out / spec.name,
            boards=_boards(facts),
            versions=facts[0]["versions"] if facts else {},
            start_over=options.start_over,
        )
        for spec in specs
    }
    jobs = {
        (spec.name, variant): _jobs(before[spec.name], spec, variant, dataset, images, options)
        for spec in specs
        for variant in variants[spec.name]
    }
    results = _Results(before, ", ".join(sorted({each["runtime"] for each in facts})), options.out)
    trees = {key: submit(client, planned) for key, planned in jobs.items() if planned}

    def save() -> None:
        results.write({key: tree.done(client) for key, tree in trees.items()}, "interrupted")

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
    return results.write(parts, "complete")


class _Results:
    """The evaluations before the jobs, to which their counts are added.

    runtime: of the workers. out: folder of the results.
    """

    def __init__(self, before: Mapping[str, EvaluationResult], runtime: str, out: Path) -> None:
        self._before = before
        self._runtime = runtime
        self._out = out

    def write(
        self, parts: Mapping[VariantKey, PartialCounts | None], status: str
    ) -> dict[str, EvaluationResult]:
        """Write and return the evaluations with these counts added."""
        results = {name: replace(result, status=status) for name, result in self._before.items()}
        for (model, variant), part in parts.items():
            if part is not None:
                done = counts_of(self._before[model], variant)
                total = add_counts(done, part) if done else part
                (digest,) = self._before[model].datasets
                results[model] = with_counts(results[model], variant, digest, total, self._runtime)
        for name, result in results.items():
            write_evaluation(result, self._out / name)
        return results


class _JobProgress:
    """The bar of the frames that are done; a job that is computed again counts once."""

    def __init__(self, progress: Progress, jobs: Iterable[Job]) -> None:
        self._progress = progress
        self._sizes = {job.key: job.stop - job.start for job in jobs}
        self._task = progress.add_task("frames", total=sum(self._sizes.values()))
        self._left = set(self._sizes)
        self._workers: set[str] = set()

    def add(self, message: Mapping[str, Any]) -> None:
        """Advance by a finished job."""
        self._workers.add(message["worker"])
        if message["key"] in self._left:
            self._left.remove(message["key"])
            workers = count(len(self._workers), "worker")
            self._progress.update(
                self._task,
                advance=self._sizes[message["key"]],
                description=f"frames on {workers}",
            )

    def finish(self) -> None:
        """Show all frames as done, also those of lost messages."""
        self._progress.update(self._task, completed=sum(self._sizes.values()))


def _jobs(
    result: EvaluationResult,
    spec: ModelSpec,
    variant: str,
    dataset: Dataset,
    images: ImageSet,
    options: ClusterOptions,
) -> list[Job]:
    """Return jobs for the frames of a variant that are not counted yet."""
    done = counts_of(result, variant)
    file = spec.variant(variant).path.absolute()
    model = file if spec.guessed else file.parent  # a file without a card, or the card's folder
    sha256 = result.variants[variant].sha256
    size = options.chunk or _CHUNK[spec.task]
    return [
        Job(str(model), variant, sha256, dataset, start, stop, options.runtime)
        for start, stop in chunks((0, images.count), done.spans if done else (), size)
    ]


def _variants(spec: ModelSpec, text: str) -> list[str]:
    """Return the variants of a list; raise ModelError if the model does not have one."""
    if text == "all":
        return list(spec.variants)
    return [spec.variant(name.strip()).name for name in text.split(",")]


def _boards(facts: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return the workers' boards, one of each model."""
    boards: dict[str, dict[str, Any]] = {}
    for each in facts:
        boards.setdefault(each["board"]["model"], each["board"])
    return tuple(boards.values())


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
