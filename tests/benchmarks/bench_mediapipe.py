"""Our line beside MediaPipe Tasks' ImageSegmenter: same model, frames and threads.

taskset -c 0,1 python -m tests.benchmarks.bench_mediapipe MODEL VIDEO PYTHON [FRAMES [THREADS]]

PYTHON is one that has MediaPipe (`pip install mediapipe`); it is run in video mode with
a category mask. The two take turns, A B A B. Frames are decoded and brought to 1280x720 before the
clock starts; ms and CPU time are for one frame, from the picture to a class map at the picture's
size. Ours is made in both ways of the live view and in the way answers are scored:

clean   the network's own class map, enlarged
smooth  logits upsampled to the grid on which the live view finds edges, compared, enlarged
exact   the best class of the logits upsampled to the full size, as MediaPipe takes it

MediaPipe Tasks has no option for the number of threads: `taskset -c 0` (and THREADS 1) or
`taskset -c 0,1` (and 2) gives both the same cores.

How alike the masks are is told for all pixels, and for those where either sees an object, since
much of a street is background to a Pascal network. MediaPipe shrinks a picture by taking pixels
from the corner of each cell, cv2.resize from its centre; the network hangs on that more than on
anything else, so "same pixels" tells how alike they are once ours is given what MediaPipe takes.
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
from edge_app.sources.factory import open_source
from edge_app.style import count as count_of
from edge_app.upsample.preview import smooth_classes

_TURNS = 3
Spent = tuple[list[float], float]
_WARM = 5
_SIZE_WH = (1280, 720)
_WAYS = ("clean", "smooth", "exact")
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
        kept.append(np.squeeze(mask)[::4, ::4].copy())
    cpu = (time.process_time() - cpu) / (len(frames) - WARM)
np.save(masks, np.array(kept, np.uint8))
print(json.dumps({"ms": spent[WARM:], "cpu_ms": cpu * 1e3, "size": list(mask.shape)}))
""".replace("WARM", str(_WARM))


def main(model: Path, video: str, python: str, count: int = 60, threads: int = 2) -> int:
    """Print both and their ratios; return 1 where a ratio is below 4 for one of the ways."""
    cv2.setNumThreads(1)
    with open_source(video, max_frames=count) as source:
        frames = [np.asarray(cv2.resize(frame.image, _SIZE_WH), np.uint8) for frame in source]
    told: dict[str, list[Spent]] = {name: [] for name in (*_WAYS, "MediaPipe")}
    with tempfile.TemporaryDirectory() as folder:
        stack, masks = Path(folder, "frames.npy"), Path(folder, "masks.npy")
        np.save(stack, np.array([frame[..., ::-1] for frame in frames]))
        engine = _engine(model, threads)
        for _ in range(_TURNS):
            answers = {}
            for way in _WAYS:
                spent, answers[way] = _ours(engine, frames, way)
                told[way].append(spent)
            told["MediaPipe"].append(_theirs(model, stack, masks, python))
        theirs_maps = np.load(masks)
    _, given_theirs = _ours(
        engine, [_as_mediapipe_takes(frame, engine) for frame in frames], "exact"
    )
    engine.close()
    medians = {
        name: (
            statistics.median(ms for durations, _ in turns for ms in durations),
            statistics.median(cpu_ms for _, cpu_ms in turns),
        )
        for name, turns in told.items()
    }
    sys.stdout.write(
        f"{model.name}, {len(frames)} frames of {_SIZE_WH[0]}x{_SIZE_WH[1]}, {_TURNS} turns each, "
        f"{count_of(threads, 'thread')} here; a frame's ms and CPU ms\n"
    )
    theirs = medians["MediaPipe"]
    for name, (ms, cpu_ms) in medians.items():
        line = f"{name:<12} {ms:7.2f} {cpu_ms:7.2f}"
        if name in answers:
            line += (
                f"   MediaPipe takes {theirs[0] / ms:.2f} and {theirs[1] / cpu_ms:.2f} times that"
            )
            line += f"; {_alike(answers[name], theirs_maps)}"
        sys.stdout.write(line + "\n")
    sys.stdout.write(f"same pixels                   {_alike(given_theirs, theirs_maps)}\n")
    ratios = [theirs[which] / medians[way][which] for way in _WAYS for which in (0, 1)]
    return int(min(ratios) < 4)


def _alike(ours: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> str:
    same, seen = ours == theirs, (ours > 0) | (theirs > 0)
    objects = f"{100 * same[seen].mean():.1f} %" if seen.any() else "none"
    return (
        f"alike on {100 * same.mean():.2f} % of all pixels, {objects} of the "
        f"{100 * seen.mean():.1f} % that are an object to either"
    )


def _as_mediapipe_takes(image: Image, engine: Engine) -> Image:
    """Shrink a picture to the network's size without keeping the centres of pixels in place."""
    width, height = engine.spec.input.size_wh
    shrink = np.array([[width / image.shape[1], 0, 0], [0, height / image.shape[0], 0]], np.float32)
    taken = cv2.warpAffine(image, shrink, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken, np.uint8)


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


def _engine(model: Path, threads: int) -> Engine:
    spec = infer_card(model, CardOverrides())
    (variant,) = spec.variants
    return load_engine(spec, variant, threads=threads)


def _ours(engine: Engine, frames: list[Image], way: str) -> tuple[Spent, NDArray[np.uint8]]:
    kept: list[NDArray[np.uint8]] = []
    spent: list[float] = []
    cpu_s = 0.0
    for number, image in enumerate(frames):
        if number == _WARM:
            cpu_s = time.process_time()
        started = time.perf_counter()
        answer = engine.predict(image)
        assert isinstance(answer, Segmentation)
        classes = _full_size(answer, way)
        spent.append((time.perf_counter() - started) * 1e3)
        kept.append(classes[::4, ::4].copy())
    cpu_ms = (time.process_time() - cpu_s) * 1e3 / (len(frames) - _WARM)
    return (spent[_WARM:], cpu_ms), np.array(kept, np.uint8)


def _full_size(answer: Segmentation, way: str) -> ClassMap:
    if way == "exact":
        return classes_at(answer, _SIZE_WH)
    fine = smooth_classes(answer, _SIZE_WH) if way == "smooth" else None
    classes = answer.class_map if fine is None else fine
    return nearest(classes, _SIZE_WH)


if __name__ == "__main__":
    more = [int(text) for text in sys.argv[4:]]
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], *more))
