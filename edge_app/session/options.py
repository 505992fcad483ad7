"""Options of one run, which refuse to contradict each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.controls import ALPHA
from edge_app.errors import UsageError
from edge_app.output_path import is_same_file
from edge_app.session.tasks import TaskSpec
from edge_app.sinks.recorder import SUFFIXES
from edge_app.sources.camera import CameraOptions

if TYPE_CHECKING:
    from edge_app.session.compared import ChosenPartner


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """What a run writes, and how it is shown. Raises UsageError for a contradiction.

    save: PNG file for the last frame with its overlay.
    kiosk: whether the window fills the screen, and a run without a window is an error.
    keys: whether the keyboard is read. alpha: share of the class colours, 0 to 1.
    serve: host and port for browsers. serve_token: None makes one where it is needed.
    serve_connections: how many may be open at once. serve_cert, serve_key: PEM files for TLS.
    """

    record: Path | None = None
    save: Path | None = None
    record_max_mb: int | None = None
    segment_s: float | None = None
    metrics: Path | None = None
    metrics_max_mb: int | None = None
    headless: bool = False
    kiosk: bool = False
    keys: bool = True
    alpha: float = ALPHA
    edges: str = "auto"
    serve: tuple[str, int] | None = None
    serve_token: str | None = None
    serve_connections: int | None = None
    serve_cert: Path | None = None
    serve_key: Path | None = None

    def __post_init__(self) -> None:
        """Check that every option has the one it needs."""
        if not self.record and (self.record_max_mb or self.segment_s):
            raise UsageError(
                "--record-max-mb and --segment-s need --record; name the file with --record FILE"
            )
        if self.save and self.save.suffix.lower() != ".png":
            stem = "overlay" if self.save.name.startswith(".") else self.save.stem
            name = f"{stem}.png"
            raise UsageError(f"--save {self.save} is no .png file; give a name like {name}")
        if self.metrics_max_mb and not self.metrics:
            raise UsageError("--metrics-max-mb needs --metrics, the folder of the log")
        if self.kiosk and self.headless:
            raise UsageError("--kiosk fills the screen and --headless opens no window; give one")
        for name in ("token", "connections", "cert", "key"):
            if getattr(self, f"serve_{name}") is not None and self.serve is None:
                raise UsageError(f"--serve-{name} needs --serve, the port for browsers")
        if self.serve_key is not None and self.serve_cert is None:
            raise UsageError("--serve-key needs --serve-cert, the certificate for the key")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of one run. Raises UsageError for a contradiction.

    task: the model and its source. keep_loaded: engines to cache; None decides by their memory.
    partner: what the variant is compared with; None for the usual, once a key asks for it.
    read_digits: one of `digits.reader.CHOICES`. slideshow_s: how long each image stays.
    max_pixels: limit for images and truth.
    """

    task: TaskSpec
    variant: str
    outputs: OutputOptions = field(default_factory=OutputOptions)
    partner: ChosenPartner | None = None
    runtime: str = "auto"
    threads: int | None = None
    keep_loaded: int | None = None
    as_fast_as_possible: bool = False
    max_frames: int | None = None
    loop: bool = False
    camera: CameraOptions | None = None
    read_digits: str = "auto"
    slideshow_s: float | None = None
    max_pixels: int | None = None

    def __post_init__(self) -> None:
        """Check truth labels, the recording's name, and that the source is not overwritten."""
        if self.task.truth_labels and not self.task.truth:
            raise UsageError("--truth-labels needs --truth, the folder or file of truth")
        for option, path in (("record", self.outputs.record), ("save", self.outputs.save)):
            if path and is_same_file(path, Path(self.task.source)):
                raise UsageError(f"--{option} {path} would overwrite the source; name another file")
        record = self.outputs.record
        if record and record.suffix.lower() not in SUFFIXES:
            raise UsageError(
                f"--record {record} has to end in .mp4, since recordings are H.264 in MP4; "
                f"name it {record.with_suffix('.mp4').name}"
            )
