"""H.264 in an MP4 file, fragment by fragment."""

from __future__ import annotations

import io
import math
import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from edge_app.errors import SinkError
from edge_app.frame import Image
from edge_app.python_environment import this_environment
from edge_app.sinks.yuv import Yuv420

# Every frame is a fragment of its own, written before the next one is encoded, so a kill costs
# one frame even where a slow network makes one a second. `hybrid_fragmented` (FFmpeg 7.1) turns
# the file into an ordinary MP4 when it is closed: players then know its length and can seek. It
# remembers 112 bytes a frame for that, 10 MB an hour.
_CONTAINER = {
    "movflags": "frag_every_frame+empty_moov+default_base_moof+hybrid_fragmented",
    "flush_packets": "1",
}
# CPU ms per 1280x720 canvas (a real drive and its overlay, one thread), kB per frame, PSNR:
#   ultrafast, qp 24     3.8, 35.6, 43.0    superfast, crf 23    9.8, 27.7, 43.2
#   ultrafast, crf 23    4.3, 35.2, 43.0    veryfast, crf 23    16.3, 21.8, 42.3
# What the encoder takes is missing to the network, and a second thread saves none of it. A
# constant quantizer spares the analysis of each image that a rate control needs: a repeated
# image takes 1.4 ms instead of 3.3.
_ENCODER = {"preset": "ultrafast", "tune": "zerolatency", "qp": "24", "forced-idr": "1"}
_BT709 = 1  # in H.273's tables of primaries, transfer and matrix
_NARROW = 1  # FFmpeg's AVCOL_RANGE_MPEG
_NO_FRAMES = 1 << 30  # keyframes are set by time instead, once a second
_TICKS_MIN = 10_000
# What closing adds: 1.5 kB and 9 to 17 bytes a frame (even and uneven times) were measured.
_INDEX_BYTES, _INDEX_BYTES_PER_FRAME = 2048, 32
_FRAGMENT_BYTES = 256  # of a fragment beside its packet; 110 to 140 were measured


