"""Kinds of models by their files: those that run here, and those that are converted first.

What has a mark of its own is told by its content, everything else by its name.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from edge_app.input_file import is_plain_file
from edge_app.model.card import CARD_NAME

_SAVED = "saved_model.pb"
_KERAS = "a Keras model"
_CONVERTED = {".keras": _KERAS, ".h5": _KERAS, ".hdf5": _KERAS, ".pb": "a graph of TensorFlow"}
# Of one checkpoint: NAME.ckpt-1000.index, NAME.ckpt.data-00000-of-00001
_CHECKPOINT_NAME = re.compile(r".*\.ckpt(-\d+)?(\.(index|meta|data-\d+-of-\d+))?")
_HEAD_BYTES = 4096
_ZIP, _PICKLE = b"PK\x03\x04", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # before PyTorch 1.6


class ForeignKind(NamedTuple):
    """A kind of model that neither runs here nor is converted here.

    way: to one that does; {path} and {stem} are the file's, {convert} the command that follows.
    """

    title: str
    suffixes: tuple[str, ...]
    way: str


_ONNX = ForeignKind(
    "an ONNX model",
    (".onnx",),
    "export it as a SavedModel with onnx2tf: onnx2tf -i {path} -o {stem}, then: {convert}",
)
_PYTORCH = ForeignKind(
    "a PyTorch file",
    (".pt", ".pth", ".pt2", ".torchscript"),
    "export the model from PyTorch as a float32 .tflite with litert-torch, or as ONNX; then: "
    "host-tools convert",
)
_CORE_ML = ForeignKind(
    "a Core ML model",
    (".mlmodel", ".mlpackage", ".mlmodelc"),
    "it is for Apple's devices; go back to the model it was made from, and convert that",
)
_TENSORRT = ForeignKind(
    "a TensorRT engine",
    (".engine", ".plan", ".trt"),
    "it is for one kind of NVIDIA GPU; go back to the model it was made from, and convert that",
)
_CAFFE = ForeignKind(
    "a Caffe model",
    (".caffemodel", ".prototxt"),
    "make ONNX of it and its .prototxt with caffe2onnx, a SavedModel of that with onnx2tf; "
    "then: host-tools convert",
)
_TEXT_GRAPH = ForeignKind(
    "a TensorFlow graph as text",
    (".pbtxt",),
    "it has no weights; freeze the graph with its checkpoint into a .pb, or export a SavedModel",
)
_CHECKPOINT = ForeignKind(
    "a TensorFlow checkpoint",
    (".ckpt",),
    "it has weights without a graph; export a SavedModel with the program that trained it",
)
_SAFETENSORS = ForeignKind(
    "weights as safetensors",
    (".safetensors",),
    "they have no graph; load them into their network, export it as a SavedModel (Keras) or with "
    "litert-torch (PyTorch), and convert that",
)
_GGUF = ForeignKind(
    "a GGUF file",
    (".gguf",),
    "it is for llama.cpp and has no graph; give a network for images",
)
_OPENVINO = ForeignKind(
    "an OpenVINO model",
    (),
    "go back to the model it was made from, or make a SavedModel of its .xml and .bin with "
    "openvino2tensorflow; then: host-tools convert",
)
_TASK = ForeignKind(
    "a MediaPipe bundle",
    (".task",),
    "it is a zip of .tflite files: unzip {path}, and give one of them",
)
_HAILO = ForeignKind(
    "a model for a Hailo accelerator",
    (".hef",),
    "go back to the model it was compiled from, and convert that",
)
_EXECUTORCH = ForeignKind(
    "an ExecuTorch program",
    (".pte",),
    "export the model from PyTorch as a float32 .tflite with litert-torch, and convert that",
)
FOREIGN_KINDS = (
    _ONNX, _PYTORCH, _CORE_ML, _TENSORRT, _CAFFE, _TEXT_GRAPH, _CHECKPOINT, _SAFETENSORS, _GGUF,
    _OPENVINO, _TASK, _HAILO, _EXECUTORCH,
)  # fmt: skip
# Marks at a place of a file: TensorRT's plan, GGUF's and Hailo's header, a flatbuffer's name.
_MARKS = (
    (0, b"ftrt", _TENSORRT),
    (0, b"GGUF", _GGUF),
    (0, b"\x01HEF", _HAILO),
    (4, b"ET12", _EXECUTORCH),
    (0, _PICKLE, _PYTORCH),
)


def foreign_kind(path: Path) -> ForeignKind | None:
    """Return which foreign kind of model a file or folder is; None if it is none."""
    head = _head(path)
    for at, mark, kind in _MARKS:
        if head.startswith(mark, at):
            return kind
    name = path.name.lower()
    if head.startswith(_ZIP) and b"/data.pkl" in head:  # a .ckpt of Lightning is one, too
        return _PYTORCH
    # The length of its header, and the header, which is JSON.
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 10**8 and b'"dtype"' in head:
        return _SAFETENSORS
    is_openvino = name.endswith(".bin") and _is_file(path.with_suffix(".xml"))
    if is_openvino or (name.endswith(".xml") and b"<net" in head):
        return _OPENVINO
    if _CHECKPOINT_NAME.fullmatch(name):
        return _CHECKPOINT
    return next((kind for kind in FOREIGN_KINDS if name.endswith(kind.suffixes)), None)


def _head(path: Path) -> bytes:
    """Return the first bytes of a file; b"" of what is none, or cannot be read."""
    with suppress(OSError):
        if is_plain_file(path):
            with path.open("rb") as file:
                return file.read(_HEAD_BYTES)
    return b""


def _is_file(path: Path) -> bool:
    with suppress(OSError):
        return path.is_file()
    return False


def _is_folder(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir()
    return False


def runs_here(path: Path) -> bool:
    """Return whether a path is a .tflite file or a model folder, as far as names show."""
    folder = _is_folder(path)
    return _is_file(path / CARD_NAME) if folder else path.suffix.lower() == ".tflite"


def foreign_model(path: Path) -> tuple[str, str]:
    """Return the title of a foreign model, and the way to one that runs here; "" for others.

    The commands stand in it as they can be typed.
    """
    kind = foreign_kind(path)
    if kind is None:
        return "", ""
    convert = _command(Path(path.stem))
    return kind.title, kind.way.format(path=path, stem=path.stem, convert=convert)


def way_to_convert(path: Path) -> tuple[str, str]:
    """Return what a model of another kind is, and how to convert it; "" if it is none."""
    title, way = foreign_model(path)
    if way:
        return title, way
    if _is_folder(path):
        title = "a SavedModel" if _is_file(path / _SAVED) else ""
    else:
        title = _CONVERTED.get(path.suffix.lower(), "")
    return (title, f"convert it first: {_command(path)}") if title else ("", "")


def _command(path: Path) -> str:
    stem = path.resolve().name if _is_folder(path) else path.stem
    return f"host-tools convert {path} --out models/{stem} --calibration IMAGES"


def model_as_source(path: Path) -> str:
    """Return what to do with a model that was given as a source of images; "" if it is none."""
    if runs_here(path):
        return f"{path} is a model: --model {path}"
    title, way = way_to_convert(path)
    return f"{path} is {title}, not images; {way}" if way else ""
