"""A process of its own carries out a request, and its errors arrive here."""

import subprocess
import threading
from pathlib import Path

import pytest

from edge_app.bench import worker
from edge_app.bench.trial import Trial
from edge_app.bench.worker import run_in_process
from edge_app.child_process import start_child
from edge_app.errors import ModelError
from tests.support.made_results import trial_request


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Return a list that gets each process that is started."""
    processes = []

    def start(*arguments: str, pass_fds: tuple[int, ...]) -> subprocess.Popen[bytes]:
        processes.append(start_child(*arguments, pass_fds=pass_fds))
        return processes[-1]

    monkeypatch.setattr(worker, "start_child", start)
    return processes


def test_a_process_of_its_own_measures_a_trial(assets: Path) -> None:
    """Loading, first, warm-up, invoke-only, paced and end-to-end come back from the child."""
    steps: list[str] = []
    one = run_in_process(
        trial_request(assets, pace_hz=200.0, explain=True), threading.Event(), steps.append
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
    wrong = trial_request(assets, kind="quality", truth=str(tmp_path / "none"))
    with pytest.raises(Exception, match="none"):
        run_in_process(wrong, threading.Event(), lambda _: None)


def test_a_killed_process_is_an_error_with_advice(
    assets: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    """Boards short of memory kill the process; the benchmark continues without that case."""

    def kill(_phase: str) -> None:
        started[-1].kill()

    with pytest.raises(ModelError, match=r"ended early \(SIGKILL\); free some memory"):
        run_in_process(trial_request(assets), threading.Event(), kill)


def test_answers_are_compared_with_float32_and_scored(assets: Path) -> None:
    """int8 agrees with float32 on nearly all digits, and the truth gives it a score."""
    truth = assets / "samples/digits-labels-idx1-ubyte.gz"
    wanted = trial_request(assets, kind="quality", truth=str(truth))
    found = run_in_process(wanted, threading.Event(), lambda _: None)
    assert found.frames == 500
    assert found.agreement > 0.98
    assert found.quality.top1 > 0.95


def test_a_process_that_hangs_is_ended(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says nothing for long is given up, with the case named."""
    monkeypatch.setattr(worker, "_SILENT_S", 0.0)
    monkeypatch.setattr(worker, "_POLL_S", 0.001)
    monkeypatch.setattr(worker, "_END_S", 0.001)
    with pytest.raises(ModelError, match=r"the process measuring int8.* has hung"):
        run_in_process(trial_request(assets), threading.Event(), lambda _: None)


def test_a_stop_that_reaches_the_process_too_is_no_fault(
    assets: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    """`timeout` ends all processes of a group: what was to be measured is then just missing."""

    def terminate(_phase: str) -> None:
        started[-1].terminate()
        stop.set()

    stop = threading.Event()
    assert run_in_process(trial_request(assets), stop, terminate) is None
    with pytest.raises(ModelError, match=r"ended early \(SIGTERM\)"):
        run_in_process(trial_request(assets), threading.Event(), lambda _: started[-1].terminate())
