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
from pathlib import Path
from time import monotonic, perf_counter

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from edge_app.errors import SourceError
from edge_app.frame import Frame
from edge_app.sources.clock import FrameClock, plausible_count
from edge_app.sources.displayed import DamageCheck, FrameConverter
from edge_app.sources.files import FileSource
from edge_app.sources.size_limits import check_size
from edge_app.sources.source import Truth
from edge_app.sources.video_streams import (
    has_stamps,
    moving,
    opened_video,
    stated_rate,
    stream_note,
)
from edge_app.timing import FALLBACK_HZ

# Reading can fail repeatedly at the same place (a broken disk); decoding cannot.
MAX_READ_FAULTS = 20


class VideoFile(FileSource):
    """The frames of a video with the file's time stamps.

    Truth is paired by a frame's position in the file, which its time stamp gives, so skipping a
    damaged frame shifts nothing. For this the packets are listed first (0.2 ms per MB).
    Raises SourceError for a file without a frame, and for truth that does not fit.
    """

    has_streams = True

    def __init__(
        self, path: Path, *, truth: Truth | None = None, stream_number: int | None = None
    ) -> None:
        self._path = path
        self._stream_number = stream_number
        with opened_video(path, stream_number) as (container, stream):
            check_size((stream.width, stream.height), path.name)
            rate_hz = stated_rate(container, stream)
            count = plausible_count(stream.frames)
            several = stream_note(moving(container.streams.video), stream, stream_number)
        self._stamps: list[int | None] = []
        if truth:
            self._stamps = list_stamps(path, stream_number)
            count = len(self._stamps)
        known = sorted(stamp for stamp in self._stamps if stamp is not None)
        self._by_stamp = len(set(known)) == len(self._stamps)
        self._ranks = {stamp: rank for rank, stamp in enumerate(known)}
        super().__init__(path.name, rate_hz=rate_hz, frame_count=count, has_clock=True, truth=truth)
        no_rate = "" if rate_hz else f"states no rate; its frames come at {FALLBACK_HZ:g} Hz"
        self._add_notes(several, no_rate)

    def _frames(self) -> Iterator[Frame]:
        index, damaged_before = 0, self.damaged
        clock = FrameClock(self.rate_hz)
        with opened_video(self._path, self._stream_number) as (container, stream):
            converter, stamped = FrameConverter(stream), has_stamps(container)
            decoded = self._decode(container, stream)
            while True:
                captured_s, begun = monotonic(), perf_counter()
                video_frame = next(decoded, None)
                if video_frame is None:
                    break
                image = converter.image(video_frame)
                capture_ms = (perf_counter() - begun) * 1e3
                truth, name = None, str(index)
                if self._truth:
                    damaged = self.damaged > damaged_before
                    position = self._position(video_frame.pts, index, damaged=damaged)
                    truth = self._truth.of(position, name)
                time_s = clock.stamp(video_frame.time if stamped else None)
                yield Frame(image, index, captured_s, capture_ms, name, time_s, truth)
                index += 1
            self._add_notes(*converter.notes)
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

    def _add_notes(self, *notes: str) -> None:
        """Add notes with the file's name before them."""
        for note in filter(None, notes):
            self._note(f"{self.name}: {note}")

    def _decode(self, container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
        """Decode packet by packet, so that a damaged packet costs only itself.

        Frames that FFmpeg flags, since they lean on lost ones, are counted and left out.
        """
        packets, faults, check = container.demux(stream), 0, DamageCheck(stream)
        was_good = True
        while faults < MAX_READ_FAULTS:
            try:
                packet = next(packets)
            except (StopIteration, EOFError):
                self._add_notes(check.end_note)
                return
            except FFmpegError as fault:
                faults += 1
                self._note_damage(f"{self.name}: a part cannot be read ({fault.strerror})")
                packets = container.demux(stream)
                continue
            try:
                decoded = packet.decode()
            except EOFError:
                self._add_notes(check.end_note)
                return
            except FFmpegError as fault:
                at = _when(packet.pts, stream)
                self._note_damage(f"{self.name}: a frame {at} cannot be decoded ({fault.strerror})")
                continue
            cut = check.cut(packet)
            for video_frame in decoded:
                was_good, before = not (cut or video_frame.is_corrupt), was_good
                if was_good:
                    yield video_frame
                elif before:
                    at = _when(video_frame.pts, stream)
                    self._note_damage(f"{self.name}: damaged from the frame {at} on")
                else:
                    self.damaged += 1

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


def list_stamps(path: Path, stream_number: int | None = None) -> list[int | None]:
    """Return a video's time stamps without decoding, in the stream's unit. Raises SourceError."""
    try:
        with opened_video(path, stream_number) as (container, stream):
            packets = container.demux(stream)
            # The last, empty packet only flushes; discarded ones are outside of an edit list.
            return [packet.pts for packet in packets if packet.size and not packet.is_discard]
    except FFmpegError as fault:
        raise SourceError(
            f"{path.name} cannot be read to its end ({fault.strerror}), so its truth cannot "
            "be paired; leave out the truth"
        ) from None


def _when(pts: int | None, stream: VideoStream) -> str:
    """Return the place of a stamp in a stream as a player shows it, in seconds from its start."""
    if pts is None or stream.time_base is None:
        return "somewhere"
    return f"at {float((pts - (stream.start_time or 0)) * stream.time_base):.2f} s"
