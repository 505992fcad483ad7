"""End-to-end speed against invoke-only speed, and against what the cores allow.

python -m tests.benchmarks.bench_endtoend MODEL VARIANT VIDEO [SECONDS]

Prints end-to-end over invoke-only FPS, end-to-end FPS over cores / (CPU seconds per frame of
the whole process), and the CPU outside the network with decoding, all of one run.
"""

from __future__ import annotations

import sys
import threading

from edge_app.bench.aggregate import aggregate
from edge_app.bench.cases import Case, WorkerRequest
from edge_app.bench.trial import Trial
from edge_app.bench.worker import run_in_process
from edge_app.board import board
from edge_app.model.catalog import resolve_model
from edge_app.results.bench_result import Budget


def main(model: str, variant: str, video: str, seconds: float = 12.0) -> None:
    """Print the figures of one case."""
    spec = resolve_model(model)
    budget = Budget(min_secs=seconds, num_runs=30, rounds=2)
    request = WorkerRequest(spec, Case(variant), video, budget)
    trials: list[Trial] = [
        run_in_process(request, threading.Event(), lambda step: None) for _ in range(budget.rounds)
    ]
    case = aggregate(trials, int(board()["cores"]))
    network, one = case.network, case.end_to_end
    stages = ", ".join(f"{name} {stage.mean_ms:.2f}" for name, stage in one.stages.items())
    sys.stdout.write(
        f"{spec.name} {variant} on {video.rpartition('/')[2]}: invoke-only "
        f"{network.invoke_only_fps:.1f} fps, end-to-end {one.end_to_end_fps:.1f} fps, "
        f"ratio {one.ratio:.3f}; of the bound {one.of_bound:.3f}; CPU a frame {one.cpu_ms:.2f} ms, "
        f"network {network.cpu_invoke_ms:.2f}, outside {one.cpu_outside_ms:.2f}\n"
        f"  stages, mean ms: {stages}\n"
    )


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(*arguments[:3], *(float(text) for text in arguments[3:]))
