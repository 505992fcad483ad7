"""Measure what the overlay costs: `python -m tests.benchmarks.bench_overlay [1280x720 ...]`.

Medians over frames, in milliseconds and as multiples of copying the picture once, which makes
machines and busy moments comparable. The clock is the process's CPU time, with OpenCV held to
one thread, so that nothing is hidden in another core.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

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

FRAMES = 60
SIZES = ((854, 480), (1280, 720), (1920, 1080))


def cpu_ms(work: Callable[[int], object]) -> float:
    """Return the median CPU time of a call, warmed up."""
    taken = []
    for i in range(FRAMES + 5):
        started = time.process_time()
        work(i)
        taken.append((time.process_time() - started) * 1e3)
    return statistics.median(taken[5:])


def street(shape_hw: tuple[int, int], dtype: str | None, seed: int = 0) -> Segmentation:
    """Return 8 classes in blobs about as large as in a street, with logits of a type."""
    height, width = shape_hw
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, (height, width, 8)).astype(np.float32)
    logits = np.full((height, width, 19), -90, np.float32)
    logits[..., :8] = cv2.GaussianBlur(noise, (0, 0), height / 12) * 900
    classes = np.asarray(logits.argmax(axis=2), np.uint8)
    return Segmentation(classes, None if dtype is None else logits.clip(-128, 127).astype(dtype))


def status(i: int) -> Status:
    """Return figures that are new with every frame."""
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
    """Return an answer that is new with every frame."""
    return Classification(i % 10, np.random.default_rng(i).normal(0, 2, 10).astype(np.float32))


def rows(size_wh: tuple[int, int]) -> dict[str, float]:
    """Measure everything at one size."""
    rng = np.random.default_rng(1)
    image: NDArray[np.uint8] = rng.integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
    frame = Frame(image, 0, 0.0, 0.0, "0")
    results: dict[str, Segmentation] = {
        "clean edges, map 513x513": street((513, 513), None),
        "smooth edges, int8 64x128x19": street((64, 128), "int8"),
        "smooth edges, float32 129x257x19": street((129, 257), "float32"),
    }
    measured = {"copy of the picture": cpu_ms(lambda _: image.copy())}
    for name, result in results.items():
        painter = MaskPainter(CITYSCAPES.palette_bgr())
        measured[f"mask, {name}"] = cpu_ms(
            lambda _, result=result, painter=painter: painter.paint(image, result, 0.55)  # type: ignore[misc]
        )
        measured[f"whole overlay, {name}"] = whole(Overlay(CITYSCAPES), frame, result)
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


def views(size_wh: tuple[int, int]) -> dict[str, float]:
    """Measure every view and comparison at one size, with all panels."""
    rng = np.random.default_rng(1)
    image: NDArray[np.uint8] = rng.integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
    frame = Frame(image, 0, 0.0, 0.0, "0")
    first, second = street((64, 128), "int8"), street((64, 128), "int8", seed=1)
    said = Comparison(
        "float32",
        second,
        agreement(first.class_map, second.class_map),
        tuple((name, 0.97) for name in CITYSCAPES.names[:8]),
        Quality(9, miou=0.594),
    )
    plain = replace(first, logits=None)
    looks: dict[str, tuple[Segmentation, Controls]] = {
        **{f"view, {view}": (first, Controls(view=view)) for view in VIEWS},
        "split, smooth edges": (first, Controls(compare="split")),
        "split, clean edges": (plain, Controls(compare="split")),
        "split, side by side": (first, Controls(compare="split", view="side by side")),
        "difference, smooth edges": (first, Controls(compare="difference")),
        "difference, clean edges": (plain, Controls(compare="difference")),
        "help": (first, Controls(help=True)),
    }
    measured = {"copy of the picture": cpu_ms(lambda _: image.copy())}
    for name, (result, controls) in looks.items():
        other = said if result is first else replace(said, result=replace(second, logits=None))
        overlay = Overlay(CITYSCAPES, hints=True)
        measured[name] = cpu_ms(
            lambda i, overlay=overlay, result=result, controls=controls, other=other: overlay.draw(  # type: ignore[misc]
                frame, result, status(i), controls, i / 30, other
            )
        )
    return measured


def whole(overlay: Overlay, frame: Frame, result: Result) -> float:
    """Return the median cost of a canvas; panels are drawn anew with every sixth of them."""
    return cpu_ms(lambda i: overlay.draw(frame, result, status(i), Controls(), i / 30))


def main() -> None:
    """Print a table per size."""
    prepare_process()
    asked = [tuple(map(int, size.split("x"))) for size in sys.argv[1:]]
    for size_wh in [(width, height) for width, height in asked] or SIZES:
        measured = {**rows(size_wh), **views(size_wh)}
        copy_ms = measured["copy of the picture"]
        sys.stdout.write(f"{size_wh[0]}x{size_wh[1]}{'ms':>50}{'copies':>10}\n")
        for name, took_ms in measured.items():
            sys.stdout.write(f"  {name:<48}{took_ms:9.2f}{took_ms / copy_ms:10.1f}\n")


if __name__ == "__main__":
    main()
