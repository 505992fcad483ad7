"""A reader of FlatBuffers tables: just what is needed of a .tflite file and its metadata.

The runtimes give no access to the metadata, and their schema modules are not installed everywhere.
Layout: https://flatbuffers.dev/internals
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

# Longer vectors of tables, names or shapes are damage: the largest networks have 20,000 operators.
_MOST_ITEMS = 1_000_000
# What reading a damaged buffer may raise.
DAMAGE = (struct.error, IndexError, ValueError, OverflowError, RecursionError)

Buffer = Any  # bytes, or a mapped file


@dataclass(frozen=True, slots=True)
class FlatTable:
    """One table of a buffer, whose fields are read by their number in the schema.

    A field that is absent has the value that its method returns by default. Damaged buffers raise
    one of `DAMAGE`, or give wrong values.
    """

    buffer: Buffer
    at: int

    def number(self, field: int, kind: str, default: float = 0) -> Any:
        """Return a scalar; kind: its `struct` format, as "b" for a byte."""
        at = self._place(field)
        return struct.unpack_from(f"<{kind}", self.buffer, at)[0] if at else default

    def table(self, field: int) -> FlatTable | None:
        """Return a table, or the value of a union."""
        at = self._place(field)
        return FlatTable(self.buffer, self._follow(at)) if at else None

    def text(self, field: int) -> str:
        """Return a string; bytes that are no UTF-8 are replaced."""
        at = self._place(field)
        return self._text_at(self._follow(at)) if at else ""

    def numbers(self, field: int, kind: str) -> tuple[Any, ...]:
        """Return a vector of scalars."""
        start, count = self.vector(field)
        return struct.unpack_from(f"<{count}{kind}", self.buffer, start) if count else ()

    def tables(self, field: int) -> list[FlatTable]:
        """Return a vector of tables."""
        start, count = self.vector(field)
        places = range(start, start + 4 * count, 4)
        return [FlatTable(self.buffer, self._follow(place)) for place in places]

    def content(self, field: int) -> bytes:
        """Return a vector of bytes, or as much of it as there is."""
        at = self._place(field)
        if not at:
            return b""
        vector = self._follow(at)
        (count,) = struct.unpack_from("<I", self.buffer, vector)
        return bytes(self.buffer[vector + 4 : vector + 4 + count])

    def vector(self, field: int) -> tuple[int, int]:
        """Return where the items of a vector begin, and their number; 0 and 0 if it is absent."""
        at = self._place(field)
        if not at:
            return 0, 0
        vector = self._follow(at)
        (count,) = struct.unpack_from("<I", self.buffer, vector)
        if count > _MOST_ITEMS:
            raise ValueError(f"a vector of {count} items")
        return vector + 4, int(count)

    def _place(self, field: int) -> int:
        """Return where a field's value is; 0 if it is absent."""
        vtable = self.at - struct.unpack_from("<i", self.buffer, self.at)[0]
        if vtable < 0:
            raise ValueError("a table before the start")
        (size,) = struct.unpack_from("<H", self.buffer, vtable)
        entry = 4 + 2 * field
        if entry + 2 > size:
            return 0
        (offset,) = struct.unpack_from("<H", self.buffer, vtable + entry)
        return self.at + int(offset) if offset else 0

    def _follow(self, at: int) -> int:
        return at + int(struct.unpack_from("<I", self.buffer, at)[0])

    def _text_at(self, at: int) -> str:
        (count,) = struct.unpack_from("<I", self.buffer, at)
        return bytes(self.buffer[at + 4 : at + 4 + min(count, _MOST_ITEMS)]).decode(
            "utf-8", "replace"
        )


def root_table(buffer: Buffer, identifier: bytes) -> FlatTable:
    """Return the root of a buffer; raise ValueError if it has another file identifier."""
    if bytes(buffer[4:8]) != identifier:
        raise ValueError(f"no {identifier.decode()} buffer")
    return FlatTable(buffer, int(struct.unpack_from("<I", buffer, 0)[0]))
