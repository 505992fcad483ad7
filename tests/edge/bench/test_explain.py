"""The reason for a speed is a sentence on delegate, CPU or runtime."""

from typing import Any

import pytest

from edge_app.bench.explain import explain
from edge_app.bench.trial import Trial
from edge_app.model.interpreter.delegation import Delegation
from tests.support.made_results import trial

PI_4 = {"cores": 4, "machine": "aarch64", "cpu_features": ["asimd"]}


PI_5 = {"cores": 4, "machine": "aarch64", "cpu_features": ["asimd", "asimdhp", "asimddp"]}


TORN = Delegation(70, 55, 16, {"DEPTHWISE_CONV_2D": 15})


@pytest.mark.parametrize(
    ("one", "board", "other_runtimes", "sentence"),
    [
        (trial("int8"), PI_4, {}, "lacks the 8-bit dot product"),
        (trial("int8"), PI_5, {}, "what 8-bit networks need (asimddp); it lacks 8-bit matrix"),
        (trial("int8-mixed", kind="int8"), PI_4, {}, "lacks the 8-bit dot product"),
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
