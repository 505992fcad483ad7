"""Decoded video frames as players display them: their shape, their side up, and their damage."""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from av import VideoFrame
from av.packet import Packet
from av.sidedata.sidedata import SideDataContainer
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from edge_app.frame import Image
from edge_app.sources.colour import to_bgr
from edge_app.sources.file_kinds import END_OF_JPEG, gif_images, looks_whole

# Less than this is rounding: FFmpeg states 2896:2889 for 321x181 scaled from 16:9.
_SQUARE = 0.01
# A stretched half image has 2:1 pixels, and one of four on top of each other 4:1.
_MOST = 8
# From a quarter turn, in shares of the scale; other angles are shown as they are stored.
_TOLERANCE = 0.02
_UPRIGHT = (False, False, False)


class FrameConverter:
    """Conversion of one stream's frames to images.

    notes: what could not be followed, a line each.
    """

    def __init__(self, stream: VideoStream) -> None:
        self.notes: list[str] = []
        self._reformatter = VideoReformatter()
        self._aspect = stream.sample_aspect_ratio
        if self._aspect and not 1 / _MOST <= self._aspect <= _MOST:
            self.notes.append(
                f"states pixels of {self._aspect.numerator}:{self._aspect.denominator}, which is "
                "not plausible; shown with square ones"
            )
            self._aspect = None

    def image(self, video_frame: VideoFrame) -> Image:
        """Return a frame: uint8 (H, W, 3) BGR, contiguous, with square pixels and upright."""
        size_wh = displayed_size((video_frame.width, video_frame.height), self._aspect)
        image = to_bgr(video_frame, self._reformatter, size_wh)
        matrix = _display_matrix(video_frame)
        return image if matrix is None else orient(image, *self._orientation(matrix))

    def _orientation(self, matrix: bytes) -> tuple[bool, bool, bool]:
        found = orientation_of(matrix)
        if found is None:
            note = "states a rotation that is no quarter turn; shown as it is stored"
            if note not in self.notes:
                self.notes.append(note)
        return found or _UPRIGHT


def _display_matrix(video_frame: VideoFrame) -> bytes | None:
    """Return the display matrix that comes with a frame, None without one.

    `video_frame.side_data` would refer to the frame, which keeps it: such a cycle holds the memory
    of every frame until Python looks for garbage (60 to 90 MB more at 1280x720, by measurement).
    """
    container: Any = SideDataContainer
    matrix = container(video_frame).get("DISPLAYMATRIX")
    return None if matrix is None else bytes(matrix)


def displayed_size(size_wh: tuple[int, int], aspect: Fraction | None) -> tuple[int, int]:
    """Return the size with square pixels: one side grows, so that no detail is lost.

    aspect: width of a pixel in its heights; None if it is not stated.
    """
    width, height = size_wh
    if not aspect or abs(aspect - 1) <= _SQUARE:
        return size_wh
    if aspect > 1:
        return round(width * aspect), height
    return width, round(height / aspect)


def orientation_of(matrix: bytes) -> tuple[bool, bool, bool] | None:
    """Return the orientation that a display matrix states; None if it is no quarter turn.

    It says whether to transpose, to flip left and right, to flip top and bottom, in this order.
    matrix: int32 (3, 3) in the machine's order, of 16.16 fixed-point numbers: a pixel (x, y) is
        displayed at (a x + c y, b x + d y) (ISO/IEC 14496-12, 6.2.2).
    """
    numbers = np.frombuffer(matrix, f"{'<' if sys.byteorder == 'little' else '>'}i4", 5)
    a, b, _, c, d = (int(number) for number in numbers)
    straight, crossed = min(abs(a), abs(d)), min(abs(b), abs(c))
    if max(abs(b), abs(c)) <= _TOLERANCE * straight:
        return False, a < 0, d < 0
    if max(abs(a), abs(d)) <= _TOLERANCE * crossed:
        return True, c < 0, b < 0
    return None


def orient(image: Image, transposed: bool, hflip: bool, vflip: bool) -> Image:
    """Return an image transposed and then flipped: uint8 (H, W, 3) or (W, H, 3)."""
    turned = cv2.transpose(image) if transposed else image
    if hflip or vflip:
        turned = cv2.flip(turned, -1 if hflip and vflip else int(hflip))
    return np.asarray(turned, np.uint8)


class DamageCheck:
    """Whether frames of one stream are damaged, although they were decoded."""

    def __init__(self, stream: VideoStream) -> None:
        self._has_end = False
        self._is_gif = stream.codec_context.name == "gif"
        self._is_jpeg = stream.codec_context.name == "mjpeg"
        self._ends_marked = False

    @property
    def end_note(self) -> str:
        """What is to be said at the end of the stream, "" if it is complete as far as is known."""
        missing = self._is_gif and not self._has_end
        return "its end is not marked, so images may be missing" if missing else ""

    def cut(self, packet: Packet[VideoStream]) -> bool:
        """Return whether a packet is a JPEG or GIF without its end, of which FFmpeg shows a half.

        Some cameras never mark the end of a JPEG; then nothing is known.
        """
        if self._is_gif and packet.size:
            found = gif_images(bytes(packet))
            self._has_end |= found.has_end
            return not found.number
        if not self._is_jpeg or not packet.size:
            return False
        data = bytes(packet)
        # Looking through all of it takes a sixth of the decoding.
        whole = data.endswith(END_OF_JPEG) or looks_whole(data)
        self._ends_marked |= whole
        return self._ends_marked and not whole
