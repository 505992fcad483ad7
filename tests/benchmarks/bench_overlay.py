"""CPU time of the overlay: python -m tests.benchmarks.bench_overlay.

Medians over frames, in milliseconds and as multiples of one copy of the image, which makes
machines comparable. The clock is the CPU time of the process, and OpenCV has one thread, so that
work on other cores counts as well.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.controls import VIEWS, Controls
from edge_app.frame import Classification, Comparison, Frame, Result, Segmentation, Status
from edge_app.labels import CITYSCAPES, DIGITS
from edge_app.overlay import Overlay
from edge_app.overlay.hud import draw_hud
from edge_app.overlay.mask import MaskPainter
from edge_app.overlay.panel import Scale, blit
from edge_app.process import prepare_process
from edge_app.quality import Quality, agreement
from edge_app.status_text import status_text
from edge_app.timing import STAGES, Latency
from tests.benchmarks.script import bench_parser, say

_WARM_UP = 5


@dataclass(frozen=True, slots=True)
class CpuTimer:
    """A timer of work on a number of frames, after a warm-up."""

    frames: int

    def __call__(self, work: Callable[[int], object]) -> float:
        """Return the median CPU milliseconds; work: gets the number of the frame."""
        durations_ms = []
        for i in range(self.frames + _WARM_UP):
            started = time.process_time()
            work(i)
            durations_ms.append((time.process_time() - started) * 1e3)
        return statistics.median(durations_ms[_WARM_UP:])


def street(shape_hw: tuple[int, int], dtype: str | None, seed: int = 0) -> Segmentation:
    """Return 8 classes in blobs about as large as in a street; dtype: of logits, if any."""
    height, width = shape_hw
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, (height, width, 8)).astype(np.float32)
    logits = np.full((height, width, 19), -90, np.float32)
    logits[..., :8] = cv2.GaussianBlur(noise, (0, 0), height / 12) * 900
    classes = np.asarray(logits.argmax(axis=2), np.uint8)
    return Segmentation(classes, None if dtype is None else logits.clip(-128, 127).astype(dtype))


def status(i: int) -> Status:
    """Return a status whose figures change with every frame."""
    stages = {name: Latency(9, 2 + i, 2 + i, 3 + i, 3, 3, 3) for name in STAGES}
    return Status(
        "segmentation",
        "DeepLabV3 MobileNetV2 Cityscapes",
        "int8",
        2_721_376,
        "LiteRT 2.3.0",
        2,
        "every frame",
        shown_fps=10 + i / 7,
        network_fps=11 + i / 7,
        source_fps=25.0,
        stages=stages,
        age_ms=90 + i / 3,
        quality=Quality(i, 0.953, 0.584),
    )


def digit(i: int) -> Classification:
    """Return a result that changes with every frame."""
    return Classification(i % 10, np.random.default_rng(i).normal(0, 2, 10).astype(np.float32))


def measure_parts(size_wh: tuple[int, int], cpu_ms: CpuTimer) -> dict[str, float]:
    """Return the milliseconds of masks, HUD and whole overlays at one size."""
    rng = np.random.default_rng(1)
    image: NDArray[np.uint8] = rng.integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
    frame = Frame(image, 0, 0.0, 0.0, "0")
    results: dict[str, Segmentation] = {
        "clean edges, map 513x513": street((513, 513), None),
        "smooth edges, int8 64x128x19": street((64, 128), "int8"),
        "smooth edges, float32 129x257x19": street((129, 257), "float32"),
    }
    measured = {"copy of the image": cpu_ms(lambda _: image.copy())}
    for name, result in results.items():
        painter = MaskPainter(CITYSCAPES.palette_bgr())
        measured[f"mask, {name}"] = cpu_ms(
            lambda _, result=result, painter=painter: painter.paint(image, result, 0.55)  # type: ignore[misc]
        )
        measured[f"whole overlay, {name}"] = cpu_ms(_draw(Overlay(CITYSCAPES), frame, result))
    scale = Scale(size_wh[1] / 720)
    panel = draw_hud(status_text(status(0)), scale)
    canvas = image.copy()
    measured["HUD, drawn"] = cpu_ms(lambda i: draw_hud(status_text(status(i)), scale))
    measured["HUD, blitted"] = cpu_ms(lambda _: blit(canvas, panel, (20, 20)))
    small = replace(frame, image=np.ascontiguousarray(image[:28, :28]))
    digits = Overlay(DIGITS, height=size_wh[1])
    measured["whole overlay, digits"] = cpu_ms(
        lambda i: digits.draw(small, digit(i), status(i), Controls(), i / 30)
    )
    return measured


def measure_views(size_wh: tuple[int, int], cpu_ms: CpuTimer) -> dict[str, float]:
    """Return the milliseconds of every view and comparison at one size, with all panels."""
    rng = np.random.default_rng(1)
    image: NDArray[np.uint8] = rng.integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
    frame = Frame(image, 0, 0.0, 0.0, "0")
    first, second = street((64, 128), "int8"), street((64, 128), "int8", seed=1)
    comparison = Comparison(
        "float32",
        second,
        agreement(first.class_map, second.class_map),
        tuple((name, 0.97) for name in CITYSCAPES.names[:8]),
        Quality(9, miou=0.591),
        Quality(9, miou=0.594),
    )
    plain = replace(first, logits=None)
    plain_comparison = replace(comparison, result=replace(second, logits=None))
    looks: dict[str, tuple[Segmentation, Controls]] = {
        **{f"view, {view}": (first, Controls(view=view)) for view in VIEWS},
        "split, smooth edges": (first, Controls(compare="split")),
        "split, clean edges": (plain, Controls(compare="split")),
        "split, side by side": (first, Controls(compare="split", view="side by side")),
        "difference, smooth edges": (first, Controls(compare="difference")),
        "difference, clean edges": (plain, Controls(compare="difference")),
        "help": (first, Controls(help=True)),
    }
    measured = {"copy of the image": cpu_ms(lambda _: image.copy())}
    for name, (result, controls) in looks.items():
        other = comparison if result is first else plain_comparison
        overlay = Overlay(CITYSCAPES, hints=True)
        measured[name] = cpu_ms(
            lambda i, overlay=overlay, result=result, controls=controls, other=other: overlay.draw(  # type: ignore[misc]
                frame, result, status(i), controls, i / 30, other
            )
        )
    return measured


def _draw(overlay: Overlay, frame: Frame, result: Result) -> Callable[[int], object]:
    """Return the drawing of frame i; panels are redrawn with every sixth."""
    return lambda i: overlay.draw(frame, result, status(i), Controls(), i / 30)


def main() -> None:
    """Print a table per size."""
    prepare_process()
    parser = bench_parser(__doc__)
    parser.add_argument("sizes", nargs="*", default=["854x480", "1280x720", "1920x1080"])
    options = parser.parse_args()
    cpu_ms = CpuTimer(2 if options.smoke else 60)
    for text in ["640x360"] if options.smoke else options.sizes:
        width, height = map(int, text.split("x"))
        measured = measure_parts((width, height), cpu_ms) | measure_views((width, height), cpu_ms)
        copy_ms = measured["copy of the image"]
        say(f"{text}{'ms':>50}{'copies':>10}")
        for name, took_ms in measured.items():
            say(f"  {name:<48}{took_ms:9.2f}{took_ms / copy_ms:10.1f}")


if __name__ == "__main__":
    main()