class Encoder:
    """Write images of one even size at growing times.

    One thread uses it, also to read its figures.
    limit_bytes: an image with which the closed file would be larger is not written.
    size_bytes: of the file or, until it is closed, its size at most.
    Raises OSError if the disk refuses, and SinkError if H.264 cannot be encoded.
    """

    def __init__(
        self, path: Path, size_wh: tuple[int, int], rate_hz: Fraction, limit_bytes: float = math.inf
    ) -> None:
        # A multiple of the rate, so that 30000/1001 is kept to the tick.
        ticks_hz = rate_hz.numerator * math.ceil(_TICKS_MIN / rate_hz.numerator)
        self._tick_s = Fraction(1, ticks_hz)
        self._frame_ticks = round(ticks_hz / rate_hz)
        self.frames = 0
        self._limit_bytes = limit_bytes
        self._pts = -1
        self._keyframe_pts: int | None = None
        self._file = _PlainFile(path)
        try:
            self._open(size_wh, rate_hz)
        except BaseException:
            self._file.close()
            raise
        self.size_bytes = self._file.tell() + _INDEX_BYTES
        # One frame holds the planes of every image in turn; x264 copies what it is given.
        self._frame = av.VideoFrame(*size_wh, "yuv420p")
        self._yuv = Yuv420(*(_pixels(plane) for plane in self._frame.planes))
        self._frame.time_base = self._tick_s

    def _open(self, size_wh: tuple[int, int], rate_hz: Fraction) -> None:
        self._container = av.open(self._file, "w", format="mp4", options=_CONTAINER)
        try:
            stream: Any = self._container.add_stream("libx264", rate_hz, _ENCODER)
        except (av.FFmpegError, ValueError):
            options = "--force-reinstall --only-binary :all:"
            raise SinkError(
                "this PyAV cannot encode H.264 (it was built without libx264); "
                f"install its own wheel: {this_environment().install('av', options=options)}"
            ) from None
        codec = stream.codec_context
        codec.width, codec.height = size_wh
        codec.pix_fmt = "yuv420p"
        codec.time_base = stream.time_base = self._tick_s
        codec.gop_size = _NO_FRAMES
        codec.thread_count = 1
        codec.color_primaries = codec.color_trc = codec.colorspace = _BT709
        codec.color_range = _NARROW
        try:
            codec.open()
        except av.FFmpegError as fault:
            size = "{}x{}".format(*size_wh)
            reason = f"images of {size} cannot be encoded as H.264 ({fault.strerror})"
            raise SinkError(f"{reason}; record another size") from None
        self._stream = stream

    @property
    def end_s(self) -> Fraction:
        """The time at which the last image ends, in seconds from the first."""
        return (self._pts + self._frame_ticks) * self._tick_s if self.frames else Fraction(0)

    def encode(self, image: Image, time_s: Fraction) -> bool:
        """Add an image at a time from the first one; a time that does not grow is moved on.

        image: uint8 (H, W, 3) BGR, of the size given.
        Returns False if the limit kept it out; nothing may be added after that.
        """
        self._yuv.convert(image)
        return self.repeat(time_s)

    def repeat(self, time_s: Fraction) -> bool:
        """Add the last image again; return False if the limit kept it out."""
        before = self._pts
        self._pts = max(round(time_s / self._tick_s), before + 1)
        frame = self._frame
        frame.pts = self._pts
        frame.pict_type = PictureType.NONE
        # A second must not pass without a keyframe, if the next frame takes as long as this.
        next_pts = 2 * self._pts - before - self._frame_ticks // 2
        if self._keyframe_pts is None or next_pts > self._keyframe_pts + 1 / self._tick_s:
            self._keyframe_pts = self._pts
            frame.pict_type = PictureType.I
        if self._mux(frame):
            return True
        self._pts = before
        return False

    def _mux(self, frame: av.VideoFrame | None) -> bool:
        for packet in self._stream.encode(frame):
            packet.duration = self._frame_ticks
            wanted = packet.size + _FRAGMENT_BYTES
            if self.size_bytes + wanted + _INDEX_BYTES_PER_FRAME > self._limit_bytes:
                return False
            try:
                self._container.mux(packet)
            except (OSError, av.FFmpegError):
                # This packet was to be in the next fragment, and the one before is torn.
                self.frames = max(0, self.frames - 1)
                if self._file.fault is None:
                    raise
                raise self._file.fault from None
            self._file.seal()
            self.frames += 1
            index = _INDEX_BYTES + _INDEX_BYTES_PER_FRAME * self.frames
            # The muxer holds this packet until the next one.
            self.size_bytes = self._file.tell() + wanted + index
        return True

    def close(self) -> None:
        """Turn the file into an ordinary MP4; after a fault, only close it."""
        was_torn = self._file.fault is not None
        try:
            if not was_torn:
                self._mux(None)
            self._container.close()
        except (OSError, av.FFmpegError):
            if self._file.fault is None:
                raise
        finally:
            self._file.close()
            self.size_bytes = self._file.closed_bytes
        if self._file.fault is not None and not was_torn:
            self.frames = max(0, self.frames - 1)  # the last fragment went with the index
            raise self._file.fault


def _pixels(plane: Any) -> NDArray[np.uint8]:
    """Return a view of a plane's memory without the padding of its rows: uint8 (h, w).

    `VideoFrame.from_numpy_buffer` would do, but it takes heights for multiples of 4.
    """
    rows: NDArray[np.uint8] = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


class _PlainFile(io.FileIO):
    """A file written without a buffer; after a fault it stays as it was, and writes do nothing.

    libavformat's own writing would go on after a full disk and then, at the end, declare the
    torn fragments to be an ordinary MP4 without an index.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "wb")
        self.fault: OSError | None = None
        self.closed_bytes = 0
        self._sealed = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write all of it, or raise OSError once."""
        if self.fault is not None:
            return len(data)
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[super().write(rest) :]
        except OSError as fault:
            self.fault = fault
            # What was written up to here are whole fragments.
            with suppress(OSError):
                os.ftruncate(self.fileno(), self._sealed)
            raise
        return len(data)

    def seal(self) -> None:
        """Note that everything written so far is whole."""
        if self.fault is None:
            self._sealed = self.tell()

    def close(self) -> None:
        """Close the file; safe twice."""
        if not self.closed:
            self.closed_bytes = os.fstat(self.fileno()).st_size
        super().close()
