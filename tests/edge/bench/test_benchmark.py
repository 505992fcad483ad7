"""Cases take turns, turns fold into figures, and what stops or fails loses nothing."""

import multiprocessing
import statistics
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.bench.aggregate import aggregate
from edge_app.bench.benchmark import Benchmark
from edge_app.bench.cases import Budget, Case, WorkerRequest, cases_of, turns_of
from edge_app.bench.confidence import bootstrap_ci, ratio_range
from edge_app.bench.explain import explain
from edge_app.bench.quality_result import QualityResult
from edge_app.bench.sustained import summarise
from edge_app.bench.trial import Trial
from edge_app.bench.worker import carry_out
from edge_app.cli import main
from edge_app.errors import ModelError
from edge_app.model.card import read_card
from edge_app.model.interpreter.delegation import Delegation
from edge_app.timing import Timings

DIGITS = "samples/digits-images-idx3-ubyte.gz"
PI_4 = {"cores": 4, "machine": "aarch64", "cpu_features": ["asimd"]}
PI_5 = {"cores": 4, "machine": "aarch64", "cpu_features": ["asimd", "asimdhp", "asimddp"]}
WHOLE = Delegation(70, 70, 1, {})
TORN = Delegation(70, 55, 16, {"DEPTHWISE_CONV_2D": 15})


def turn(variant: str = "int8", alone: float = 10.0, **more: Any) -> Trial:
    """Return a turn whose network takes about so many ms and whose line takes 12.5 a frame."""
    given: dict[str, Any] = {
        "runtime": "LiteRT 2.3.0",
        "runtime_name": "litert",
        "delegation": WHOLE,
        "peak_rss_mb": 100.0,
    }
    return Trial(
        variant=variant,
        bytes=1000,
        threads=2,
        init_ms=5.0,
        first_ms=20.0,
        warmup=[11.0],
        alone=[alone - 0.1, alone, alone + 0.1],
        alone_cpu_ms=2 * alone,
        line=[Timings(1, 1, alone, 1, 1, 12.5)] * 5,
        line_s=0.05,
        line_intervals=4,
        line_cpu_ms=24.0,
        line_cores=1.8,
        **{**given, **more},
    )


def ask(assets: Path, **more: Any) -> WorkerRequest:
    """Return an ask for a quick turn of the digits."""
    spec = read_card(assets / "models/mnist")
    effort = Budget(0.1, 4, 1, 2, more.pop("pace_hz", None), more.pop("sustained_s", None))
    return WorkerRequest(spec, Case("int8"), str(assets / DIGITS), effort, **more)


def test_cases_are_every_combination_and_take_turns() -> None:
    """The order is A B A B, so that drift hits all alike."""
    cases = cases_of(["float32", "int8"], ["litert"], [1, 2])
    assert [case.words() for case in cases] == [
        "float32 on litert, 1 threads",
        "int8 on litert, 1 threads",
        "float32 on litert, 2 threads",
        "int8 on litert, 2 threads",
    ]
    assert [case.variant for _, case in turns_of(cases[:2], 2)] == [
        "float32", "int8", "float32", "int8",
    ]  # fmt: skip


def test_a_turn_s_share_adds_up_to_the_effort() -> None:
    """Three turns have at least the runs asked for."""
    effort = Budget(min_secs=6.0, num_runs=10, rounds=3)
    assert (effort.turn_secs, effort.turn_runs) == (2.0, 4)


def test_turns_fold_into_one_record() -> None:
    """Rates, ratios, CPU and the bound follow from what the turns measured."""
    one = aggregate([turn(), turn(peak_rss_mb=120.0)], cores=2)
    assert one.invoke_only is not None
    assert (one.invoke_only.n, one.invoke_only.p50_ms) == (6, 10.0)
    assert one.invoke_only_fps == pytest.approx(100)
    assert one.end_to_end_fps == pytest.approx(80)
    assert one.ratio == pytest.approx(0.8)
    assert one.cpu_outside_ms == pytest.approx(4.0)
    assert one.of_bound == pytest.approx(0.9)
    assert (one.peak_rss_mb, one.turns, one.stages["end_to_end"].n) == (120.0, 2, 10)


