"""Cases are measured in rounds, and a stop or a failure loses nothing."""

import io
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from edge_app.bench.bench_output import print_stopped
from edge_app.bench.benchmark import Benchmark
from edge_app.bench.cases import OnPhase, WorkerRequest, cases_of
from edge_app.bench.quality_result import QualityResult
from edge_app.bench.trial import Trial
from edge_app.cli import main
from edge_app.errors import ModelError
from tests.support.made_results import trial, trial_request

DIGITS = "samples/digits-images-idx3-ubyte.gz"


PI_4 = {"cores": 4, "machine": "aarch64", "cpu_features": ["asimd"]}


class FakeWorker:
    """Measuring processes that note the requests, and fail for some of them."""

    def __init__(self, fails: str = "", stop_after: int = 10**6, lost: str = "") -> None:
        self.requests: list[str] = []
        self._fails = fails
        self._lost = lost
        self._stop_after = stop_after

    def __call__(self, request: WorkerRequest, stop: threading.Event, on_phase: OnPhase) -> Any:
        """Return a trial, or the quality."""
        on_phase("working")
        if request.case.runtime == self._fails or request.kind == self._lost:
            raise ModelError("it is damaged; get it again")
        self.requests.append(f"{request.kind} {request.case.variant}")
        if len(self.requests) == self._stop_after:
            stop.set()
        if request.kind == "quality":
            return QualityResult(frames=30, agreement=0.99, seconds=1.0)
        return trial(request.case.variant)


def benchmark(assets: Path, worker: FakeWorker, runtimes: list[str]) -> Benchmark:
    """Return a benchmark of two variants with two rounds."""
    cases = cases_of(["float32", "int8"], runtimes, [None])
    return Benchmark(trial_request(assets), cases, PI_4, threading.Event(), worker)


def stopped_text(found: Benchmark) -> str:
    """Return what is printed of a stop."""
    text = io.StringIO()
    print_stopped(Console(file=text, width=200), found)
    return text.getvalue().strip()


def test_rounds_come_before_answers(assets: Path) -> None:
    """All trials are measured before the answers are scored."""
    worker = FakeWorker()
    found = benchmark(assets, worker, ["litert"])
    found.run(lambda *_: None)
    trials = ["trial float32", "trial int8"]
    assert worker.requests == [*trials, *trials, "quality float32", "quality int8"]
    assert [one.agreement for one in found.results()] == [0.99, 0.99]
    assert all(one.complete for one in found.results())
    assert stopped_text(found) == ""


def test_the_board_is_read_after_each_trial(assets: Path) -> None:
    """Throttling in between is noticed even if it is over at the end."""
    found = benchmark(assets, FakeWorker(), ["litert"])
    bits = iter(["50000", "50004", "50000", "50000", "50000", "50000"])
    found.read_board = lambda: {"throttled": next(bits)}
    found.run(lambda *_: None)
    assert [state["throttled"] for state in found.board_states][:3] == ["50000", "50004", "50000"]
    assert len(found.board_states) == 6


def test_a_stop_counts_whole_rounds(assets: Path) -> None:
    """Those of all cases; a trial that a stop left without a run is no measurement."""
    found = benchmark(assets, FakeWorker(stop_after=3), ["litert"])
    found.run(lambda *_: None)
    assert found.rounds_done == 1
    assert stopped_text(found) == "stopped after 1 of 2 rounds"
    none = benchmark(assets, FakeWorker(), ["litert"])

    def stopped_early(request: WorkerRequest, stop: threading.Event, on_phase: OnPhase) -> Trial:
        on_phase("loading")
        stop.set()
        return replace(trial(request.case.variant), invoke_only=[], complete=False)

    none.run_request = stopped_early
    none.run(lambda *_: None)
    assert none.results() == []
    assert stopped_text(none) == (
        "stopped after 0 of 2 rounds; nothing was measured, so no result is written"
    )


def test_a_stop_keeps_what_is_measured(assets: Path) -> None:
    """After a stop in the third trial both cases have figures, one marked as incomplete."""
    found = benchmark(assets, FakeWorker(stop_after=3), ["litert"])
    found.run(lambda *_: None)
    assert [(one.rounds, one.complete) for one in found.results()] == [
        (2, True),
        (1, False),
    ]


def test_a_case_that_fails_leaves_the_others(assets: Path) -> None:
    """The failure of one runtime is reported; if nothing can be measured it is raised."""
    found = benchmark(assets, FakeWorker(fails="tflite-runtime"), ["litert", "tflite-runtime"])
    found.run(lambda *_: None)
    assert len(found.results()) == len(found.failed) == 2
    with pytest.raises(ModelError, match="get it again"):
        benchmark(assets, FakeWorker(fails="litert"), ["litert"]).run(lambda *_: None)


def test_a_case_without_scored_answers_keeps_its_times(assets: Path) -> None:
    """A failure after the trials is reported as such, and the times stay."""
    found = benchmark(assets, FakeWorker(lost="quality"), ["litert"])
    found.run(lambda *_: None)
    assert [(one.rounds, one.agreement) for one in found.results()] == [
        (2, None),
        (2, None),
    ]
    assert set(found.failed.values()) == {"its answers are not scored: it is damaged; get it again"}


def test_a_truth_that_does_not_fit_is_an_error_before_measuring(
    assets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is measured for minutes only to be lost for a wrong path."""
    images = str(assets / DIGITS)
    arguments = ["bench", "--model", "mnist", "--source", images, "--truth", images]
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert "round" not in printed.out + printed.err
