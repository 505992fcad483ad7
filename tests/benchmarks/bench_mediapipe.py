"""Our pipeline beside the ImageSegmenter of MediaPipe Tasks: same model, frames and threads.

taskset -c 0,1 python -m tests.benchmarks.bench_mediapipe MODEL VIDEO PYTHON [FRAMES [THREADS]]

PYTHON has MediaPipe (`pip install mediapipe`), which runs in video mode with a category mask. The
two alternate, A B A B. Frames are decoded and resized to 1280x720 before the clock starts; ms and
CPU time are per frame, from the image to a class map of its size. Ours is measured with both
edges of the live view, and as results are scored:

clean   the class map of the network, enlarged
smooth  logits upsampled to the grid of the live view, compared, enlarged
exact   the best class of the logits upsampled to the full size, as in MediaPipe

MediaPipe Tasks has no option for the number of threads: `taskset -c 0` (and THREADS 1) or
`taskset -c 0,1` (and 2) gives both the same cores.

The agreement of the masks is printed for all pixels, and for those where either has an object,
since much of a street is background to a Pascal network. MediaPipe shrinks an image by taking
pixels from the corner of each cell, cv2.resize from its centre; the network depends on that more
than on anything else. "same pixels" is the agreement if ours gets the pixels of MediaPipe.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap, Image, Segmentation
from edge_app.model.decode import classes_at
from edge_app.model.engine import Engine, load_engine
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.overlay.resize import nearest
from edge_app.paths import assets_dir
from edge_app.sources.factory import open_source
from edge_app.style import count as count_of
from edge_app.upsample.preview import smooth_classes
from tests.benchmarks.script import bench_parser, say, verdict

_ROUNDS = 3
_WARM_UP = 5
_RATIO_MIN = 4
_SIZE_WH = (1280, 720)
_EDGES = ("clean", "smooth", "exact")
Durations = tuple[list[float], float]  # ms of each frame, mean CPU ms
_MEDIAPIPE = """
import json, sys, time
import numpy as np
import mediapipe as mp
from mediapipe.tasks import python as tasks
from mediapipe.tasks.python import vision
model, stack, masks = sys.argv[1:]
frames = np.load(stack)
options = vision.ImageSegmenterOptions(
    base_options=tasks.BaseOptions(model_asset_path=model),
    running_mode=vision.RunningMode.VIDEO,
    output_category_mask=True, output_confidence_masks=False)
kept, spent = [], []
with vision.ImageSegmenter.create_from_options(options) as segmenter:
    for number, frame in enumerate(frames):
        if number == WARM:
            cpu = time.process_time()
        started = time.perf_counter()
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=frame)
        answer = segmenter.segment_for_video(image, number * 33)
        mask = answer.category_mask.numpy_view().copy()
        spent.append((time.perf_counter() - started) * 1e3)
        kept.append(np.squeeze(mask)[::4, ::4].copy())
    cpu = (time.process_time() - cpu) / (len(frames) - WARM)
