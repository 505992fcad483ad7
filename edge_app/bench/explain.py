"""Why a variant is as fast as it is: sentences on delegate, CPU and runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edge_app.bench.trial import Trial
from edge_app.model.interpreter.delegation import Delegation
from edge_app.style import duration

# What makes 8-bit products pay, and half-precision arithmetic, on each kind of CPU.
_INT8 = {"arm": ("asimddp", "i8mm"), "x86": ("avx512_vnni", "avx_vnni", "amx_int8")}
_INT8_TEXT = {"arm": "the 8-bit dot product (asimddp)", "x86": "8-bit dot products (VNNI)"}
_OLD = "tflite-runtime"


def explain(
    trial: Trial,
    invoke_ms: float | None,
    board: Mapping[str, Any],
    other_runtimes: Mapping[str, float],
) -> tuple[str, ...]:
    """Return sentences on one case.

    invoke_ms: its median. other_runtimes: medians of the same variant and threads, by runtime.
    """
    return (
        _delegate(trial.delegation),
        *_undelegated(trial, invoke_ms),
        *_cpu(trial.kind or trial.setup.variant, board),
        *_runtime(trial, invoke_ms, other_runtimes),
    )


def _delegate(delegation: Delegation) -> str:
    text = delegation.summary()
    if delegation.partitions > 1:
        text += f"; {2 * delegation.partitions} hand-overs of tensors between the two"
    return text


def _undelegated(trial: Trial, invoke_ms: float | None) -> list[str]:
    """Return what the other operators cost; bounds, since no runtime here profiles operators."""
    split = trial.delegation
    sentences = []
    if trial.undelegated_ms is not None and invoke_ms:
        sentences.append(
            f"without the delegate a run takes {duration(trial.undelegated_ms)}, with it "
            f"{duration(invoke_ms)} ({trial.undelegated_ms / invoke_ms:.1f} times faster)"
        )
    if split.left and split.partitions:
        share = sum(split.left.values()) / split.operators if split.operators else 0.0
        worst = max(split.left, key=split.left.__getitem__)
        sentences.append(
            f"{100 * share:.0f} % of the operators are left to the runtime's own kernels, most of "
            f"them {worst}; the time of each is unknown, since the Python interface of this "
            "runtime does not profile operators"
        )
    return sentences


def _cpu(variant: str, board: Mapping[str, Any]) -> list[str]:
    features = board.get("cpu_features")
    machine = str(board.get("machine"))
    kind = "arm" if machine in {"aarch64", "arm64"} else "x86" if "86" in machine else ""
    if not isinstance(features, Sequence) or not features or not kind:
        return ["the CPU features are unknown"]
    if variant in {"int8", "dynamic_range"}:
        has = [flag for flag in _INT8[kind] if flag in features]
        if not has:
            return [
                f"the CPU lacks {_INT8_TEXT[kind]}: 8-bit arithmetic is hardly faster than float32"
            ]
        lacks_matrix = kind == "arm" and "i8mm" not in features
        extra = "; it lacks 8-bit matrix products (i8mm)" if lacks_matrix else ""
        return [f"the CPU has what 8-bit networks need ({', '.join(has)}){extra}"]
    if variant == "float16":
        if kind == "arm" and "asimdhp" in features:
            return [
                "the CPU has half-precision arithmetic (asimdhp), but the runtime converts the "
                "weights to float32 when it loads them; --runtimes litert,litert-fp16 measures both"
            ]
        return [
            "the CPU lacks half-precision arithmetic: the weights are converted to float32 "
            "when the file is loaded, so float16 halves the file and not the time"
        ]
    return []


def _runtime(
    trial: Trial, invoke_ms: float | None, other_runtimes: Mapping[str, float]
) -> list[str]:
    sentences = [
        f"the runtime is the cause: {title} runs the same file in {duration(other_ms)}, "
        f"{invoke_ms / other_ms:.1f} times faster"
        for title, other_ms in other_runtimes.items()
        if invoke_ms and other_ms < 0.8 * invoke_ms
    ]
    setup, kind = trial.setup, trial.kind or trial.setup.variant
    split = trial.delegation
    if sentences or split.refused or split.delegated >= split.operators:
        return sentences
    if setup.runtime_name == _OLD and kind in {"int8", "dynamic_range"}:
        return [
            "the runtime is probably the cause: its delegate of 2023 lacks 8-bit operators that "
            "LiteRT's has; measure with --runtimes litert,tflite-runtime"
        ]
    if kind == "dynamic_range":
        return [
            "the file is the cause: the delegate takes no 8-bit depthwise filters; convert with "
            "only the ordinary convolutions' weights quantized"
        ]
    return []
