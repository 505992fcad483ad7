"""FlatBuffers tables written field by field, for schemas without generated classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

Fields = Mapping[int, Any]


def flat_buffer(root: Fields, identifier: bytes) -> bytes:
    """Return a buffer; a field is a text, a table, or a list of texts, tables or floats.

    Whole numbers are bytes, as the kinds of unions and enumerations are. Without the library, which
    comes with LiteRT, the test is skipped.
    """
    builder = pytest.importorskip("flatbuffers").Builder(256)
    builder.Finish(_table(builder, root), identifier)
    return bytes(builder.Output())


def _table(builder: Any, fields: Fields) -> int:
    offsets = {
        number: _offset(builder, value)
        for number, value in fields.items()
        if not isinstance(value, int)
    }
    builder.StartObject(max(fields, default=0) + 1)
    for number, value in fields.items():
        if isinstance(value, int):
            builder.PrependInt8Slot(number, value, 0)
        else:
            builder.PrependUOffsetTRelativeSlot(number, offsets[number], 0)
    return int(builder.EndObject())


def _offset(builder: Any, value: Any) -> int:
    if isinstance(value, str):
        return int(builder.CreateString(value))
    if isinstance(value, Mapping):
        return _table(builder, value)
    if value and isinstance(value[0], float):
        builder.StartVector(4, len(value), 4)
        for number in reversed(value):
            builder.PrependFloat32(number)
        return int(builder.EndVector())
    offsets = [_offset(builder, one) for one in value]
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())
