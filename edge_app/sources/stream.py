"""Streams of network cameras (RTSP, or MJPEG and others over HTTP), read through PyAV."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from time import perf_counter

import av
from av.codec.context import Flags
from av.error import FFmpegError
from av.video.stream import VideoStream

from edge_app.errors import SourceError
from edge_app.sources.camera import CameraOptions, upright
from edge_app.sources.capture_thread import CapturedImage, DeviceInfo
from edge_app.sources.clock import plausible_rate
from edge_app.sources.displayed import DamageCheck, FrameConverter
from edge_app.sources.video_streams import largest, moving, open_quietly

SCHEMES = ("rtsp", "rtsps", "http", "https")
_MAX_UNDECODED = 100  # packets in a row; a lost key frame damages all up to the next one
_HIDE_S = 1.0  # how long damaged images are left out before they are better than none
_AUTHORITY, _END_OF_PATH = re.compile(r"[/?#]"), re.compile(r"[?#]")
_OPTIONS = {
    "rtsp_transport": "tcp",  # over UDP a lost packet smears the image for seconds
    "fflags": "nobuffer",  # deliver the first packets instead of buffering them while probing
    "analyzeduration": "1000000",
}


class NetworkStream:
    """An open stream, for one thread; SourceError after `open_s` to open, `read_s` for a packet."""

    def __init__(self, url: str, options: CameraOptions, open_s: float, read_s: float) -> None:
        self._url = public_url(url)
        self._options = options
        try:
            self._container = open_quietly(url, timeout=(open_s, read_s), options=dict(_OPTIONS))
        except (FFmpegError, OSError, ValueError) as fault:
            advice = "check the address, the user and the password in a player"
            if "***" in self._url:
                advice = "in a user or password write / # ? @ as %2F %23 %3F %40"
            raise SourceError(
                f"{self._url} does not answer with a stream ({_reason(fault)}); {advice}"
            ) from None
        try:
            self._begin(url)
        except BaseException:
            self.close()
            raise

    def _begin(self, url: str) -> None:
        container = self._container
        streams = moving(container.streams.video)
        if not streams or (stream := largest(streams)).codec_context is None:
            raise SourceError(f"{self._url} has no video that can be decoded; check it in a player")
        if url.lower().startswith("http") and container.duration:
            raise SourceError(
                f"{self._url} is a video of {container.duration / av.time_base:.0f} s, not a "
                "live stream; download it and give the file"
            )
        # Frame threads would delay the stream by as many frames as there are threads.
        stream.thread_type = "NONE"
        stream.codec_context.flags |= Flags.low_delay
        options = self._options
        self._decoded = self._decode(stream)
        self._converter = FrameConverter(stream)
        notes = list(self._converter.notes)
        if options.size_wh or options.fps or options.exposure_ms or options.awb:
            notes.append("size, rate, exposure and white balance are set in the network camera")
        if len(streams) > 1:
            notes.append(f"{len(streams)} video streams: the largest one is read")
        self.info = DeviceInfo(
            f"{self._url}, {stream.width}x{stream.height}, {stream.codec_context.name}",
            plausible_rate(stream.average_rate, stream.guessed_rate),
            tuple(notes),
            "check the network and the address",
        )

    def read(self) -> CapturedImage:
        """Wait for the next image that can be decoded."""
        try:
            video_frame, damaged = next(self._decoded)
        except (StopIteration, EOFError):
            raise SourceError(f"{self._url} ended; start the stream again") from None
        except (FFmpegError, OSError) as fault:
            raise SourceError(
                f"{self._url} was interrupted ({_reason(fault)}); check the network"
            ) from None
        begun, now_s = perf_counter(), time.monotonic()
        image = upright(self._converter.image(video_frame), self._options)
        return CapturedImage(image, now_s, (perf_counter() - begun) * 1e3, damaged)

    def _decode(self, stream: VideoStream) -> Iterator[tuple[av.VideoFrame, int]]:
        """Yield frames, and how many images were damaged since the last one.

        Frames that FFmpeg flags, since they lean on lost ones, are left out. If there is no other
        for a while they are shown, and still counted: some cameras send a whole image only every
        ten seconds.
        """
        damaged, undecoded, good_s = 0, 0, time.monotonic()
        check = DamageCheck(stream)
        for packet in self._container.demux(stream):
            try:
                frames = packet.decode()
            except EOFError:
                return
            except FFmpegError:
                damaged, undecoded = damaged + 1, undecoded + 1
                if undecoded >= _MAX_UNDECODED:
                    raise SourceError(
                        f"{self._url} sends nothing that can be decoded; check it in a player"
                    ) from None
                continue
            cut = check.cut(packet)
            for video_frame in frames:
                undecoded, now_s = 0, time.monotonic()
                if cut or video_frame.is_corrupt:
                    damaged += 1
                    if now_s - good_s < _HIDE_S:
                        continue
                else:
                    good_s = now_s
                yield video_frame, damaged
                damaged = 0

    def close(self) -> None:
        """Close the connection."""
        with suppress(FFmpegError, OSError):
            self._container.close()


def public_url(url: str) -> str:
    """Return an address without user, password and query, for display.

    A password with / # ? in it, which FFmpeg takes for the end of the host, is left out as well:
    what may belong to one counts as such.
    """
    scheme, _, rest = url.partition("://")
    before, at, after = rest.rpartition("@")
    if not at:
        return f"{scheme}://{_END_OF_PATH.split(rest)[0]}"
    if "=" in before.partition("?")[2]:  # perhaps an at sign in a query, with a password after it
        return f"{scheme}://***"
    hidden = "" if "@" in _AUTHORITY.split(rest)[0] else "***@"
    return f"{scheme}://{hidden}{_END_OF_PATH.split(after)[0]}"


def _reason(fault: Exception) -> str:
    if isinstance(fault, av.error.ExitError):  # PyAV's time-out
        return "no answer in time"
    return getattr(fault, "strerror", None) or type(fault).__name__
