"""Models of other programs are called what they are, with the way on."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from edge_app.errors import ModelError
from edge_app.model.catalog import resolve_model
from edge_app.model.model_kinds import FOREIGN_KINDS, foreign_kind, foreign_model

# A file's name and its first bytes.
BY_CONTENT = {
    "a TensorRT engine": ("a.bin", b"ftrt" + bytes(20)),
    "a GGUF file": ("a.dat", b"GGUF\3\0\0\0"),
    "a model for a Hailo accelerator": ("a.dat", b"\x01HEF" + bytes(20)),
    "an ExecuTorch program": ("a.dat", bytes(4) + b"ET12" + bytes(20)),
    "an OpenVINO model": ("a.xml", b'<?xml version="1.0"?>\n<net name="a" version="11">'),
}
BY_NAME = {
    "an ONNX model": ("a.onnx", "B.ONNX"),
    "a PyTorch file": ("a.pt", "a.pth", "a.pt2"),
    "a Core ML model": ("a.mlmodel", "a.mlpackage"),
    "a TensorRT engine": ("a.engine", "a.trt"),
    "a Caffe model": ("a.caffemodel", "deploy.prototxt"),
    "a TensorFlow graph as text": ("a.pbtxt",),
    "a TensorFlow checkpoint": (
        "a.ckpt", "model.ckpt-1000.index", "model.ckpt.data-00000-of-00001", "model.ckpt-7.meta",
    ),
    "weights as safetensors": ("a.safetensors",),
    "a GGUF file": ("a.gguf",),
    "a MediaPipe bundle": ("hand_landmarker.task",),
    "a model for a Hailo accelerator": ("a.hef",),
    "an ExecuTorch program": ("a.pte",),
}  # fmt: skip


@pytest.mark.parametrize("title", BY_CONTENT)
def test_what_has_a_mark_is_told_by_its_content(title: str, tmp_path: Path) -> None:
    """Whatever its name is."""
    name, content = BY_CONTENT[title]
    (tmp_path / name).write_bytes(content)
    assert foreign_model(tmp_path / name)[0] == title


@pytest.mark.parametrize("title", BY_NAME)
def test_what_has_no_mark_is_told_by_its_name(title: str, tmp_path: Path) -> None:
    """A protobuf has none, and an export may be a folder."""
    for name in BY_NAME[title]:
        (tmp_path / name).write_bytes(b"content")
        assert foreign_model(tmp_path / name)[0] == title, name


def test_a_checkpoint_of_lightning_is_of_pytorch(tmp_path: Path) -> None:
    """TensorFlow's have the same name; so may Keras' files have."""
    for name in ("a.ckpt", "b.keras"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("archive/data.pkl", b"pickle")
        assert foreign_model(tmp_path / name)[0] == "a PyTorch file"
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "c.bin").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    assert foreign_model(tmp_path / "c.bin")[0] == "weights as safetensors"


def test_openvino_is_two_files(tmp_path: Path) -> None:
    """The .bin of one is recognised by the .xml beside it; alone it may be anything."""
    (tmp_path / "a.bin").write_bytes(bytes(100))
    assert foreign_kind(tmp_path / "a.bin") is None
    (tmp_path / "a.xml").write_text("<net>")
    assert foreign_model(tmp_path / "a.bin")[0] == "an OpenVINO model"


def test_what_runs_or_is_converted_here_is_no_foreign_model(assets: Path, tmp_path: Path) -> None:
    """Nor is a video, an image or a missing file."""
    for name in ("a.h5", "a.pb", "a.mp4", "a.png", "notes.xml"):
        (tmp_path / name).write_bytes(b"content")
    for path in (*tmp_path.iterdir(), *(assets / "models" / "mnist").iterdir(), tmp_path / "none"):
        assert foreign_kind(path) is None, path


@pytest.mark.parametrize("kind", FOREIGN_KINDS, ids=lambda kind: str(kind.title))
def test_each_way_is_one_line(kind: tuple[str, tuple[str, ...], str], tmp_path: Path) -> None:
    """`run --model` and `bench --model` show it, with the commands as they can be typed."""
    for suffix in kind[1]:
        path = tmp_path / f"net{suffix}"
        path.write_bytes(b"content")
        with pytest.raises(ModelError) as fault:
            resolve_model(str(path))
        said = str(fault.value)
        assert said.startswith(f"{path} is {kind[0]}, which does not run here; ")
        assert not {"{", "}", "\n"} & set(said)
