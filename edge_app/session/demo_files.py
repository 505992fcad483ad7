"""The files of a demo: those of a variant belong together, and so do those of all variants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from edge_app.disk_faults import disk_fault
from edge_app.model.card import ModelSpec
from edge_app.session.demo_stills import STILLS
from edge_app.sinks.metrics_log import FRAMES_NAME, SUMMARY_NAME


def recording_path(out: Path, spec: ModelSpec, variant: str) -> Path:
    """Return the path of a variant's video."""
    return out / f"{spec.file_stem}-{variant}.mp4"


def remove_variant(out: Path, spec: ModelSpec, variant: str) -> None:
    """Remove the files of one variant. Raises SinkError."""
    folder = out / variant
    _remove(recording_path(out, spec, variant), folder / FRAMES_NAME, folder / SUMMARY_NAME)
    with suppress(OSError):  # it has other files
        folder.rmdir()


def remove_demo(out: Path, spec: ModelSpec) -> None:
    """Remove what an earlier demo of the model left: files of two demos would be mixed.

    Raises SinkError.
    """
    for variant in spec.variants:
        remove_variant(out, spec, variant)
    if spec.task == "segmentation":
        _remove(*stills(out))


def stills(out: Path) -> Iterator[Path]:
    """Yield the paths of the two images."""
    return (out / f"{name}.png" for name in STILLS)


def _remove(*paths: Path) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as fault:
            raise disk_fault(path, fault) from None
