"""Half precision is off unless chosen; its results are checked against float32."""

import threading
from pathlib import Path

import numpy as np
import pytest

from edge_app.bench.cases import Case, WorkerRequest
from edge_app.bench.worker import run_in_process
from edge_app.model.card import read_card
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.runtimes import find_runtime, installed
from edge_app.results.bench_result import Budget


def test_auto_never_chooses_it() -> None:
    """Neither auto nor the list of installed runtimes names it."""
    assert not find_runtime("auto").endswith("fp16")
    assert all(not name.endswith("fp16") for name in installed())


@pytest.mark.skipif("litert" not in installed(), reason="LiteRT is not installed")
def test_it_computes_in_fewer_bits_with_the_same_class(assets: Path) -> None:
    """The logits differ from float32's, by less than a hundredth of their range."""
    path = assets / "models/mnist/float32.tflite"
    values = np.random.default_rng(0).random((1, 28, 28), np.float32)
    outputs_by_runtime = []
    for runtime in ("litert", "litert-fp16"):
        network = load_network(path, runtime=runtime, threads=1)
        inputs = values.reshape(1, *network.input.shape[1:])
        outputs = np.zeros((1, *network.output.shape[1:]), np.float32)
        network.run_all(inputs, outputs)
        outputs_by_runtime.append(outputs)
    plain, half = outputs_by_runtime
    assert plain.argmax() == half.argmax()
    assert 0 < float(np.abs(plain - half).max()) < 0.01 * max(1.0, float(np.ptp(plain)))


@pytest.mark.skipif("litert" not in installed(), reason="LiteRT is not installed")
def test_it_keeps_the_quality_of_the_digits(assets: Path) -> None:
    """On the sample it agrees with plain float32 on every digit but a few."""
    samples = assets / "samples"
    ask = WorkerRequest(
        read_card(assets / "models/mnist"),
        Case("float32", "litert-fp16", 1),
        str(samples / "digits-images-idx3-ubyte.gz"),
        Budget(),
        kind="quality",
        truth=str(samples / "digits-labels-idx1-ubyte.gz"),
    )
    found = run_in_process(ask, threading.Event(), lambda _: None)
    assert found.agreement >= 0.99
