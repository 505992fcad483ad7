"""Result files with known figures, written by the program's own structs and writers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from edge_app.bench.cases import Case, WorkerRequest
from edge_app.bench.trial import EndToEndTrial, Trial
from edge_app.board import board as read_board
from edge_app.board import judge
from edge_app.model.card import read_card
from edge_app.model.interpreter.delegation import Delegation
from edge_app.quality import Quality
from edge_app.results.bench_result import (
    BenchResult,
    BoardStates,
    Budget,
    CaseResult,
    CaseSetup,
    VerdictRecord,
    bench_to_json,
)
from edge_app.results.run_summary import FrameRates, RunSummary
from edge_app.timing import Latency, Timings

SIZES = {"float32": 8_000_000, "float16": 4_000_000, "dynamic_range": 2_400_000, "int8": 2_500_000}
INVOKE_MS = {"float32": 50.0, "float16": 50.5, "dynamic_range": 80.0, "int8": 20.0}
MIOU = {"float32": 0.813, "float16": 0.813, "dynamic_range": 0.812, "int8": 0.810}
_VERSIONS = {"python": "3.11.7", "ai-edge-litert": "2.3.0"}


def latency(p50_ms: float) -> Latency:
    """Return a latency around a median."""
    return Latency(
        n=30,
        mean_ms=p50_ms * 1.1,
        p50_ms=p50_ms,
        p90_ms=p50_ms * 1.2,
        p95_ms=p50_ms * 1.3,
        p99_ms=p50_ms * 1.4,
        max_ms=p50_ms * 1.5,
    )


def stages(invoke_ms: float, overlay_ms: float = 3.0) -> dict[str, Latency]:
    """Return the stages of a frame around the time of its network."""
    return {
        "capture": latency(2.0),
        "prepare": latency(0.5),
        "invoke": latency(invoke_ms),
        "decode": latency(0.3),
        "overlay": latency(overlay_ms),
        "end_to_end": latency(3 * invoke_ms),
    }


def board(**more: Any) -> dict[str, Any]:
    """Return the facts of this machine, as if it were a Raspberry Pi 5."""
    return {
        **read_board(),
        "model": "Raspberry Pi 5 Model B Rev 1.0",
        "machine": "aarch64",
        "cores": 4,
        "cpu_features": ["asimd", "asimddp"],
        "memory_mb": 8063,
        "governor": "ondemand",
        "temperature_c": 50.0,
        "throttled": "0x0",
        "load_1m": 0.2,
        "os": "Debian GNU/Linux 12 (bookworm)",
        "kernel": "6.6.31",
        **more,
    }


def case(variant: str) -> CaseResult:
    """Return the figures of a variant."""
    invoke_ms = INVOKE_MS[variant]
    return CaseResult(
        variant=variant,
        bytes=SIZES[variant],
        runtime="LiteRT 2.3.0",
        runtime_name="litert",
        threads=4,
        delegation="XNNPACK took all",
        rounds=3,
        init_ms=12.0,
        first_ms=60.0,
        warmup=latency(invoke_ms),
        peak_rss_mb=120.5,
        invoke_only=latency(invoke_ms),
        range_ms=(0.99 * invoke_ms, 1.01 * invoke_ms),
        invoke_only_fps=1000 / invoke_ms,
        end_to_end_fps=900 / invoke_ms,
        ratio=0.9,
        stages=stages(invoke_ms),
    )


def bench(variants: tuple[str, ...] = tuple(SIZES), **more: Any) -> dict[str, Any]:
    """Return the content of a bench file; more: fields to replace, `board` before the verdict."""
    states = more.pop("board", None) or {"before": board(), "after": board(temperature_c=61.5)}
    verdict = judge(states["before"], states["after"], others_cores=0.0)
    result = BenchResult(
        model="street",
        source="drive.mp4",
        variants=tuple(case(name) for name in variants),
        board=BoardStates(**states),
        verdict=VerdictRecord(valid=verdict.valid, reasons=verdict.reasons, notes=verdict.notes),
        versions=_VERSIONS,
        status="complete",
    )
    return {**json.loads(bench_to_json(result)), **more}


def summary(variant: str = "int8", **more: Any) -> dict[str, Any]:
    """Return the content of a run's summary, scored and not drawn; more: fields to replace."""
    result = RunSummary(
        frames=101,
        task="segmentation",
        model="street",
        variant=variant,
        bytes=SIZES[variant],
        runtime="litert",
        threads=4,
        fps=FrameRates(network=1000 / INVOKE_MS[variant], shown=15.0),
        stages=stages(INVOKE_MS[variant], overlay_ms=0.0),
        quality=Quality(
            frames=101,
            pixel_accuracy=0.96,
            miou=MIOU[variant],
            per_class={"road": 0.97, "pole": MIOU[variant] - 0.4, "train": None},
        ),
        source="val",
        board=board(),
        versions=_VERSIONS,
    )
    return {**msgspec.to_builtins(result), **more}


def trial(
    variant: str = "int8",
    invoke_ms: float = 10.0,
    *,
    delegation: Delegation | None = None,
    runtime_name: str = "litert",
    peak_rss_mb: float = 100.0,
    undelegated_ms: float | None = None,
    kind: str = "",
) -> Trial:
    """Return a trial whose network takes about invoke_ms and whose frames take 12.5 ms."""
    delegation = delegation or Delegation(70, 70, 1, {})
    return Trial(
        setup=CaseSetup(
            variant=variant,
            bytes=1000,
            runtime="LiteRT 2.3.0",
            runtime_name=runtime_name,
            threads=2,
            delegation=delegation.summary(),
        ),
        delegation=delegation,
        init_ms=5.0,
        first_ms=20.0,
        warmup=[11.0],
        invoke_only=[invoke_ms - 0.1, invoke_ms, invoke_ms + 0.1],
        invoke_cpu_ms=2 * invoke_ms,
        end_to_end=EndToEndTrial(
            timings=[Timings(1, 1, invoke_ms, 1, 1, 12.5)] * 5,
            seconds=0.05,
            intervals=4,
            cpu_ms=24.0,
            busy_cores=1.8,
        ),
        peak_rss_mb=peak_rss_mb,
        undelegated_ms=undelegated_ms,
        kind=kind,
    )


def trial_request(assets: Path, **more: Any) -> WorkerRequest:
    """Return a request for a quick trial of the digits."""
    spec = read_card(assets / "models/mnist")
    budget = Budget(0.1, 4, 1, 2, more.pop("pace_hz", None), more.pop("sustained_s", None))
    return WorkerRequest(
        spec, Case("int8"), str(assets / "samples/digits-images-idx3-ubyte.gz"), budget, **more
    )


def write(path: Path, content: Any) -> Path:
    """Write JSON and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
    return path
