"""HEIC files as phones write them: one image, or a grid of tiles."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.support.media_files import write_video


def write_heic(
    path: Path,
    images: Sequence[NDArray[np.uint8]],
    columns: int = 1,
    angle: int = 0,
    size_wh: tuple[int, int] | None = None,
) -> Path:
    """Write one image, or several of one size as the tiles of a grid, in rows from the left top.

    angle: of the irot property, in quarter turns counter-clockwise.
    size_wh: of the whole, if the tiles reach over its edge.
    """
    coded = [_encoded(path.with_suffix(".mp4"), image) for image in images]
    (height, width), count, grid = images[0].shape[:2], len(images), len(images) > 1
    rows = count // columns
    whole_wh = size_wh or (width * columns, height * rows)
    items = [*range(1, count + 1), *([count + 1] if grid else [])]
    ipco = [coded[0][0], _full(b"ispe", 0, 0, struct.pack(">II", width, height))]
    ipco.append(_full(b"ispe", 0, 0, struct.pack(">II", *whole_wh)))
    ipco.append(_box(b"irot", bytes([angle])))
    own = [1 | 0x80, 2]  # hvcC is essential
    links = dict.fromkeys(items, own) | {items[-1]: [3] if grid else own}
    if angle:
        links[items[-1]] = [*links[items[-1]], 4 | 0x80]
    ipma = struct.pack(">I", len(items)) + b"".join(
        struct.pack(">HB", item, len(links[item])) + bytes(links[item]) for item in items
    )
    infos = [
        _full(b"infe", 2, int(grid and item <= count), struct.pack(">HH", item, 0), kind, b"\0")
        for item in items
        for kind in [b"grid" if item > count else b"hvc1"]
    ]
    payload = bytes([0, 0, rows - 1, columns - 1]) + struct.pack(">HH", *whole_wh)
    tiles = struct.pack(">HH", items[-1], count) + struct.pack(f">{count}H", *items[:count])
    ftyp = _box(b"ftyp", b"heic\0\0\0\0mif1heic")

    def meta(first: int) -> bytes:
        places, at = [], first
        for item in items:
            size = len(payload) if item > count else len(coded[item - 1][1])
            where = 0 if item > count else at
            places.append(struct.pack(">HHHHII", item, int(item > count), 0, 1, where, size))
            at += size
        return _full(
            b"meta", 0, 0,
            _full(b"hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
            _full(b"pitm", 0, 0, struct.pack(">H", items[-1])),
            _full(b"iloc", 1, 0, b"\x44\0", struct.pack(">H", len(items)), *places),
            _full(b"iinf", 0, 0, struct.pack(">H", len(items)), *infos),
            _full(b"iref", 0, 0, _box(b"dimg", tiles)) if grid else b"",
            _box(b"iprp", _box(b"ipco", *ipco), _full(b"ipma", 0, 0, ipma)),
            _box(b"idat", payload) if grid else b"",
        )  # fmt: skip

    head = len(ftyp) + len(meta(0)) + 8
    path.write_bytes(ftyp + meta(head) + _box(b"mdat", *(sample for _, sample in coded)))
    return path


def _encoded(film: Path, image: NDArray[np.uint8]) -> tuple[bytes, bytes]:
    """Return the decoder's configuration as its box, and the sample of one HEVC image."""
    size_wh = (image.shape[1], image.shape[0])
    options = {"x265-params": "log-level=none"}
    # x265 fails now and then if it has fewer images than it looks ahead.
    write_video(film, images=[image] * 12, size_wh=size_wh, codec="libx265", options=options)
    data = film.read_bytes()
    at = data.index(b"hvcC") - 4
    configuration = data[at : at + int.from_bytes(data[at : at + 4], "big")]
    with av.open(str(film)) as container:
        sample = next(bytes(packet) for packet in container.demux(video=0) if packet.size)
    film.unlink()
    return configuration, sample


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", len(content) + 8) + kind + content


def _full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)