def test_a_range_holds_the_median_and_widens_with_drift() -> None:
    """The range of two turns that differ spans both; that of equal turns is narrow."""
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


class Fake:
    """Stand in for measuring processes: remembers what was asked, fails for some."""

    def __init__(self, fails: str = "", stop_after: int = 10**6, lost: str = "") -> None:
        self.asked: list[str] = []
        self._fails = fails
        self._lost = lost
        self._stop_after = stop_after

    def __call__(self, ask: WorkerRequest, stop: threading.Event, tell: Any) -> Any:
        """Return a turn, or answers."""
        tell("working")
        if ask.case.runtime == self._fails or ask.kind == self._lost:
            raise ModelError("it is damaged; get it again")
        self.asked.append(f"{ask.kind} {ask.case.variant}")
        if len(self.asked) == self._stop_after:
            stop.set()
        if ask.kind == "quality":
            return QualityResult(30, 0.99, 1.0, None)
        return turn(ask.case.variant)


def series(assets: Path, does: Fake, runtimes: list[str]) -> Benchmark:
    """Return a series of two variants with two rounds."""
    cases = cases_of(["float32", "int8"], runtimes, [None])
    return Benchmark(ask(assets), cases, PI_4, threading.Event(), does)


def test_rounds_come_before_answers(assets: Path) -> None:
    """Times are measured in turns, answers after them."""
    does = Fake()
    found = series(assets, does, ["litert"])
    found.go(lambda *_: None)
    turns = ["turn float32", "turn int8"]
    assert does.asked == [*turns, *turns, "quality float32", "quality int8"]
    assert [one.agreement for one in found.measured()] == [0.99, 0.99]
    assert all(one.complete for one in found.measured())


def test_the_board_is_looked_at_after_each_turn(assets: Path) -> None:
    """A spell of throttling in the midst is not missed for being over in the end."""
    found = series(assets, Fake(), ["litert"])
    bits = iter(["50000", "50004", "50000", "50000", "50000", "50000"])
    found.look = lambda: {"throttled": next(bits)}
    found.go(lambda *_: None)
    assert [state["throttled"] for state in found.states][:3] == ["50000", "50004", "50000"]
    assert len(found.states) == 6


def test_a_stop_keeps_what_is_measured(assets: Path) -> None:
    """After a stop in the third turn two cases have figures, marked as incomplete."""
    found = series(assets, Fake(stop_after=3), ["litert"])
    found.go(lambda *_: None)
    assert [(one.turns, one.complete) for one in found.measured()] == [(2, True), (1, False)]


def test_a_case_that_fails_leaves_the_others(assets: Path) -> None:
    """One runtime's failure is told; where nothing can be measured it is raised."""
    found = series(assets, Fake(fails="tflite-runtime"), ["litert", "tflite-runtime"])
    found.go(lambda *_: None)
    assert len(found.measured()) == len(found.failed) == 2
    with pytest.raises(ModelError, match="get it again"):
        series(assets, Fake(fails="litert"), ["litert"]).go(lambda *_: None)


def test_a_case_whose_answers_are_lost_keeps_its_times(assets: Path) -> None:
    """What failed after the turns is told as that, and the times stay."""
    found = series(assets, Fake(lost="quality"), ["litert"])
    found.go(lambda *_: None)
    assert [(one.turns, one.agreement) for one in found.measured()] == [(2, None), (2, None)]
    assert set(found.failed.values()) == {"its answers are not judged: it is damaged; get it again"}


