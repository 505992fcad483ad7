"""Cases are measured in rounds, trials become figures, and a stop or failure loses nothing."""

import multiprocessing
import statistics
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.bench.aggregate import aggregate
from edge_app.bench.benchmark import Benchmark
from edge_app.bench.cases import Case, OnStep, WorkerRequest, cases_of, rounds_of
from edge_app.bench.confidence import bootstrap_ci, ratio_range
from edge_app.bench.explain import explain
from edge_app.bench.sustained import summarise
from edge_app.bench.trial import Trial
from edge_app.bench.worker import run_in_process
from edge_app.cli import main
from edge_app.errors import ModelError
from edge_app.model.card import read_card
from edge_app.model.interpreter.delegation import Delegation
from edge_app.results.bench_result import Budget, QualityResult
from tests.support.made_results import trial

DIGITS = "samples/digits-images-idx3-ubyte.gz"
PI_4 = {"cores": 4, "machine": "aarch64", "cpu_features": ["asimd"]}
PI_5 = {"cores": 4, "machine": "aarch64", "cpu_features": ["asimd", "asimdhp", "asimddp"]}
TORN = Delegation(70, 55, 16, {"DEPTHWISE_CONV_2D": 15})


def request(assets: Path, **more: Any) -> WorkerRequest:
    """Return a request for a quick trial of the digits."""
    spec = read_card(assets / "models/mnist")
    budget = Budget(0.1, 4, 1, 2, more.pop("pace_hz", None), more.pop("sustained_s", None))
    return WorkerRequest(spec, Case("int8"), str(assets / DIGITS), budget, **more)


def test_cases_are_every_combination_and_alternate() -> None:
    """The order is A B A B, so that drift affects all cases equally."""
    cases = cases_of(["float32", "int8"], ["litert"], [1, 2])
    assert [str(case) for case in cases] == [
        "float32 on litert, 1 threads",
        "int8 on litert, 1 threads",
        "float32 on litert, 2 threads",
        "int8 on litert, 2 threads",
    ]
    assert [case.variant for _, case in rounds_of(cases[:2], 2)] == [
        "float32", "int8", "float32", "int8",
    ]  # fmt: skip


def test_the_shares_of_the_rounds_add_up_to_the_budget() -> None:
    """Three rounds have at least the runs of the budget."""
    budget = Budget(min_secs=6.0, num_runs=10, rounds=3)
    assert (budget.round_secs, budget.round_runs) == (2.0, 4)


def test_trials_become_the_figures_of_a_case() -> None:
    """Rates, ratios, CPU and the bound follow from what the trials measured."""
    case = aggregate([trial(), trial(peak_rss_mb=120.0)], cores=2)
    assert case.network.invoke_only is not None
    assert (case.network.invoke_only.n, case.network.invoke_only.p50_ms) == (6, 10.0)
    assert case.network.invoke_only_fps == pytest.approx(100)
    end_to_end = case.end_to_end
    assert end_to_end.end_to_end_fps == pytest.approx(80)
    assert end_to_end.ratio == pytest.approx(0.8)
    assert end_to_end.cpu_outside_ms == pytest.approx(4.0)
    assert end_to_end.of_bound == pytest.approx(0.9)
    assert (case.load.peak_rss_mb, case.setup.rounds) == (120.0, 2)
    assert end_to_end.stages["end_to_end"].n == 10


def test_an_interval_contains_the_median_and_widens_with_drift() -> None:
    """The interval of trials that differ spans them; that of equal trials is narrow."""
    random = np.random.default_rng(1)
    steady = [list(random.normal(10, 0.1, 200)) for _ in range(3)]
    drifting = [list(random.normal(10 + place, 0.1, 200)) for place in range(3)]
    low, high = bootstrap_ci(steady) or (0, 0)
    assert low <= statistics.median(ms for group in steady for ms in group) <= high
    assert high - low < 0.1
    wide = bootstrap_ci(drifting) or (0, 0)
    assert wide[1] - wide[0] > 1
    assert bootstrap_ci([[], []]) is None
    assert ratio_range((2, 3), (1, 2)) == (1, 3)


class FakeWorker:
    """Measuring processes that note the requests, and fail for some of them."""

    def __init__(self, fails: str = "", stop_after: int = 10**6, lost: str = "") -> None:
        self.requests: list[str] = []
        self._fails = fails
        self._lost = lost
        self._stop_after = stop_after

    def __call__(self, request: WorkerRequest, stop: threading.Event, on_step: OnStep) -> Any:
        """Return a trial, or the quality."""
        on_step("working")
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
    return Benchmark(request(assets), cases, PI_4, threading.Event(), worker)


def test_rounds_come_before_answers(assets: Path) -> None:
    """All trials are measured before the answers are scored."""
    worker = FakeWorker()
    found = benchmark(assets, worker, ["litert"])
    found.run(lambda *_: None)
    trials = ["trial float32", "trial int8"]
    assert worker.requests == [*trials, *trials, "quality float32", "quality int8"]
    assert [one.answers.agreement for one in found.results()] == [0.99, 0.99]
    assert all(one.setup.complete for one in found.results())


