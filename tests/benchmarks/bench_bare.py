"""Invoke-only time beside a minimal loop over the runtime: python -m tests.benchmarks.bench_bare.

Both loops alternate in one process, ten runs each. If `litert-benchmark` is installed, what it
prints for the same file and threads is shown as well.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from edge_app.bench.trial import invoke_ms
from edge_app.model.engine import load_engine
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.model.interpreter.runtimes import load_runtime
from edge_app.paths import assets_dir
from tests.benchmarks.script import bench_parser, say, verdict

_GROUP = 10
_OVERHEAD_MAX = 0.03


def measure(path: Path, threads: int, runs: int) -> None:
    """Print both medians, and whether ours is at most 3 % above the minimal loop."""
    spec = infer_card(path, CardOverrides())
    (variant,) = spec.variants
    engine = load_engine(spec, variant, threads=threads)
    native = load_runtime().make(model_path=str(path), num_threads=threads)
    native.allocate_tensors()
    tensor = native.get_input_details()[0]
    height, width = tensor["shape"][1:3]
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    engine.network.write(engine.preprocess.fill, image)
    # The same values for both: the duration of a run may depend on them.
    native.set_tensor(tensor["index"], engine.network._input_view().copy())
    ours: list[float] = []
    minimal: list[float] = []
    for _ in range(5):
        invoke_ms(engine)
        native.invoke()
    for _ in range(runs // _GROUP):
        ours += [invoke_ms(engine) for _ in range(_GROUP)]
        for _ in range(_GROUP):
            started = time.perf_counter()
            native.invoke()
            minimal.append((time.perf_counter() - started) * 1e3)
    engine.close()
    ours_ms, minimal_ms = statistics.median(ours), statistics.median(minimal)
    ratio = ours_ms / minimal_ms
    say(
        f"{path.name}, {threads} threads, median of {len(ours)}: ours {ours_ms:.3f} ms, a minimal "
        f"loop {minimal_ms:.3f} ms, ratio {ratio:.4f}; at most {1 + _OVERHEAD_MAX}: "
        f"{verdict(ratio <= 1 + _OVERHEAD_MAX)}"
    )
    say(f"litert-benchmark: {_native_tool(path, threads, runs // 2)}")


def _native_tool(path: Path, threads: int, runs: int) -> str:
    """Return the latencies that litert-benchmark prints."""
    tool = Path(sys.executable).with_name("litert-benchmark")
    if not tool.is_file():
        return "not installed"
    done = subprocess.run(
        [tool, f"--model={path}", f"--num_threads={threads}", f"--num_runs={runs}"],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = re.findall(r"Inference \((?:avg|min|median|p95)\): .*", done.stdout + done.stderr)
    return "; ".join(" ".join(line.split()) for line in lines) or f"exit {done.returncode}"


def main() -> None:
    """Measure one .tflite file."""
    shipped = assets_dir() / "models" / "street" / "int8.tflite"
    parser = bench_parser(__doc__)
    parser.add_argument("model", nargs="?", type=Path, default=shipped, help=".tflite file")
    parser.add_argument("threads", nargs="?", type=int, default=2, help="threads (default: 2)")
    parser.add_argument("runs", nargs="?", type=int, default=200, help="runs (default: 200)")
    options = parser.parse_args()
    measure(options.model, options.threads, _GROUP if options.smoke else options.runs)


if __name__ == "__main__":
    main()
