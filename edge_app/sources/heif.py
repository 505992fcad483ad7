"""Stills in HEIF files: AVIF, and HEIC as phones take it."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from PIL import features

from edge_app.errors import SourceError
from edge_app.frame import Image
from edge_app.sources.displayed import FrameConverter, orient
from edge_app.sources.heif_boxes import HeifLayout, heif_layout
from edge_app.sources.image_size import check_pixels
from edge_app.sources.pillow_images import decode_with_pillow
from edge_app.sources.size_limits import check_size
from edge_app.sources.video_streams import largest, moving, open_quietly

_DAMAGES = (
    FFmpegError, OSError, ValueError, SyntaxError, RuntimeError, OverflowError, StopIteration,
    IndexError, KeyError, struct.error,
)  # fmt: skip


def decode_heif(data: bytes, name: str) -> Image:
    """Return the first image of a HEIF file: uint8 (H, W, 3) BGR, upright. Raises SourceError.

    AVIF is read by Pillow from 11.3 on, everything else by FFmpeg. PyAV gives the tiles of a
    phone's photo one by one, each as a stream, so they are joined here.
    """
    try:
        if data[8:12] in {b"avif", b"avis"} and features.check("avif"):
            check_pixels(data, name)
            return decode_with_pillow(data)
        layout = heif_layout(data)
        with open_quietly(io.BytesIO(data)) as container:
            if layout.size_wh is not None:
                check_size(layout.size_wh, name)
                return _joined(container, layout, layout.size_wh, name)
            streams = moving(container.streams.video)
            own = [stream for stream in streams if stream.id == layout.item]
            stream = largest(own or streams)
            check_size((stream.width, stream.height), name)
            return FrameConverter(stream).image(next(container.decode(stream)))
    except _DAMAGES:
        raise SourceError(
            f"{name} is damaged, or an image of a kind that is not supported; convert it with "
            f"`heif-convert {name} {name}.jpg` (apt install libheif-examples), or remove it"
        ) from None


def _joined(
    container: InputContainer, layout: HeifLayout, size_wh: tuple[int, int], name: str
) -> Image:
    """Return the tiles of a photo as one image, mirrored and turned."""
    streams = {stream.id: stream for stream in container.streams.video}
    wanted = [streams[tile] for tile in layout.tiles]
    rows = -(-len(wanted) // layout.columns)
    width, height = wanted[0].width, wanted[0].height
    check_size((width * layout.columns, height * rows), name)
    if any((stream.width, stream.height) != (width, height) for stream in wanted):
        raise ValueError("tiles of different sizes")
    converters = {stream.index: FrameConverter(stream) for stream in wanted}
    tiles: dict[int, Image] = {}
    for packet in container.demux(list({stream.index: stream for stream in wanted}.values())):
        for frame in packet.decode():
            index = packet.stream.index
            tiles.setdefault(index, converters[index].image(frame))  # type: ignore[arg-type]
    if width * layout.columns < size_wh[0] or height * rows < size_wh[1]:
        raise ValueError("tiles that do not cover the image")
    whole = np.empty((height * rows, width * layout.columns, 3), np.uint8)
    for place, stream in enumerate(wanted):
        row, column = divmod(place, layout.columns)
        y, x = row * height, column * width
        whole[y : y + height, x : x + width] = tiles[stream.index]
    image: Image = whole[: size_wh[1], : size_wh[0]]
    if layout.turns:
        turns = {
            1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE
        }  # fmt: skip
        image = np.asarray(cv2.rotate(image, turns[layout.turns]), np.uint8)
    flips = {"left-right": (True, False), "top-bottom": (False, True), "": (False, False)}
    return np.ascontiguousarray(orient(image, False, *flips[layout.mirrored]))
