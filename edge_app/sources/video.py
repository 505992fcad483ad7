"""Video files as a source: every frame in order, also of damaged or unusual files.

PyAV, since OpenCV 5.0 ended decord_corrupted.mp4 without an error after 28 frames (PyAV names
the damaged packet and continues to 49), counted -1.4e17 frames in a WebM without a duration, tells
"no picture", "no video" and "cannot open" apart only on stderr, and decodes untagged HD as BT.601.
PyAV is not slower: CPU ms per frame for opening, decoding and conversion to BGR, in alternating
runs, this module / OpenCV with one thread / OpenCV's default: 38 frames of 1280x720
4.2 / 4.1 / 4.4, 221 frames of 960x540 2.3 / 2.3 / 2.5. Conversion to BGR is 0.33 of the 4.2 ms.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from edge_app.errors import SourceError
from edge_app.frame import Frame
from edge_app.sources.clock import FrameClock, plausible_count, plausible_rate
from edge_app.sources.colour import to_bgr
from edge_app.sources.files import FileSource
from edge_app.sources.source import Truth

# Reading can fail repeatedly at the same place (a broken disk); decoding cannot.
MAX_READ_FAULTS = 20


class VideoFile(FileSource):
    """The frames of a video with the file's time stamps.

    Truth is paired by a frame's position in the file, which its time stamp gives, so skipping a
    damaged frame shifts nothing. For this the packets are listed first (0.2 ms per MB).
    Raises SourceError for a file without a frame, and for truth that does not fit.
    """

    def __init__(self, path: Path, *, truth: Truth | None = None) -> None:
        self._path = path
        with _opened(path) as (_, stream):
            rate_hz = plausible_rate(stream.average_rate, stream.guessed_rate)
            count = plausible_count(stream.frames)
        self._stamps: list[int | None] = []
        if truth:
            self._stamps = list_stamps(path)
            count = len(self._stamps)
        known = sorted(stamp for stamp in self._stamps if stamp is not None)
        self._by_stamp = len(set(known)) == len(self._stamps)
        self._ranks = {stamp: rank for rank, stamp in enumerate(known)}
        super().__init__(path.name, rate_hz=rate_hz, frame_count=count, has_clock=True, truth=truth)

    def _frames(self) -> Iterator[Frame]:
        index, damaged_before = 0, self.damaged
        clock, reformatter = FrameClock(self.rate_hz), VideoReformatter()
        with _opened(self._path) as (container, stream):
            decoded = self._decode(container, stream)
            while True:
                captured_s, begun = monotonic(), perf_counter()
                video_frame = next(decoded, None)
                if video_frame is None:
                    break
                image = to_bgr(video_frame, reformatter)
                capture_ms = (perf_counter() - begun) * 1e3
                truth, name = None, str(index)
                if self._truth:
                    damaged = self.damaged > damaged_before
                    position = self._position(video_frame.pts, index, damaged=damaged)
                    truth = self._truth.of(position, name)
                time_s = clock.stamp(video_frame.time)
                yield Frame(image, index, captured_s, capture_ms, name, time_s, truth)
                index += 1
        skipped = self.damaged - damaged_before
        if not index:
            reason = f" ({skipped} damaged parts)" if skipped else ""
            raise SourceError(
                f"{self.name} has no frame that can be decoded{reason}; "
                "check that it plays, or record it again"
            )
        if self._truth and not self._by_stamp and index + skipped != len(self._stamps):
            raise SourceError(
                f"{self.name} gave {index} frames of {len(self._stamps)}, so its truth may have "
                "shifted; write it again with `ffmpeg -i IN OUT.mp4`, or leave out the truth"
            )

    def _decode(self, container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
        """Decode packet by packet, so that a damaged packet costs only itself."""
        packets, faults = container.demux(stream), 0
        while faults < MAX_READ_FAULTS:
            try:
                packet = next(packets)
            except (StopIteration, EOFError):
                return
            except FFmpegError as fault:
                faults += 1
                self._note_damage(f"{self.name}: a part cannot be read ({fault.strerror})")
                packets = container.demux(stream)
                continue
            try:
                decoded = packet.decode()
            except EOFError:
                return
            except FFmpegError as fault:
                time_s = float(packet.pts * packet.time_base) if packet.pts else None
                at = "somewhere" if time_s is None else f"at {time_s:.2f} s"
                self._note_damage(f"{self.name}: a frame {at} cannot be decoded ({fault.strerror})")
                continue
            yield from decoded

    def _position(self, stamp: int | None, index: int, *, damaged: bool) -> int:
        """Return a frame's position in the file; raise SourceError if damage makes it unknown."""
        if self._by_stamp and stamp in self._ranks:
            return self._ranks[stamp]
        if self._by_stamp or damaged:
            raise SourceError(
                f"{self.name} is damaged before frame {index} and its time stamps do not show "
                "which frames are lost, so its truth cannot be paired; leave out the truth"
            )
        return index


def list_stamps(path: Path) -> list[int | None]:
    """Return a video's time stamps without decoding, in the stream's unit. Raises SourceError."""
    try:
        with _opened(path) as (container, stream):
            packets = container.demux(stream)
            # The last, empty packet only flushes; discarded ones are outside of an edit list.
            return [packet.pts for packet in packets if packet.size and not packet.is_discard]
    except FFmpegError as fault:
        raise SourceError(
            f"{path.name} cannot be read to its end ({fault.strerror}), so its truth cannot "
            "be paired; leave out the truth"
        ) from None


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a file and its first video stream, decoded by one thread.

    Frame threads take 3 to 7 % more CPU time for the same frames, and the network needs the
    cores; decoding runs beside it anyway.
    """
    av.logging.set_level(None)  # FFmpeg writes to stderr; errors have messages of our own
    try:
        # Without `file:` a name with a colon would be a protocol.
        container = av.open(f"file:{path}", **lenient())
    except (FFmpegError, OSError):
        reason = "is not an image or video that can be read" if path.stat().st_size else "is empty"
        raise SourceError(
            f"{path.name} {reason}; check that it was copied completely and plays elsewhere"
        ) from None
    with container:
        stream = _video_stream(container, path)
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        yield container, stream


def lenient() -> dict[str, Any]:
    """Return options that make PyAV accept titles in other encodings, its default from 19 on."""
    return {"metadata_errors": "ignore"} if int(av.__version__.partition(".")[0]) < 19 else {}


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    if container.format.name == "tty":  # FFmpeg plays any .txt file as ANSI art
        raise SourceError(f"{path.name} is a text file, not a video; check the path")
    # FFmpeg treats album covers as video streams with one frame.
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        kinds = ", ".join(sorted({stream.type for stream in container.streams}))
        rest = f", only {kinds}" if kinds else ""
        raise SourceError(f"{path.name} has no video{rest}; give a file with frames")
    if streams[0].codec_context is None:
        raise SourceError(
            f"{path.name} has a codec that this FFmpeg cannot decode; "
            "convert it with `ffmpeg -i IN OUT.mp4`"
        )
    return streams[0]
