"""Say in words why a variant is as fast as it is: delegate, CPU, runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edge_app.bench.trial import Trial
from edge_app.model.interpreter.delegation import Delegation
from edge_app.style import duration

# What makes 8-bit products pay, and half-precision arithmetic, on each kind of CPU.
_INT8 = {"arm": ("asimddp", "i8mm"), "x86": ("avx512_vnni", "avx_vnni", "amx_int8")}
_INT8_WORDS = {
    "arm": "the 8-bit dot product (asimddp)",
    "x86": "8-bit dot products (VNNI)",
}
_MATRIX = {"arm": ("i8mm", "8-bit matrix products (i8mm)")}
_OLD = "tflite-runtime"


def explain(
    turn: Trial, invoke_ms: float | None, board: Mapping[str, Any], faster: Mapping[str, float]
) -> tuple[str, ...]:
    """Return sentences on one case.

    invoke_ms: its median. faster: the medians of the same variant and threads on other runtimes.
    """
    told = [_delegate(turn.delegation)]
    told += _left(turn, invoke_ms)
    told += _cpu(turn.variant, board)
    told += _runtime(turn, invoke_ms, faster)
    return tuple(told)


def _delegate(delegation: Delegation) -> str:
    words = delegation.summary()
    if delegation.partitions > 1:
        words += f"; {2 * delegation.partitions} hand-overs of tensors between the two"
    return words


def _left(turn: Trial, invoke_ms: float | None) -> list[str]:
    """Say what the operators left cost; bounds, since no runtime here profiles operators."""
    split = turn.delegation
    told = []
    if turn.undelegated_ms is not None and invoke_ms:
        times = turn.undelegated_ms / invoke_ms
        told.append(
            f"without the delegate a run takes {duration(turn.undelegated_ms)}, "
            f"with it {duration(invoke_ms)} ({times:.1f} times faster)"
        )
    if split.left and split.partitions:
        share = sum(split.left.values()) / split.operators if split.operators else 0.0
        worst = max(split.left, key=lambda kind: split.left[kind])
        told.append(
            f"{100 * share:.0f} % of the operators are left to the runtime's own kernels, most of "
            f"them {worst}; how long each took is not known, since this runtime's Python "
            "interface has no profile of operators"
        )
    return told


def _cpu(variant: str, board: Mapping[str, Any]) -> list[str]:
    features = board.get("cpu_features")
    machine = str(board.get("machine"))
    kind = "arm" if machine in {"aarch64", "arm64"} else "x86" if "86" in machine else ""
    if not isinstance(features, Sequence) or not features or not kind:
        return ["what the CPU can do is unknown"]
    if variant in {"int8", "dynamic_range"}:
        has = [flag for flag in _INT8[kind] if flag in features]
        if not has:
            return [
                f"the CPU lacks {_INT8_WORDS[kind]}: 8-bit arithmetic gains little over float32"
            ]
        extra = ""
        if kind in _MATRIX and _MATRIX[kind][0] not in features:
            extra = f"; it lacks {_MATRIX[kind][1]}"
        return [f"the CPU has what 8-bit networks need ({', '.join(has)}){extra}"]
    if variant == "float16":
        if kind == "arm" and "asimdhp" in features:
            return [
                "the CPU has half-precision arithmetic (asimdhp), but the runtime turns the "
                "weights to float32 when it loads; --runtimes litert,litert-fp16 measures both"
            ]
        return [
            "the CPU lacks half-precision arithmetic: the weights are turned to float32 when the "
            "file is loaded, so float16 halves the file and not the time"
        ]
    return []


def _runtime(turn: Trial, invoke_ms: float | None, faster: Mapping[str, float]) -> list[str]:
    told = []
    for title, other_ms in faster.items():
        if invoke_ms and other_ms < 0.8 * invoke_ms:
            told.append(
                f"the runtime is the cause: {title} runs the same file in {duration(other_ms)}, "
                f"{invoke_ms / other_ms:.1f} times faster"
            )
    poor = turn.delegation.delegated < turn.delegation.operators
    if (
        not told
        and poor
        and turn.runtime_name == _OLD
        and turn.variant in {"int8", "dynamic_range"}
    ):
        told.append(
            "the runtime is probably the cause: its delegate of 2023 lacks 8-bit operators that "
            "LiteRT's has; measure with --runtimes litert,tflite-runtime"
        )
    if not told and poor and turn.variant == "dynamic_range":
        told.append(
            "the file is the cause: the delegate takes no 8-bit depthwise filters; convert with "
            "only the ordinary convolutions' weights quantized"
        )
    return told
