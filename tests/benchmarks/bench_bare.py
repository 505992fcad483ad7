"""Our figure for the bare network beside a minimal loop over the runtime's own interface.

python -m tests.benchmarks.bench_bare MODEL.tflite [THREADS [RUNS]]

Both loops take turns in one process: ten runs of ours, ten of theirs, and so on. What
`litert-benchmark` prints for the same file and threads is shown beside them where it is found.
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

_GROUP = 10
_ALLOWED = 0.03


def main(path: Path, threads: int = 2, runs: int = 200) -> int:
    """Print the medians and their ratio; return 1 where they differ by more than 3 %."""
    spec = infer_card(path, CardOverrides())
    (variant,) = spec.variants
    engine = load_engine(spec, variant, threads=threads)
    native = load_runtime().make(model_path=str(path), num_threads=threads)
    native.allocate_tensors()
    given = native.get_input_details()[0]
    height, width = given["shape"][1:3]
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    engine.network.write(engine.preprocess.fill, image)
    # The same values for both: how long a run takes may depend on them.
    native.set_tensor(given["index"], engine.network._input_view().copy())
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(5):
        invoke_ms(engine)
        native.invoke()
    for _ in range(runs // _GROUP):
        ours += [invoke_ms(engine) for _ in range(_GROUP)]
        for _ in range(_GROUP):
            started = time.perf_counter()
            native.invoke()
            theirs.append((time.perf_counter() - started) * 1e3)
    ours_ms, theirs_ms = statistics.median(ours), statistics.median(theirs)
    ratio = ours_ms / theirs_ms
    sys.stdout.write(
        f"{path.name}, {threads} threads, median of {len(ours)}: ours {ours_ms:.3f} ms, "
        f"a minimal loop {theirs_ms:.3f} ms, ratio {ratio:.4f}\n"
    )
    sys.stdout.write(f"litert-benchmark: {_their_tool(path, threads, runs // 2)}\n")
    return int(abs(ratio - 1) > _ALLOWED)


def _their_tool(path: Path, threads: int, runs: int) -> str:
    tool = Path(sys.executable).with_name("litert-benchmark")
    if not tool.is_file():
        return "not installed"
    told = subprocess.run(
        [tool, f"--model={path}", f"--num_threads={threads}", f"--num_runs={runs}"],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = re.findall(r"Inference \((?:avg|min|median|p95)\): .*", told.stdout + told.stderr)
    return "; ".join(" ".join(line.split()) for line in lines) or f"exit {told.returncode}"


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[2:]]
    sys.exit(main(Path(sys.argv[1]), *numbers))
