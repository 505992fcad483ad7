"""The structure of a HEIF file: its main image, the tiles it is made of, and how it lies.

Source: ISO/IEC 23008-12 (HEIF) and 14496-12 (its boxes). Damaged files raise ValueError,
IndexError or struct.error.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeifLayout:
    """The main image of a file.

    item: its number. tiles: numbers of its tiles in rows from the left top; empty if it is one.
    columns: tiles in a row. size_wh: of the joined image; None for one image.
    turns: quarter turns counter-clockwise. mirrored: "left-right", "top-bottom" or "".
    """

    item: int
    tiles: tuple[int, ...] = ()
    columns: int = 1
    size_wh: tuple[int, int] | None = None
    turns: int = 0
    mirrored: str = ""


def heif_layout(data: bytes) -> HeifLayout:
    """Return the layout of a file's main image."""
    meta = _children(_first(_children(data), b"meta")[4:])
    item = _number(_first(meta, b"pitm"))
    tiles = _tiles(meta.get(b"iref", [b""])[0], item)
    if not tiles:
        return HeifLayout(item)
    grid = _item_data(data, meta, item)
    wide = bool(grid[1] & 1)
    width, height = struct.unpack(">II" if wide else ">HH", grid[4 : 12 if wide else 8])
    rows, columns = grid[2] + 1, grid[3] + 1
    if rows * columns != len(tiles):
        raise ValueError("a grid without all of its tiles")
    turns, mirrored = 0, ""
    for kind, content in _properties(_children(_first(meta, b"iprp")), item):
        if kind == b"irot":
            turns = content[0] & 3
        elif kind == b"imir":
            mirrored = "left-right" if content[0] & 1 else "top-bottom"
    return HeifLayout(item, tiles, columns, (width, height), turns, mirrored)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the content of the boxes that follow one another."""
    at = 0
    while at + 8 <= len(data):
        size, head = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:  # the size follows, in 64 bits
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        end = at + size if size else len(data)
        if end < at + head:
            raise ValueError("a box that ends before it begins")
        yield data[at + 4 : at + 8], data[at + head : end]
        at = end


def _children(data: bytes) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for kind, content in _boxes(data):
        found.setdefault(kind, []).append(content)
    return found


def _first(boxes: dict[bytes, list[bytes]], kind: bytes) -> bytes:
    if kind not in boxes:
        raise ValueError(f"no box {kind!r}")
    return boxes[kind][0]


def _number(full_box: bytes) -> int:
    """Return an item's number behind version and flags: 16 bits, from version 1 on 32."""
    return int.from_bytes(full_box[4:8] if full_box[0] else full_box[4:6], "big")


def _tiles(iref: bytes, item: int) -> tuple[int, ...]:
    """Return the images that an item is derived from, in order."""
    kind = ">I" if iref[:1] > b"\0" else ">H"
    size = struct.calcsize(kind)
    for name, content in _boxes(iref[4:]):
        numbers = [number for (number,) in struct.iter_unpack(kind, content[:size])]
        if name == b"dimg" and numbers == [item]:
            count = int.from_bytes(content[size : size + 2], "big")
            parts = content[size + 2 : size + 2 + size * count]
            return tuple(number for (number,) in struct.iter_unpack(kind, parts))
    return ()


def _properties(iprp: dict[bytes, list[bytes]], item: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the content of an item's properties, in their order."""
    known = list(_boxes(_first(iprp, b"ipco")))
    for ipma in iprp.get(b"ipma", []):
        id_bytes, index_bytes = 4 if ipma[0] else 2, 2 if ipma[3] & 1 else 1
        at = 8
        for _ in range(int.from_bytes(ipma[4:8], "big")):
            found = int.from_bytes(ipma[at : at + id_bytes], "big")
            count, at = ipma[at + id_bytes], at + id_bytes + 1
            for _ in range(count):
                index = int.from_bytes(ipma[at : at + index_bytes], "big")
                index &= (1 << (8 * index_bytes - 1)) - 1  # the first bit: whether it is essential
                at += index_bytes
                if found == item and index:
                    yield known[index - 1]


def _item_data(data: bytes, meta: dict[bytes, list[bytes]], item: int) -> bytes:
    """Return the first 16 bytes of an item, which are in the file or in the box idat."""
    iloc = _first(meta, b"iloc")
    version = iloc[0]
    sizes = (iloc[4] >> 4, iloc[4] & 15, iloc[5] >> 4, iloc[5] & 15 if version else 0)
    offset_bytes, length_bytes, base_bytes, index_bytes = sizes
    at = 6

    def take(count: int) -> int:
        nonlocal at
        at += count
        return int.from_bytes(iloc[at - count : at], "big")

    id_bytes = 4 if version == 2 else 2
    for _ in range(take(id_bytes)):
        found = take(id_bytes)
        in_idat = bool(version) and take(2) & 15 == 1
        take(2)  # which file; 0 is this one
        base, extents = take(base_bytes), take(2)
        starts = []
        for _ in range(extents):
            take(index_bytes)
            starts.append(base + take(offset_bytes))
            take(length_bytes)
        if found == item:
            where = _first(meta, b"idat") if in_idat else data
            return where[starts[0] : starts[0] + 16]
    raise ValueError("an item without a place")
