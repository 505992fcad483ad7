"""Options of one run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge_app.controls import ALPHA
from edge_app.errors import UsageError
from edge_app.model.card import ModelSpec
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
    alpha: float = ALPHA
    edges: str = "auto"
    camera: CameraOptions | None = None
    keep_loaded: int | None = None
    keys: bool = True
    read_digits: str = "auto"
    serve: tuple[str, int] | None = None
    serve_token: str | None = None


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
