"""Kinds of models by their files: those that run here, and those that are converted first."""

from __future__ import annotations

from pathlib import Path

from edge_app.model.card import CARD_NAME

_SAVED = "saved_model.pb"
_CONVERTED = {".keras", ".h5", ".hdf5", ".pb"}
# Formats of other frameworks, with the way to one that `host-tools convert` reads.
_EXPORTED = {
    ".onnx": "export it as a SavedModel with onnx2tf: onnx2tf -i {path} -o {stem}",
    ".pt": "export it from PyTorch as a .tflite (ai-edge-torch) or as ONNX",
    ".pth": "export it from PyTorch as a .tflite (ai-edge-torch) or as ONNX",
}


def runs_here(path: Path) -> bool:
    """Return whether a path is a .tflite file or a model folder, as far as names show."""
    return path.suffix.lower() == ".tflite" if not path.is_dir() else (path / CARD_NAME).is_file()


def way_to_convert(path: Path) -> str:
    """Return how to convert a model of another kind, which exists; "" if it is none.

    The command stands in it as it can be typed.
    """
    folder = path.is_dir()
    suffix = path.suffix.lower()
    if not folder and suffix in _EXPORTED:
        advice = _EXPORTED[suffix].format(path=path, stem=path.stem)
        return f"{advice}, then: {_command(Path(path.stem))}" if suffix == ".onnx" else advice
    if (path / _SAVED).is_file() if folder else suffix in _CONVERTED:
        return f"convert it first: {_command(path)}"
    return ""


def _command(path: Path) -> str:
    stem = path.resolve().name if path.is_dir() else path.stem
    return f"host-tools convert {path} --out models/{stem} --calibration IMAGES"


def model_as_source(path: Path) -> str:
    """Return what to do with a model that was given as a source of images; "" if it is none."""
    if runs_here(path):
        return f"{path} is a model: --model {path}"
    way = way_to_convert(path)
    return f"{path} is a model, not images; {way}" if way else ""
