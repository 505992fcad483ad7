"""A cluster counts what one machine counts, also when a worker is lost in the middle."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from edge_app.cli import main as edge_app
from edge_app.evaluate.dataset import parse_dataset
from edge_app.evaluate.evaluation_file import quality_of_variant
from edge_app.evaluate.partial_counts import sum_counts
from edge_app.model.card import file_sha256, read_card
from edge_app.results.evaluation_result import (
    EVALUATION_NAME,
    EvaluationResult,
    read_evaluation,
)
from edge_app.results.json_file import to_json
from host_tools.cli import main as host_tools
from tests.conftest import ROOT
from tests.support.made_digits import made_mnist

pytest.importorskip("distributed", reason="needs the cluster extra: pip install -e '.[cluster]'")

from host_tools.cluster.cluster_evaluation import ClusterOptions, evaluate
from host_tools.cluster.connection import connected
from host_tools.cluster.jobs import Job, score_job

MNIST = ROOT / "assets" / "models" / "mnist"
WORKERS = 2  # with a thread each


class Cluster:
    """A scheduler and workers as separate processes, as on several machines."""

    def __init__(self, folder: Path, workers: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self._folder = folder
        self._processes = [
            self._start("dask_scheduler", "--host", "127.0.0.1", "--port", str(port))
        ]
        # Without a nanny a killed worker stays dead.
        common = ("--no-nanny", "--nthreads", "1", "--no-dashboard")
        for _ in range(workers):
            self._processes.append(self._start("dask_worker", self.address, *common))

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
                cwd=self._folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
            )

    def ready(self, workers: int) -> None:
        """Wait until all workers are there."""
        from distributed import Client

        with Client(self.address, timeout=60) as client:
            client.wait_for_workers(workers, timeout=60)

    def close(self) -> None:
        """End every process."""
        for process in self._processes:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Return a scheduler with two workers."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    running = Cluster(folder, WORKERS)
    try:
        running.ready(WORKERS)
        yield running
    finally:
        running.close()


def options_for(out: Path, chunk: int, variants: str = "all") -> ClusterOptions:
    """Return the options of the command."""
    return ClusterOptions(out, variants, chunk)


def made_digits(folder: Path) -> str:
    """Return --dataset for 600 made digits."""
    made_mnist(folder, train=10, test=600)
    stem = folder / "t10k"
    return f"idx:{stem}-images-idx3-ubyte.gz,{stem}-labels-idx1-ubyte.gz"


def one_machine(dataset: str, model: str, out: Path, *more: str) -> EvaluationResult:
    """Score on one machine, in one process."""
    arguments = ["evaluate", "--dataset", dataset, "--model", model, "--out", str(out), *more]
    assert edge_app(arguments) == 0
    return read_evaluation(out)


def counts(result: EvaluationResult) -> dict[str, Any]:
    """Return everything that was counted, by variant and data set."""
    return {
        name: {digest: to_json(part) for digest, part in scores.parts.items()}
        for name, scores in result.variants.items()
    }


def killer(after: int) -> tuple[list[int], Any]:
    """Return a callback that kills the worker of the n-th job, and the list of killed pids."""
    killed: list[int] = []
    keys: list[str] = []

    def watch(message: Mapping[str, Any]) -> None:
        keys.append(message["key"])
        if len(keys) >= after and not killed:
            killed.append(message["pid"])
            os.kill(message["pid"], signal.SIGKILL)

    return killed, watch


def test_a_worker_killed_in_the_middle_loses_nothing(cluster: Cluster, tmp_path: Path) -> None:
    """Two real workers, one killed with answers nobody fetched: counts as of one process."""
    dataset = made_digits(tmp_path / "digits")
    alone = one_machine(dataset, "mnist", tmp_path / "alone")
    killed, watch = killer(after=20)
    out = tmp_path / "out"
    with connected(cluster.address) as client:
        options = options_for(out, chunk=20)
        found = evaluate(
            client, [read_card(MNIST)], parse_dataset(dataset), options, Console(quiet=True), watch
        )["mnist"]
        left = client.scheduler_info(n_workers=-1)["workers"]
    assert len(killed) == 1
    assert len(left) == 1
    assert counts(found) == counts(alone)
    assert quality_of_variant(found, "int8") == quality_of_variant(alone, "int8")
    assert read_evaluation(out / "mnist").status == "complete"


def test_an_interrupted_evaluation_continues(cluster: Cluster, tmp_path: Path) -> None:
    """Ctrl-C keeps the finished jobs; the final counts are those of one run."""
    dataset = made_digits(tmp_path / "digits")
    alone = one_machine(dataset, "mnist", tmp_path / "alone", "--variants", "int8")
    out, main_thread = tmp_path / "out", os.getpid()
    keys: list[str] = []

    def stop(message: Mapping[str, Any]) -> None:
        keys.append(message["key"])
        if len(keys) == 5:
            os.kill(main_thread, signal.SIGINT)

    what = ([read_card(MNIST)], parse_dataset(dataset), options_for(out, 5, "int8"))
    with connected(cluster.address) as client:
        with pytest.raises(KeyboardInterrupt):
            evaluate(client, *what, Console(quiet=True), stop)
        kept = read_evaluation(out / "mnist")
        assert kept.status == "interrupted"
        # A job is reported just before it ends: the last one of each worker may not count yet.
        assert (5 - WORKERS) * 5 <= kept.variants["int8"].frames < 600
        again = evaluate(client, *what, Console(quiet=True))["mnist"]
    assert counts(again) == counts(alone)


def test_local_workers_get_the_same_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """local:2 starts two workers and prints the bytes sent per frame."""
    dataset = made_digits(tmp_path / "digits")
    alone = one_machine(dataset, "mnist", tmp_path / "alone", "--variants", "int8,float32")
    arguments = ["--dataset", dataset, "--model", "mnist", "--variants", "int8,float32"]
    out = ("--out", str(tmp_path / "out"), "--chunk", "100")
    assert host_tools(["evaluate", "--scheduler", "local:2", *arguments, *out]) == 0
    assert counts(read_evaluation(tmp_path / "out" / "mnist")) == counts(alone)
    line = next(line for line in capsys.readouterr().out.splitlines() if "bytes moved" in line)
    # A digit has 784 bytes; paths and counts of a hundred cost less than one pixel row each.
    assert int(line.split()[0]) < 100
    assert (tmp_path / "out" / "mnist" / "confusion-int8.png").is_file()


def test_a_file_without_a_card_is_evaluated(tmp_path: Path) -> None:
    """A .tflite file alone gets the same counts as within its model folder."""
    dataset = made_digits(tmp_path / "digits")
    alone = one_machine(dataset, "mnist", tmp_path / "alone", "--variants", "float32")
    file = tmp_path / "digits.tflite"
    file.write_bytes((MNIST / "float32.tflite").read_bytes())
    arguments = ["--scheduler", "local:1", "--dataset", dataset, "--model", str(file)]
    assert host_tools(["evaluate", *arguments, "--out", str(tmp_path / "out")]) == 0
    assert counts(read_evaluation(tmp_path / "out" / "digits")) == counts(alone)


def test_a_worker_is_not_profiled(cluster: Cluster) -> None:
    """The profiler would keep views of an interpreter's memory, which then refuses to run."""
    from host_tools.cluster.plugin import NoProfilerPlugin

    def callbacks(dask_worker: Any) -> list[str]:
        return list(dask_worker.periodic_callbacks)

    with connected(cluster.address) as client:
        before = client.run(callbacks)
        client.register_plugin(NoProfilerPlugin())
        after = client.run(callbacks)
    assert all("profile" in names for names in before.values())
    assert not any("profile" in names for names in after.values())