np.save(masks, np.array(kept, np.uint8))
print(json.dumps({"ms": spent[WARM:], "cpu_ms": cpu * 1e3, "size": list(mask.shape)}))
""".replace("WARM", str(_WARM_UP))


def measure(
    model: Path, video: str, python: str | None, count: int, threads: int, rounds: int
) -> None:
    """Print the durations of both, their ratios, and the agreement of their masks.

    python: interpreter with MediaPipe; None measures only ours.
    """
    cv2.setNumThreads(1)
    with open_source(video, max_frames=count) as source:
        frames = [np.asarray(cv2.resize(frame.image, _SIZE_WH), np.uint8) for frame in source]
    durations: dict[str, list[Durations]] = {}
    masks: dict[str, NDArray[np.uint8]] = {}
    engine = _engine(model, threads)
    for _ in range(rounds):
        for edges in _EDGES:
            spent, masks[edges] = _run_ours(engine, frames, edges)
            durations.setdefault(edges, []).append(spent)
        if python is not None:
            spent, masks["MediaPipe"] = _run_mediapipe(model, frames, python)
            durations.setdefault("MediaPipe", []).append(spent)
    shrunk = [_shrink_as_mediapipe(frame, engine) for frame in frames]
    _, masks["same pixels"] = _run_ours(engine, shrunk, "exact")
    engine.close()
    say(
        f"{model.name}, {len(frames)} frames of {_SIZE_WH[0]}x{_SIZE_WH[1]}, {rounds} rounds, "
        f"{count_of(threads, 'thread')} here; ms and CPU ms per frame"
    )
    medians = {
        name: (
            statistics.median(ms for frames_ms, _ in runs for ms in frames_ms),
            statistics.median(cpu_ms for _, cpu_ms in runs),
        )
        for name, runs in durations.items()
    }
    for name, (ms, cpu_ms) in medians.items():
        say(f"{name:<12} {ms:7.2f} {cpu_ms:7.2f}")
    if python is None:
        return
    theirs_ms, theirs_cpu_ms = medians["MediaPipe"]
    for edges in _EDGES:
        ratio, cpu_ratio = theirs_ms / medians[edges][0], theirs_cpu_ms / medians[edges][1]
        say(
            f"{edges}: MediaPipe takes {ratio:.2f} times as long and {cpu_ratio:.2f} times the "
            f"CPU; at least {_RATIO_MIN}: {verdict(min(ratio, cpu_ratio) >= _RATIO_MIN)}"
        )
    for name in (*_EDGES, "same pixels"):
        say(f"{name}: {_agreement_text(masks[name], masks['MediaPipe'])}")


def _agreement_text(ours: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> str:
    same, seen = ours == theirs, (ours > 0) | (theirs > 0)
    objects = f"{100 * same[seen].mean():.1f} %" if seen.any() else "none"
    return (
        f"same class at {100 * same.mean():.2f} % of all pixels, {objects} of the "
        f"{100 * seen.mean():.1f} % that are an object to either"
    )


def _shrink_as_mediapipe(image: Image, engine: Engine) -> Image:
    """Return an image of the size of the network; the centres of pixels do not stay in place."""
    width, height = engine.spec.input.size_wh
    shrink = np.array([[width / image.shape[1], 0, 0], [0, height / image.shape[0], 0]], np.float32)
    taken = cv2.warpAffine(image, shrink, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken, np.uint8)


def _run_mediapipe(
    model: Path, frames: list[Image], python: str
) -> tuple[Durations, NDArray[np.uint8]]:
    with tempfile.TemporaryDirectory() as folder:
        stack, masks = Path(folder, "frames.npy"), Path(folder, "masks.npy")
        np.save(stack, np.array([frame[..., ::-1] for frame in frames]))
        done = subprocess.run(
            [python, "-c", _MEDIAPIPE, str(model), str(stack), str(masks)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(done.stderr[-2000:])
        record = json.loads(done.stdout.splitlines()[-1])
        return (record["ms"], record["cpu_ms"]), np.load(masks)


def _engine(model: Path, threads: int) -> Engine:
    spec = infer_card(model, CardOverrides())
    (variant,) = spec.variants
    return load_engine(spec, variant, threads=threads)


def _run_ours(
    engine: Engine, frames: list[Image], edges: str
) -> tuple[Durations, NDArray[np.uint8]]:
    kept: list[NDArray[np.uint8]] = []
    spent: list[float] = []
    cpu_s = 0.0
    for number, image in enumerate(frames):
        if number == _WARM_UP:
            cpu_s = time.process_time()
        started = time.perf_counter()
        result = engine.predict(image)
        assert isinstance(result, Segmentation)
        classes = _full_size(result, edges)
        spent.append((time.perf_counter() - started) * 1e3)
        kept.append(classes[::4, ::4].copy())
    cpu_ms = (time.process_time() - cpu_s) * 1e3 / (len(frames) - _WARM_UP)
    return (spent[_WARM_UP:], cpu_ms), np.array(kept, np.uint8)


def _full_size(result: Segmentation, edges: str) -> ClassMap:
    if edges == "exact":
        return classes_at(result, _SIZE_WH)
    fine = smooth_classes(result, _SIZE_WH) if edges == "smooth" else None
    classes = result.class_map if fine is None else fine
    return nearest(classes, _SIZE_WH)


def main() -> None:
    """Measure one model on a video."""
    street, clip = ("models", "street", "int8.tflite"), ("samples", "street.mp4")
    parser = bench_parser(__doc__)
    parser.add_argument("model", nargs="?", type=Path, default=assets_dir().joinpath(*street))
    parser.add_argument("video", nargs="?", default=str(assets_dir().joinpath(*clip)))
    parser.add_argument("python", nargs="?", help="with MediaPipe (default: measure only ours)")
    parser.add_argument("frames", nargs="?", type=int, default=60, help="(default: 60)")
    parser.add_argument("threads", nargs="?", type=int, default=2, help="(default: 2)")
    options = parser.parse_args()
    frames, rounds = (_WARM_UP + 2, 1) if options.smoke else (options.frames, _ROUNDS)
    measure(options.model, options.video, options.python, frames, options.threads, rounds)


if __name__ == "__main__":
    main()
