"""What a .tflite file carries about itself: TFLite metadata and the files packed behind it.

Schema: tensorflow/tflite-support, metadata_schema.fbs, 1.5.
"""

from __future__ import annotations

import ast
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.model.flatbuffer_table import DAMAGE, FlatTable, root_table

METADATA_NAME = "TFLITE_METADATA"
# ImageNet's 21,841 names have 0.5 MB.
_MAX_LABEL_BYTES, _LONGEST_LABEL, _MOST_FILES = 4_000_000, 200, 100
_MOST_STATED = 200_000
_CHANNELS = {1: "rgb", 2: "gray"}  # ColorSpaceType
_CONTENTS = {2: "image", 3: "boxes", 4: "audio"}  # ContentProperties
_NORMALIZATION = 1  # ProcessUnitOptions
_LABEL_FILES = (2, 3)  # AssociatedFileType: labels of an axis, labels of values
# Damage in what is appended is no reason to refuse the model.
_ZIP_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, ValueError,
    struct.error, NotImplementedError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TensorNotes:
    """What metadata says of one tensor.

    content: image, boxes, audio, or "" for anything else. channels: rgb, gray, or "".
    mean, std: of the normalization, in pixel values; empty if none is stated.
    label_files: names of packed files with the labels of its values or of its last axis.
    """

    name: str = ""
    description: str = ""
    content: str = ""
    channels: str = ""
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    label_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileNotes:
    """What metadata says of a network; empty where there is none.

    files: the text files packed behind the network, by name.
    """

    name: str = ""
    description: str = ""
    licence: str = ""
    inputs: tuple[TensorNotes, ...] = ()
    outputs: tuple[TensorNotes, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def ultralytics(self) -> dict[str, object]:
        """What an export of Ultralytics states of itself: task, names, imgsz; empty for others."""
        for content in self.files.values():
            if content.lstrip().startswith("{") and len(content) < _MOST_STATED:
                # JSON today, the text of a Python dict in older exports.
                for parse in (json.loads, ast.literal_eval):
                    with suppress(ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
                        stated = parse(content)
                        if isinstance(stated, dict) and {"task", "names"} <= stated.keys():
                            return stated
        return {}


def read_notes(path: Path, buffer: bytes) -> FileNotes:
    """Return what a file says of itself; buffer: its metadata, b"" for none.

    Raises ModelError if a packed file is larger than any label file.
    """
    files = _packed_files(path)
    with suppress(*DAMAGE):
        root = root_table(buffer, b"M001")
        graph = next(iter(root.tables(3)), None)
        return FileNotes(
            name=root.text(0),
            description=root.text(1),
            licence=root.text(5),
            inputs=_tensors(graph, 2),
            outputs=_tensors(graph, 3),
            files=files,
        )
    return FileNotes(files=files)


def label_lines(text: str) -> tuple[str, ...]:
    """Return the labels of a file with one on each line; blank lines do not count."""
    return tuple(line.strip()[:_LONGEST_LABEL] for line in text.splitlines() if line.strip())


def _tensors(graph: FlatTable | None, field_number: int) -> tuple[TensorNotes, ...]:
    return tuple(map(_tensor_notes, graph.tables(field_number))) if graph else ()


def _tensor_notes(table: FlatTable) -> TensorNotes:
    content = table.table(3)
    kind = _CONTENTS.get(content.number(0, "B"), "") if content else ""
    image = content.table(1) if content and kind == "image" else None
    units = [unit for unit in table.tables(4) if unit.number(0, "B") == _NORMALIZATION]
    scaling = units[0].table(1) if units else None
    return TensorNotes(
        name=table.text(0),
        description=table.text(1),
        content=kind,
        channels=_CHANNELS.get(image.number(0, "b"), "") if image else "",
        mean=scaling.numbers(0, "f") if scaling else (),
        std=scaling.numbers(1, "f") if scaling else (),
        label_files=tuple(
            file.text(0) for file in table.tables(6) if file.number(2, "b") in _LABEL_FILES
        ),
    )


def _packed_files(path: Path) -> dict[str, str]:
    """Return the text files that are appended to a model as a zip archive, by name.

    Raises ModelError if one unpacks to more than any label file has.
    """
    files: dict[str, str] = {}
    with suppress(*_ZIP_DAMAGE), zipfile.ZipFile(path) as archive:
        for name in archive.namelist()[:_MOST_FILES]:
            if not name.endswith((".txt", ".json", ".csv")):
                continue
            with suppress(*_ZIP_DAMAGE), archive.open(name) as file:  # its header may be wrong
                content = file.read(_MAX_LABEL_BYTES + 1)
                if len(content) > _MAX_LABEL_BYTES:
                    raise ModelError(
                        f"the labels packed in {path} have more than {_MAX_LABEL_BYTES // 10**6} "
                        "MB, the limit; name a label set with --labels"
                    )
                files[name] = content.decode("utf-8", "replace")
    return files