def test_the_board_is_read_after_each_trial(assets: Path) -> None:
    """Throttling in between is noticed even if it is over at the end."""
    found = benchmark(assets, FakeWorker(), ["litert"])
    bits = iter(["50000", "50004", "50000", "50000", "50000", "50000"])
    found.read_board = lambda: {"throttled": next(bits)}
    found.run(lambda *_: None)
    assert [state["throttled"] for state in found.board_states][:3] == ["50000", "50004", "50000"]
    assert len(found.board_states) == 6


def test_a_stop_keeps_what_is_measured(assets: Path) -> None:
    """After a stop in the third trial both cases have figures, one marked as incomplete."""
    found = benchmark(assets, FakeWorker(stop_after=3), ["litert"])
    found.run(lambda *_: None)
    assert [(one.setup.rounds, one.setup.complete) for one in found.results()] == [
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
    assert [(one.setup.rounds, one.answers.agreement) for one in found.results()] == [
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


def test_a_process_of_its_own_measures_a_trial(assets: Path) -> None:
    """Loading, first, warm-up, invoke-only, paced and end-to-end come back from the child."""
    steps: list[str] = []
    one = run_in_process(
        request(assets, pace_hz=200.0, explain=True), threading.Event(), steps.append
    )
    assert isinstance(one, Trial)
    assert (one.setup.variant, one.complete, len(one.warmup)) == ("int8", True, 1)
    assert one.paced is not None
    assert one.end_to_end is not None
    assert min(len(one.invoke_only), len(one.paced), len(one.end_to_end.timings)) >= 2
    assert one.peak_rss_mb is None or one.peak_rss_mb > 20
    assert one.undelegated_ms is not None
    assert steps[0] == "loading"
    assert "paced at 200 Hz" in steps


def test_an_error_in_a_process_is_raised(assets: Path, tmp_path: Path) -> None:
    """What a child cannot load is raised here with the same message."""
    wrong = request(assets, kind="quality", truth=str(tmp_path / "none"))
    with pytest.raises(Exception, match="none"):
        run_in_process(wrong, threading.Event(), lambda _: None)


def test_a_killed_process_is_an_error_with_advice(assets: Path) -> None:
    """Boards short of memory kill the process; the benchmark continues without that case."""

    def kill(_step: str) -> None:
        (child,) = multiprocessing.active_children()
        child.kill()

    with pytest.raises(ModelError, match=r"ended early \(SIGKILL\); free some memory"):
        run_in_process(request(assets), threading.Event(), kill)


def test_answers_are_compared_with_float32_and_scored(assets: Path) -> None:
    """int8 agrees with float32 on nearly all digits, and the truth gives it a score."""
    truth = assets / "samples/digits-labels-idx1-ubyte.gz"
    wanted = request(assets, kind="quality", truth=str(truth))
    found = run_in_process(wanted, threading.Event(), lambda _: None)
    assert found.frames == 500
    assert found.agreement > 0.98
    assert found.quality.top1 > 0.95


def test_the_first_and_last_window_of_a_long_run() -> None:
    """A network that slows by half in the end has a ratio of 1.5; too short a run has none."""
    runs = [(second, 10.0 if second < 90 else 15.0) for second in range(180)]
    found = summarise(runs, 60.0, (50.0, 80.0))
    assert found is not None
    assert (found.first.p50_ms, found.last.p50_ms, found.ratio) == (10.0, 15.0, 1.5)
    assert summarise(runs[:70], 60.0) is None
    assert summarise([], 60.0) is None


@pytest.mark.parametrize(
    ("one", "board", "other_runtimes", "sentence"),
    [
        (trial("int8"), PI_4, {}, "lacks the 8-bit dot product"),
        (trial("int8"), PI_5, {}, "what 8-bit networks need (asimddp); it lacks 8-bit matrix"),
        (trial("float16"), PI_4, {}, "halves the file and not the time"),
        (trial("float16"), PI_5, {}, "has half-precision arithmetic"),
        (trial("int8"), {}, {}, "the CPU features are unknown"),
        (trial(delegation=TORN), PI_5, {}, "21 % of the operators are left"),
        (trial("dynamic_range", delegation=TORN), PI_5, {}, "the file is the cause"),
        (trial(undelegated_ms=80.0), PI_5, {}, "8.0 times faster"),
        (trial(), PI_5, {"LiteRT 2.3.0": 2.0}, "the runtime is the cause: LiteRT 2.3.0"),
        (
            trial(delegation=TORN, runtime_name="tflite-runtime"),
            PI_5,
            {},
            "the runtime is probably the cause",
        ),
    ],
)
def test_the_reason_is_given(one: Trial, board: Any, other_runtimes: Any, sentence: str) -> None:
    """Delegate, CPU or runtime is named as the cause."""
    assert sentence in " / ".join(explain(one, 10.0, board, other_runtimes))
