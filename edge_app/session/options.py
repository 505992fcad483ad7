"""Hold what one run is asked to do, and read it off the command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from edge_app.errors import UsageError
from edge_app.model.card import ModelSpec
from edge_app.model.catalog import default_variant, resolve_model, sample
from edge_app.sources.camera import CameraOptions


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Hold what one run is asked to do.

    kiosk: whether the window fills the screen, and a run without one is a fault.
    keep_loaded: how many engines are kept at hand; None chooses by what they take.
    keys: whether keys are heard, where there is a window or a terminal.
    read_digits: one of `reading.CHOICES`.
    serve: the host and the port that browsers are answered at; serve_token: what they must
        know, None to have one made where it is needed.
    """

    spec: ModelSpec
    variant: str
    source: str
    truth: str | None = None
    truth_labels: str | None = None
    runtime: str = "auto"
    threads: int | None = None
    record: Path | None = None
    record_max_mb: int | None = None
    segment_s: float | None = None
    metrics: Path | None = None
    metrics_max_mb: int | None = None
    headless: bool = False
    kiosk: bool = False
    as_fast_as_possible: bool = False
    max_frames: int | None = None
    loop: bool = False
    alpha: float = 0.55
    edges: str = "auto"
    camera: CameraOptions | None = None
    keep_loaded: int | None = None
    keys: bool = True
    read_digits: str = "auto"
    serve: tuple[str, int] | None = None
    serve_token: str | None = None


def order_of(options: argparse.Namespace) -> RunOptions:
    """Read an order off the options of `edge-app run`."""
    spec = resolve_model(options)
    source, truth = options.source, options.truth
    if source is None:
        source, sample_truth = sample(spec)
        truth = truth or sample_truth
    return RunOptions(
        spec=spec,
        variant=options.variant or default_variant(spec),
        source=source,
        truth=truth,
        truth_labels=options.truth_labels,
        runtime=options.runtime,
        threads=options.threads,
        record=Path(options.record) if options.record else None,
        record_max_mb=options.record_max_mb,
        segment_s=options.segment_s,
        metrics=Path(options.metrics) if options.metrics else None,
        metrics_max_mb=options.metrics_max_mb,
        headless=options.headless,
        kiosk=options.kiosk,
        as_fast_as_possible=options.as_fast_as_possible,
        max_frames=options.max_frames,
        loop=options.loop,
        alpha=options.alpha,
        edges=options.edges,
        camera=CameraOptions(
            size_wh=options.camera_size,
            fps=options.fps,
            exposure_ms=options.exposure,
            awb=options.awb,
            hflip=options.hflip,
            vflip=options.vflip,
            rotation=options.rotation,
        ),
        keep_loaded=options.keep_loaded,
        read_digits=options.read_digits,
        serve=options.serve,
        serve_token=options.serve_token,
    )


def check(order: RunOptions) -> None:
    """Raise UsageError where an order contradicts itself."""
    if order.truth_labels and not order.truth:
        raise UsageError("--truth-labels needs --truth, the folder or file of right answers")
    if not order.record and (order.record_max_mb or order.segment_s):
        raise UsageError(
            "--record-max-mb and --segment-s need --record; name the file with --record FILE"
        )
    if order.metrics_max_mb and not order.metrics:
        raise UsageError("--metrics-max-mb needs --metrics, the folder of the log")
    if order.kiosk and order.headless:
        raise UsageError("--kiosk fills the screen and --headless opens no window; give one")
    if order.serve_token is not None and order.serve is None:
        raise UsageError("--serve-token needs --serve, the port that browsers are answered at")
    if order.record and _is_same_file(order.record, Path(order.source)):
        raise UsageError(f"--record {order.record} would overwrite the source; name another file")


def _is_same_file(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
