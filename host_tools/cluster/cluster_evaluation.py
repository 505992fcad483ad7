"""Carry out `host-tools evaluate`: plan, submit, watch, and write what came of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from rich.console import Console

from edge_app.console import tell
from edge_app.errors import UsageError
from edge_app.evaluate.dataset import Dataset, ImageSet, parse_dataset
from edge_app.evaluate.evaluation_file import write_evaluation
from edge_app.evaluate.evaluation_output import print_evaluation, progress_bar
from edge_app.evaluate.partial_counts import add_counts, chunks
from edge_app.evaluate.running import begin, counts_of, with_counts
from edge_app.model.card import ModelSpec
from edge_app.model.catalog import resolve_model
from edge_app.results.evaluation_result import EvaluationResult, PartialCounts
from edge_app.style import count
from host_tools.cluster.jobs import TOPIC, Job, worker_facts
from host_tools.cluster.tree import Tree, collect, moved_bytes, submit

if TYPE_CHECKING:
    from distributed import Client

_CHUNK = {"segmentation": 16, "classification": 1000}
Name = tuple[str, str]  # of a model and a variant


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """Options of an evaluation on a cluster.

    out: folder of the results, with one folder for each model.
    variants: names with commas between, or "all".
    chunk: frames per job; None takes the usual number of the task.
    anew: start over instead of continuing from what `out` holds.
    """

    out: Path
    variants: str = "all"
    chunk: int | None = None
    runtime: str = "auto"
    anew: bool = False


def evaluate_command(options: argparse.Namespace) -> int:
    """Carry out `host-tools evaluate`; exit 130 where Ctrl-C ended it."""
    console = Console()
    dataset = parse_dataset(options.dataset)
    specs = [resolve_model(name, runtime=options.runtime) for name in options.model]
    if len({spec.name for spec in specs}) < len(specs):
        raise UsageError("two of the models have one name; evaluate one of them alone")
    with connected(options.scheduler) as client:
        tell(console, f"{client.scheduler.address}: {count(_workers(client), 'worker')}")
        try:
            wanted = ClusterOptions(
                options.out, options.variants, options.chunk, options.runtime, options.anew
            )
            outcomes = evaluate(client, specs, dataset, wanted, console)
        except KeyboardInterrupt:
            tell(console, "stopped; what was counted is kept, the same command goes on")
            return 130
    for name, outcome in outcomes.items():
        print_evaluation(console, outcome, options.out / name)
    return 0


def evaluate(
    client: Client,
    specs: list[ModelSpec],
    dataset: Dataset,
    options: ClusterOptions,
    console: Console,
    watch: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, EvaluationResult]:
    """Score models on a cluster; return the outcome of each, by name.

    watch: gets what workers tell: {"key", "frames", "worker", "pid"}.
    Whatever ends it, what was counted so far is written.
    """
    from host_tools.cluster.plugin import NoProfilerPlugin

    pictures = ImageSet(dataset)
    client.register_plugin(NoProfilerPlugin())
    facts = client.run(worker_facts, options.runtime)
    about = _about(facts)
    runtimes = sorted({each["runtime"] for each in facts.values()})
    before = {
        spec.name: begin(
            spec,
            _variants(spec, options.variants),
            dataset,
            pictures,
            options.out / spec.name,
            **about,
            start_over=options.anew,
        )
        for spec in specs
    }
    jobs = {
        (spec.name, variant): _jobs(before[spec.name], spec, variant, dataset, pictures, options)
        for spec in specs
        for variant in _variants(spec, options.variants)
    }
    trees = {name: submit(client, planned) for name, planned in jobs.items() if planned}
    sizes = {job.key: job.stop - job.start for planned in jobs.values() for job in planned}

    def kept(
        parts: Mapping[Name, PartialCounts | None], status: str
    ) -> dict[str, EvaluationResult]:
        outcomes = _with_parts(before, parts, ", ".join(runtimes), status)
        for name, outcome in outcomes.items():
            write_evaluation(outcome, options.out / name)
        return outcomes

    def keep() -> None:
        kept({name: tree.done(client) for name, tree in trees.items()}, "interrupted")

    with progress_bar(console) as progress:
        task = progress.add_task("frames", total=sum(sizes.values()))
        told: set[str] = set()
        busy: set[str] = set()

        def hear(event: Any) -> None:
            """Advance by what a worker tells; a job done again counts once."""
            message = event[1]
            watch(message)
            busy.add(message["worker"])
            if message["key"] in sizes and message["key"] not in told:
                told.add(message["key"])
                workers = count(len(busy), "worker")
                progress.update(
                    task, advance=sizes[message["key"]], description=f"frames on {workers}"
                )

        client.subscribe_topic(TOPIC, hear)
        try:
            parts = collect(client, trees, lambda _: None, keep)
        except BaseException:
            keep()
            raise
        finally:
            client.unsubscribe_topic(TOPIC)
        progress.update(task, completed=sum(sizes.values()))
    _tell_moved(client, console, jobs, trees)
    return kept(parts, "complete")


def _jobs(
    outcome: EvaluationResult,
    spec: ModelSpec,
    variant: str,
    dataset: Dataset,
    pictures: ImageSet,
    options: ClusterOptions,
) -> list[Job]:
    """Cut what is left of a variant into jobs."""
    done = counts_of(outcome, variant)
    file = spec.variant(variant).path.absolute()
    model = file if spec.guessed else file.parent  # a file without a card, or the card's folder
    size = options.chunk or _CHUNK[spec.task]
    return [
        Job(
            str(model),
            variant,
            outcome.variants[variant].sha256,
            dataset,
            start,
            stop,
            options.runtime,
        )
        for start, stop in chunks((0, pictures.count), done.spans if done else (), size)
    ]


def _with_parts(
    before: Mapping[str, EvaluationResult],
    parts: Mapping[Name, PartialCounts | None],
    runtime: str,
    status: str,
) -> dict[str, EvaluationResult]:
    """Return the outcomes with what was counted since added to them."""
    outcomes = {name: replace(outcome, status=status) for name, outcome in before.items()}
    for (model, variant), part in parts.items():
        if part is not None:
            done = counts_of(before[model], variant)
            total = add_counts(done, part) if done else part
            (digest,) = before[model].datasets
            outcomes[model] = with_counts(outcomes[model], variant, digest, total, runtime)
    return outcomes


def _variants(spec: ModelSpec, text: str) -> list[str]:
    """Return the variants asked for that this model has; raise UsageError for none of them."""
    if text == "all":
        return list(spec.variants)
    return [spec.variant(name.strip()).name for name in text.split(",")]


def _about(facts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    boards: list[Mapping[str, Any]] = []
    for each in facts.values():
        if all(each["board"]["model"] != known["model"] for known in boards):
            boards.append(each["board"])
    versions: Mapping[str, str] = next((each["versions"] for each in facts.values()), {})
    return {"boards": tuple(boards), "versions": versions}


def _tell_moved(
    client: Client,
    console: Console,
    jobs: Mapping[Name, list[Job]],
    trees: Mapping[Name, Tree],
) -> None:
    """Say how many bytes a frame cost, from the first jobs of each variant."""
    figures = []
    for name, tree in trees.items():
        futures = tree.branches[0].jobs
        parts = client.gather(list(futures), errors="skip")
        if len(parts) == len(futures):
            figures.append(moved_bytes(jobs[name][: len(parts)], parts))
    if figures:
        each = sum(figures) / len(figures)
        tell(console, f"{each:,.0f} bytes moved per frame and variant: paths out, counts back")


def _workers(client: Client) -> int:
    return len(client.scheduler_info(n_workers=-1)["workers"])


@contextmanager
def connected(scheduler: str) -> Iterator[Client]:
    """Connect to a scheduler, or start one with workers here; raise UsageError."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UsageError(
            "the cluster extra is not installed: pip install 'edge-quant[cluster]'"
        ) from None
    kind, _, rest = scheduler.partition(":")
    if kind == "local":
        if not rest.isdecimal() or not int(rest):
            raise UsageError(f"--scheduler {scheduler}: give local:N, N worker processes")
        with (
            LocalCluster(
                n_workers=int(rest), threads_per_worker=1, dashboard_address=None
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError) as fault:
        raise UsageError(
            f"--scheduler {scheduler} does not answer ({fault}); start one with 'dask scheduler', "
            "or use local:N"
        ) from None
    with client:
        if not _workers(client):
            raise UsageError(
                f"{scheduler} has no workers; start some with 'dask worker {scheduler}'"
            )
        yield client
