"""End-to-end against invoke-only speed: python -m tests.benchmarks.bench_endtoend.

Prints end-to-end over invoke-only FPS; end-to-end FPS over cores / (CPU seconds per frame of the
whole process); and the CPU time outside the network, with decoding. All are of one run.
"""

from __future__ import annotations

import threading
from pathlib import Path

from edge_app.bench.aggregate import aggregate
from edge_app.bench.cases import Case, WorkerRequest
from edge_app.bench.trial import Trial
from edge_app.bench.worker import run_in_process
from edge_app.board import board
from edge_app.model.catalog import resolve_model, sample
from edge_app.results.bench_result import Budget
from tests.benchmarks.script import bench_parser, say


def measure(model: str, variant: str, video: str | None, budget: Budget) -> None:
    """Print the figures of one case."""
    spec = resolve_model(model)
    video = video or sample(spec)[0]
    request = WorkerRequest(spec, Case(variant), video, budget)
    trials: list[Trial] = [
        run_in_process(request, threading.Event(), lambda step: None) for _ in range(budget.rounds)
    ]
    case = aggregate(trials, int(board()["cores"]))
    stages = ", ".join(f"{name} {stage.mean_ms:.2f}" for name, stage in case.stages.items())
    say(
        f"{spec.name} {variant} on {Path(video).name}: invoke-only {case.invoke_only_fps:.1f} "
        f"fps, end-to-end {case.end_to_end_fps:.1f} fps, ratio {case.ratio:.3f}; of the bound "
        f"{case.of_bound:.3f}; CPU per frame {case.cpu_ms:.2f} ms, network "
        f"{case.cpu_invoke_ms:.2f}, outside {case.cpu_outside_ms:.2f}"
    )
    say(f"  stages, mean ms: {stages}")


def main() -> None:
    """Measure one variant on a video."""
    parser = bench_parser(__doc__)
    parser.add_argument("model", nargs="?", default="street", help="model (default: street)")
    parser.add_argument("variant", nargs="?", default="int8", help="variant (default: int8)")
    parser.add_argument("video", nargs="?", help="source (default: the sample of the model)")
    parser.add_argument("seconds", nargs="?", type=float, default=12.0, help="(default: 12)")
    options = parser.parse_args()
    budget = Budget(min_secs=options.seconds, num_runs=30, rounds=2)
    if options.smoke:
        budget = Budget(min_secs=0.2, num_runs=3, warmup_runs=1, rounds=1)
    measure(options.model, options.variant, options.video, budget)


if __name__ == "__main__":
    main()
