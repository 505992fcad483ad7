"""Seeded changes of a .tflite file by its schema: any field of any table, packed again."""

from __future__ import annotations

import io
import struct
import zipfile
from random import Random
from typing import Any

import numpy as np

from tests.fuzz.mutate import EDGES, TEXTS, mutated_bytes


def mutated_model(data: bytes, draw: Random) -> bytes:
    """Return a model with one to three changed fields; its container is whole."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    for _ in range(20):  # a value that does not fit its field cannot be packed
        model = schema.ModelT.InitFromPackedBuf(data, 0)
        for _ in range(draw.choice((1, 1, 2, 3))):
            _change_field(model, draw)
        builder = flatbuffers.Builder(len(data))
        try:
            builder.Finish(model.Pack(builder), b"TFL3")
        except (TypeError, ValueError, AttributeError, struct.error, KeyError, OverflowError):
            continue
        return bytes(builder.Output())
    return mutated_bytes(data, draw)


def _change_field(model: Any, draw: Random) -> None:
    # Evenly over the kinds of tables: a model has hundreds of buffers, and one signature.
    tables: dict[str, list[Any]] = {}
    _collect(model, tables)
    table = draw.choice(tables[draw.choice(sorted(tables))])
    name = draw.choice(sorted(vars(table)))
    setattr(table, name, _changed(getattr(table, name), draw))


def _collect(value: Any, tables: dict[str, list[Any]]) -> None:
    if isinstance(value, list):
        for entry in value:
            _collect(entry, tables)
    elif type(value).__name__.endswith("T") and hasattr(value, "__dict__"):
        tables.setdefault(type(value).__name__, []).append(value)
        for entry in vars(value).values():
            _collect(entry, tables)


def _changed(value: Any, draw: Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return draw.choice(EDGES) if draw.random() < 0.6 else value + draw.choice((-1, 1, 4))
    if isinstance(value, float):
        return draw.choice((0.0, -1.0, float("nan"), float("inf"), 1e-40, 1e30))
    if isinstance(value, bytes):
        return (
            draw.choice(TEXTS).encode("utf-8", "surrogatepass") if draw.random() < 0.7 else b"\xff"
        )
    if isinstance(value, np.ndarray):
        return _changed_array(value, draw)
    if isinstance(value, list) and value:
        kind = draw.randrange(4)
        if kind == 0:
            return []
        if kind == 1:
            return value[:-1]
        if kind == 2:
            return value + value[-1:]
        return value[::-1]
    return None


def _changed_array(values: Any, draw: Random) -> Any:
    kind = draw.randrange(4)
    if kind == 0 or not values.size:
        return None
    if kind == 1:
        return values[:-1]
    if kind == 2:
        return np.concatenate([values, values])
    changed = values.copy()
    at = draw.randrange(changed.size)
    if changed.dtype.kind in "iu":
        limits = np.iinfo(changed.dtype)
        changed[at] = min(max(draw.choice(EDGES), limits.min), limits.max)
    else:
        changed[at] = draw.choice((0, -1, np.nan, np.inf, 1e30))
    return changed


def with_packed_labels(data: bytes, draw: Random) -> bytes:
    """Return a model with a zip of labels behind it, often damaged and now and then a bomb."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        lines = draw.choice((10, 10, 10, 3, 50_000_000 if draw.random() < 0.1 else 1_000_000))
        archive.writestr("labels.txt", b"a\n" * lines if lines > 10 else _labels(lines, draw))
    content = packed.getvalue()
    return data + (mutated_bytes(content, draw) if draw.random() < 0.5 else content)


def _labels(count: int, draw: Random) -> bytes:
    return "\n".join(f"{i} {draw.choice(TEXTS)[:400]}" for i in range(count)).encode(
        "utf-8", "surrogatepass"
    )
