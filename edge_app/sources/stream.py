"""Read a network camera's stream (RTSP, or MJPEG and others over HTTP) through PyAV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from time import perf_counter
from urllib.parse import urlsplit

import av
from av.codec.context import Flags
from av.error import FFmpegError
from av.video.reformatter import VideoReformatter

from edge_app.errors import SourceError
from edge_app.sources.camera import CameraOptions, upright
from edge_app.sources.capture_thread import CapturedImage, DeviceInfo
from edge_app.sources.clock import believable_rate
from edge_app.sources.colour import to_bgr
from edge_app.sources.video import lenient

SCHEMES = ("rtsp", "rtsps", "http", "https")
_FAULTS = 100  # undecodable packets in a row; a lost key frame spoils all up to the next
_OPTIONS = {
    "rtsp_transport": "tcp",  # over UDP a lost packet smears the picture for seconds
    "fflags": "nobuffer",  # hand on the first packets instead of keeping them while probing
    "analyzeduration": "1000000",
}


class NetworkStream:
    """Read a stream; opened, read and closed by one thread.

    open_s, read_s: how long opening, and each packet, may take. Raises SourceError.
    """

    def __init__(self, url: str, options: CameraOptions, open_s: float, read_s: float) -> None:
        av.logging.set_level(None)  # FFmpeg writes to stderr; faults are told in words of ours
        self._shown = shown(url)
        self._options = options
        try:
            self._container = av.open(
                url, timeout=(open_s, read_s), options=dict(_OPTIONS), **lenient()
            )
        except (FFmpegError, OSError, ValueError) as fault:
            raise SourceError(
                f"{self._shown} does not answer with a stream ({_reason(fault)}); "
                "check the address, the user and the password in a player"
            ) from None
        try:
            self._begin(url)
        except BaseException:
            self.close()
            raise

    def _begin(self, url: str) -> None:
        container, notes = self._container, []
        if not container.streams.video or container.streams.video[0].codec_context is None:
            raise SourceError(f"{self._shown} holds no video that can be decoded; check it")
        stream = container.streams.video[0]
        if urlsplit(url).scheme.startswith("http") and container.duration:
            raise SourceError(
                f"{self._shown} is a film of {container.duration / av.time_base:.0f} s, not a "
                "live stream; download it and give the file"
            )
        # Threads that decode whole frames hold back as many as there are threads.
        stream.thread_type = "NONE"
        stream.codec_context.flags |= Flags.low_delay
        hz = believable_rate(stream.average_rate, stream.guessed_rate)
        asked = self._options
        if asked.size_wh or asked.fps or asked.exposure_ms or asked.awb:
            notes.append("size, rate, exposure and white balance are set in the network camera")
        self._packets = container.demux(stream)
        self._pictures: Iterator[av.VideoFrame] = iter(())
        self._reformatter = VideoReformatter()
        size = f"{stream.width}x{stream.height}"
        self.facts = DeviceInfo(
            f"{self._shown}, {size}, {stream.codec_context.name}", hz, tuple(notes)
        )

    def read(self) -> CapturedImage:
        """Wait for the next picture that can be decoded."""
        damaged = 0
        while True:
            picture = next(self._pictures, None)
            if picture is not None:
                begun, now_s = perf_counter(), time.monotonic()
                image = upright(to_bgr(picture, self._reformatter), self._options)
                return CapturedImage(image, now_s, (perf_counter() - begun) * 1e3, damaged)
            try:
                packet = next(self._packets)
            except (StopIteration, EOFError):
                raise SourceError(f"{self._shown} ended; start the stream again") from None
            except (FFmpegError, OSError) as fault:
                raise SourceError(
                    f"{self._shown} broke off ({_reason(fault)}); check the network"
                ) from None
            try:
                self._pictures = iter(packet.decode())
            except EOFError:
                raise SourceError(f"{self._shown} ended; start the stream again") from None
            except FFmpegError:
                damaged += 1
                if damaged >= _FAULTS:
                    raise SourceError(
                        f"{self._shown} sends nothing that can be decoded; check it in a player"
                    ) from None

    def close(self) -> None:
        """Hang up."""
        with suppress(FFmpegError, OSError):
            self._container.close()


def shown(url: str) -> str:
    """Return an address without its user, password and query, which do not belong on a screen."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _reason(fault: Exception) -> str:
    if isinstance(fault, av.error.ExitError):  # what its time-out looks like
        return "no answer in time"
    return getattr(fault, "strerror", None) or type(fault).__name__
