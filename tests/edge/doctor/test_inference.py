"""Checks of the runtimes and the shipped models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.doctor.finding import FAIL, OK, WARN
from edge_app.doctor.inference import check_runtimes
from edge_app.doctor.subprocess_check import CheckOutput
from tests.support.machines import Outputs, findings, made_machine, problems, reported


def test_numpy_2_with_tflite_runtime_is_named(tmp_path: Path) -> None:
    """The runtime fails, with a pip command; models are still compared with their cards."""
    error = (
        "tflite-runtime 2.14.0 cannot work with numpy 2.4.6; run: python3 -m pip install 'numpy<2' "
        "'opencv-python<4.12', or use --runtime litert"
    )
    outputs: Outputs = {
        ("runtime", "litert"): reported(state="missing"),
        ("runtime", "tflite-runtime"): reported(state="broken", error=error),
    }
    found = findings(made_machine(tmp_path, outputs))
    runtime, model = found["runtime tflite-runtime"], found["model street"]
    assert runtime.state == FAIL
    assert runtime.message == "tflite-runtime 2.14.0 cannot work with numpy 2.4.6"
    assert runtime.fix == "python3 -m pip install 'numpy<2' 'opencv-python<4.12'"
    assert (model.state, model.fix) == (WARN, runtime.fix)
    assert "not run" in model.message


def test_a_second_runtime_that_is_broken_is_a_warning(tmp_path: Path) -> None:
    """LiteRT is the default, so the old runtime stops nothing."""
    crash = CheckOutput(({"state": "started"},), "crashed (SIGILL)")
    outputs: Outputs = {("runtime", "tflite-runtime"): crash}
    assert problems(made_machine(tmp_path, outputs)) == [("runtime tflite-runtime", WARN)]


def test_a_changed_or_crashing_variant_is_named(tmp_path: Path) -> None:
    """Only the variants with a problem have findings of their own."""
    changed = {"variant": "int8", "file": "/a/int8.tflite", "state": "changed", "message": "x; y"}
    started = {"variant": "float32", "file": "/a/float32.tflite", "state": "started"}
    outputs: Outputs = {("model",): CheckOutput((changed, started), "crashed (SIGSEGV)")}
    machine = made_machine(tmp_path, outputs)
    assert problems(machine) == [("model street int8", FAIL), ("model street float32", FAIL)]
    assert "crashed (SIGSEGV)" in findings(machine)["model street float32"].message


@pytest.mark.parametrize(
    ("litert", "mode"), [("loaded", "look"), ("missing", "load"), ("broken", "load")]
)
def test_a_slow_runtime_is_not_loaded_behind_one_that_works(
    tmp_path: Path, litert: str, mode: str
) -> None:
    """TensorFlow takes ten seconds and more, and nothing would use it; alone it is loaded."""
    asked: list[tuple[str, ...]] = []

    def run_check(*check: str) -> CheckOutput:
        asked.append(check)
        if check[1] == "litert":
            return reported(state=litert, title="LiteRT 2.3.0", error="it is broken; reinstall it")
        if check[1] == "tensorflow":
            states = {"look": "installed", "load": "loaded"}
            return reported(state=states[check[2]], title="TensorFlow 2.21.0")
        return reported(state="missing")

    machine = replace(made_machine(tmp_path), run_check=run_check)
    found = {one.name: one for one in check_runtimes(machine)}
    assert asked[-1] == ("runtime", "tensorflow", mode)
    assert found["runtime tensorflow"].state == OK