def test_jobs_add_up_without_a_cluster(tmp_path: Path) -> None:
    """A job carries everything a worker needs to know."""
    dataset = parse_dataset(made_digits(tmp_path / "digits"))
    sha256 = file_sha256(MNIST / "int8.tflite")
    jobs = [Job(str(MNIST), "int8", sha256, dataset, at, at + 200) for at in (0, 200, 400)]
    total = sum_counts([score_job(job) for job in jobs])
    assert total.spans == ((0, 600),)
    assert total.frames == 600


def test_another_file_on_a_worker_is_refused(tmp_path: Path) -> None:
    """A worker scores with the same file as this machine, or not at all."""
    from edge_app.errors import ModelError

    dataset = parse_dataset(made_digits(tmp_path / "digits"))
    job = Job(str(MNIST), "int8", "0" * 64, dataset, 0, 1)
    with pytest.raises(ModelError, match="give all workers the same file"):
        score_job(job)


@pytest.mark.parametrize(
    ("scheduler", "why"),
    [("local:0", "give local:N"), ("local:x", "give local:N"), ("tcp://127.0.0.1:9", "dask sched")],
)
def test_a_wrong_scheduler_is_refused(
    scheduler: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says how to start one."""
    arguments = ["--dataset", made_digits(tmp_path), "--model", "mnist", "--out", str(tmp_path)]
    assert host_tools(["evaluate", "--scheduler", scheduler, *arguments]) == 2
    assert why in capsys.readouterr().err


def test_street_frames_get_the_same_counts_with_a_worker_killed(
    cluster: Cluster, tmp_path: Path, shared: Path
) -> None:
    """Real frames through the street model: a class map's counts are those of one process."""
    street = ROOT / "assets" / "models" / "street"
    dataset = f"camvid:{shared / 'camvid' / 'val'}"
    alone = one_machine(dataset, "street", tmp_path / "alone", "--variants", "int8,float32")
    killed, watch = killer(after=6)
    with connected(cluster.address) as client:
        options = options_for(tmp_path / "out", 4, "int8,float32")
        found = evaluate(
            client, [read_card(street)], parse_dataset(dataset), options, Console(quiet=True), watch
        )["street"]
    assert len(killed) == 1
    assert counts(found) == counts(alone)
    assert quality_of_variant(found, "float32").miou == quality_of_variant(alone, "float32").miou
    assert (tmp_path / "out" / "street" / EVALUATION_NAME).is_file()
