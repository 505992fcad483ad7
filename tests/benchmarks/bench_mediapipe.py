"""Our line beside MediaPipe Tasks' ImageSegmenter: same model, frames and threads.

python -m tests.benchmarks.bench_mediapipe MODEL.tflite VIDEO PYTHON [FRAMES [THREADS]]

PYTHON is one that has MediaPipe (`pip install mediapipe`); it is run in video mode with
a category mask. The two take turns, A B A B. Frames are decoded before the clock starts; ms and
CPU time are for one frame, from the picture to a class map at the picture's size. Ours is made
in both ways the live view has: the network's own class map, enlarged ("clean"), and from
logits upsampled to the full size before argmax ("smooth"). MediaPipe Tasks has no option for
the number of threads, so it runs as it comes.
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

from edge_app.decode import classes_at
from edge_app.frame import Image, Segmentation
from edge_app.pipeline.bare import Hints, describe_file
from edge_app.pipeline.engine import load_engine
from edge_app.sources.opening import open_source
from edge_app.style import count as count_of

_TURNS = 3
Spent = tuple[list[float], float]
_WARM = 5
_THEIRS = """
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
        kept.append(np.squeeze(mask)[::4, ::4])
    cpu = (time.process_time() - cpu) / (len(frames) - WARM)
np.save(masks, np.array(kept, np.uint8))
print(json.dumps({"ms": spent[WARM:], "cpu_ms": cpu * 1e3, "size": list(mask.shape)}))
""".replace("WARM", str(_WARM))


def main(model: Path, video: str, python: str, count: int = 60, threads: int = 2) -> int:
    """Print both and their ratios; return 1 where either ratio is below 4."""
    cv2.setNumThreads(1)
    with open_source(video, max_frames=count) as source:
        frames = [frame.image for frame in source]
    with tempfile.TemporaryDirectory() as folder:
        stack, masks = Path(folder, "frames.npy"), Path(folder, "masks.npy")
        np.save(stack, np.array([frame[..., ::-1] for frame in frames]))
        told: dict[str, list[Spent]] = {name: [] for name in ("clean", "smooth", "MediaPipe")}
        alike = {}
        for _ in range(_TURNS):
            answers = {}
            for way in ("clean", "smooth"):
                spent, answers[way] = _ours(model, frames, way, threads)
                told[way].append(spent)
            told["MediaPipe"].append(_theirs(model, stack, masks, python))
        for way, maps in answers.items():
            alike[way] = float((np.load(masks) == maps).mean())
    medians = {
        name: (
            statistics.median(ms for durations, _ in turns for ms in durations),
            statistics.median(cpu_ms for _, cpu_ms in turns),
        )
        for name, turns in told.items()
    }
    height, width = frames[0].shape[:2]
    sys.stdout.write(
        f"{model.name}, {len(frames)} frames of {width}x{height}, {_TURNS} turns each, "
        f"{count_of(threads, 'thread')} here; "
        "a frame's ms and CPU ms\n"
    )
    theirs = medians["MediaPipe"]
    for name, (ms, cpu_ms) in medians.items():
        same = f", masks alike on {100 * alike[name]:.2f} %" if name in alike else ""
        sys.stdout.write(
            f"{name:<10} {ms:7.2f} {cpu_ms:7.2f}   MediaPipe takes {theirs[0] / ms:.2f} and "
            f"{theirs[1] / cpu_ms:.2f} times that{same}\n"
        )
    return int(min(theirs[0] / medians["clean"][0], theirs[1] / medians["clean"][1]) < 4)


def _theirs(model: Path, stack: Path, masks: Path, python: str) -> Spent:
    told = subprocess.run(
        [python, "-c", _THEIRS, str(model), str(stack), str(masks)],
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        sys.exit(told.stderr[-2000:])
    other = json.loads(told.stdout.splitlines()[-1])
    return other["ms"], other["cpu_ms"]


def _ours(
    model: Path, frames: list[Image], way: str, threads: int
) -> tuple[Spent, NDArray[np.uint8]]:
    spec = describe_file(model, Hints())
    (variant,) = spec.variants
    engine = load_engine(spec, variant, threads=threads)
    kept: list[NDArray[np.uint8]] = []
    spent: list[float] = []
    cpu_s = 0.0
    for number, image in enumerate(frames):
        if number == _WARM:
            cpu_s = time.process_time()
        started = time.perf_counter()
        answer = engine.answer(image)
        assert isinstance(answer, Segmentation)
        height, width = image.shape[:2]
        if way == "smooth":
            classes = classes_at(answer, (width, height))
        else:
            classes = np.asarray(
                cv2.resize(answer.class_map, (width, height), interpolation=cv2.INTER_NEAREST)
            )
        spent.append((time.perf_counter() - started) * 1e3)
        kept.append(classes[::4, ::4])
    cpu_ms = (time.process_time() - cpu_s) * 1e3 / (len(frames) - _WARM)
    engine.close()
    return (spent[_WARM:], cpu_ms), np.array(kept, np.uint8)


if __name__ == "__main__":
    more = [int(text) for text in sys.argv[4:]]
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], *more))