def test_a_truth_that_does_not_fit_is_told_before_measuring(
    assets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is measured for minutes only to be lost for a wrong path."""
    images = str(assets / DIGITS)
    asked = ["bench", "--model", "mnist", "--source", images, "--truth", images]
    assert main(asked) == 1
    told = capsys.readouterr()
    assert "round" not in told.out + told.err


def test_a_process_of_its_own_measures_a_turn(assets: Path) -> None:
    """Loading, first, warm-up, alone, paced and the line come back from the child."""
    steps: list[str] = []
    one = carry_out(ask(assets, pace_hz=200.0, explain=True), threading.Event(), steps.append)
    assert isinstance(one, Trial)
    assert (one.variant, one.complete, len(one.warmup)) == ("int8", True, 1)
    assert min(len(one.alone), len(one.paced), len(one.line)) >= 2
    assert one.peak_rss_mb is None or one.peak_rss_mb > 20
    assert one.undelegated_ms is not None
    assert steps[0] == "loading"
    assert "at 200 a second" in steps


def test_a_process_hands_its_fault_over(assets: Path, tmp_path: Path) -> None:
    """What a child cannot load is raised here in the same words."""
    wrong = ask(assets, kind="quality", truth=str(tmp_path / "none"))
    with pytest.raises(Exception, match="none"):
        carry_out(wrong, threading.Event(), lambda _: None)


def test_a_process_that_is_killed_is_told_in_words(assets: Path) -> None:
    """Boards short of memory kill what measures; the run goes on without that case."""

    def kill(_step: str) -> None:
        (child,) = multiprocessing.active_children()
        child.kill()

    with pytest.raises(ModelError, match=r"ended early \(SIGKILL\); free some memory"):
        carry_out(ask(assets), threading.Event(), kill)


def test_answers_are_compared_with_float32_and_scored(assets: Path) -> None:
    """int8 agrees with float32 on nearly all digits, and the truth gives it a score."""
    truth = assets / "samples/digits-labels-idx1-ubyte.gz"
    wanted = ask(assets, kind="quality", truth=str(truth))
    found = carry_out(wanted, threading.Event(), lambda _: None)
    assert found.frames == 500
    assert found.agreement > 0.98
    assert found.quality["top1"] > 0.95


def test_the_first_and_last_window_of_a_long_run() -> None:
    """A network that slows by half in the end has a ratio of 1.5; too short a run has none."""
    runs = [(second, 10.0 if second < 90 else 15.0) for second in range(180)]
    found = summarise(runs, 60.0, (50.0, 80.0))
    assert found is not None
    assert (found.first.p50_ms, found.last.p50_ms, found.ratio) == (10.0, 15.0, 1.5)
    assert summarise(runs[:70], 60.0) is None
    assert summarise([], 60.0) is None


@pytest.mark.parametrize(
    ("one", "board", "faster", "said"),
    [
        (turn("int8"), PI_4, {}, "lacks the 8-bit dot product"),
        (turn("int8"), PI_5, {}, "what 8-bit networks need (asimddp); it lacks 8-bit matrix"),
        (turn("float16"), PI_4, {}, "halves the file and not the time"),
        (turn("float16"), PI_5, {}, "has half-precision arithmetic"),
        (turn("int8"), {}, {}, "what the CPU can do is unknown"),
        (turn(delegation=TORN), PI_5, {}, "21 % of the operators are left"),
        (turn("dynamic_range", delegation=TORN), PI_5, {}, "the file is the cause"),
        (turn(undelegated_ms=80.0), PI_5, {}, "8.0 times faster"),
        (turn(), PI_5, {"LiteRT 2.3.0": 2.0}, "the runtime is the cause: LiteRT 2.3.0"),
        (
            turn(delegation=TORN, runtime_name="tflite-runtime"),
            PI_5,
            {},
            "the runtime is probably the cause",
        ),
    ],
)
def test_the_reason_is_told(one: Trial, board: Any, faster: Any, said: str) -> None:
    """Delegate, CPU or runtime: each is named where it is the cause."""
    assert said in " / ".join(explain(one, 10.0, board, faster))
