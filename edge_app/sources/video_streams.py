"""The video streams of a file: opening it, choosing one, and the rate it states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from edge_app.errors import SourceError
from edge_app.sources.clock import plausible_rate
from edge_app.sources.file_kinds import JPEG

# FFmpeg's AVFMT_NOTIMESTAMPS: raw H.264, MPEG and MJPEG have no container that has a clock.
_NO_STAMPS = 0x80
# Album covers and thumbnails for the seek bar are video streams to FFmpeg.
_NO_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails


@contextmanager
def opened_video(
    path: Path, number: int | None = None
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a file and one of its video streams, decoded by one thread. Raises SourceError.

    number: of the stream among those with video, from 0; None takes the largest.
    Frame threads take 3 to 7 % more CPU time for the same frames, and the network needs the
    cores; decoding runs beside it anyway.
    """
    try:
        with path.open("rb") as file:
            jpeg = file.read(len(JPEG)) == JPEG
        # Without `file:` a name with a colon would be a protocol. JPEGs one after another are
        # read as one image by FFmpeg if the name ends in .jpg.
        container = open_quietly(f"file:{path}", format="mjpeg" if jpeg else None)
    except (FFmpegError, OSError):
        reason = "is not an image or video that can be read" if path.stat().st_size else "is empty"
        raise SourceError(
            f"{path.name} {reason}; check that it was copied completely and plays elsewhere"
        ) from None
    with container:
        stream = _chosen(container, path.name, number)
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        yield container, stream


def open_quietly(file: str | BytesIO, **options: Any) -> InputContainer:
    """Open what PyAV reads, with its options, whatever the encoding of its titles.

    Raises FFmpegError, OSError and ValueError.
    """
    av.logging.set_level(None)  # FFmpeg writes to stderr; errors have messages of our own
    if int(av.__version__.partition(".")[0]) < 19:  # the default from then on
        options["metadata_errors"] = "ignore"
    container: InputContainer = av.open(file, **options)
    return container


def _chosen(container: InputContainer, name: str, number: int | None) -> VideoStream:
    if container.format.name == "tty":  # FFmpeg plays any .txt file as ANSI art
        raise SourceError(f"{name} is a text file, not a video; check the path")
    streams = moving(container.streams.video)
    if not streams:
        kinds = ", ".join(sorted({stream.type for stream in container.streams}))
        rest = f", only {kinds}" if kinds else ""
        raise SourceError(f"{name} has no video{rest}; give a file with frames")
    if number is not None and number >= len(streams):
        raise SourceError(
            f"{name} has no video stream {number}; choose --video-stream {listed_streams(streams)}"
        )
    stream = largest(streams) if number is None else streams[number]
    if stream.codec_context is None:
        raise SourceError(
            f"{name} has a codec that this FFmpeg cannot decode; "
            "convert it with `ffmpeg -i IN OUT.mp4`"
        )
    return stream


def moving(streams: Sequence[VideoStream]) -> list[VideoStream]:
    """Return the streams that are no covers or thumbnails.

    An AVIF sequence has its first image as a stream of its own.
    """
    found = [stream for stream in streams if not stream.disposition & _NO_VIDEO]
    films = [stream for stream in found if stream.frames != 1]
    return films or found


def largest(streams: Sequence[VideoStream]) -> VideoStream:
    """Return the stream of the largest images that can be decoded, of equals that with the most.

    Action cameras keep a small copy beside the video, some as the first stream.
    """

    def rank(stream: VideoStream) -> tuple[bool, int, int]:
        if stream.codec_context is None:
            return False, 0, 0
        return True, stream.width * stream.height, stream.frames

    return max(streams, key=rank)


def stream_note(streams: Sequence[VideoStream], taken: VideoStream, number: int | None) -> str:
    """Return which of several streams is read and how another one is chosen; empty for one."""
    if len(streams) < 2:
        return ""
    index = streams.index(taken)
    how = "the largest one" if number is None else "as chosen"
    return (
        f"{len(streams)} video streams: {index} is read, {how}; "
        f"--video-stream {listed_streams(streams)}"
    )


def listed_streams(streams: Sequence[VideoStream]) -> str:
    """Return the streams by number, with their sizes."""
    sizes = [
        f"{stream.width}x{stream.height}" if stream.codec_context else "unknown codec"
        for stream in streams
    ]
    return " or ".join(f"{number} ({size})" for number, size in enumerate(sizes))


def has_stamps(container: InputContainer) -> bool:
    """Return whether a file's format has time stamps; raw streams have none."""
    return not container.format.flags & _NO_STAMPS


def stated_rate(container: InputContainer, stream: VideoStream) -> float | None:
    """Return the rate that a stream states; None if it states none that is plausible.

    FFmpeg takes 25 Hz for raw streams, so these have the rate of their own headers; so do short
    MPEG files, whose average it does not know. It guesses the double for interlaced codecs.
    """
    own = stream.codec_context.framerate
    if not has_stamps(container):
        known = own if stream.codec_context.name != "mjpeg" else None
        return plausible_rate(known)
    return plausible_rate(stream.average_rate, own, stream.guessed_rate)
