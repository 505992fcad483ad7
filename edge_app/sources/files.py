"""What all sources of files have in common: attributes, notes, repetition and end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, takewhile

from edge_app.closeable import Closeable
from edge_app.errors import SourceError
from edge_app.frame import Frame
from edge_app.sources.source import Truth
from edge_app.state import CLOSED, RUNNING, State
from edge_app.timing import FALLBACK_HZ

# A long file that is damaged everywhere must not fill the log or the memory.
MAX_NOTES = 100


class FileSource(Closeable):
    """Base class of the sources of files; a subclass adds `_frames`, one pass over the files.

    A pass opens and closes its files itself, in the thread that reads it: `close` from another
    thread ends the iteration without closing a decoder that is in use.

    names: of the frames, for pairing with truth; None if they have none of their own.
    Raises SourceError if the truth does not fit.
    """

    live = False
    has_streams = False  # of which one can be chosen

    def __init__(
        self,
        name: str,
        *,
        rate_hz: float | None = None,
        frame_count: int | None = None,
        has_clock: bool = False,
        truth: Truth | None = None,
        names: list[str] | None = None,
    ) -> None:
        self.name = name
        self.rate_hz = rate_hz
        self.frame_count = frame_count
        self.has_clock = has_clock
        self.truth_labels = truth.labels if truth else None
        self._truth = truth
        self.damaged = 0
        self.notes: list[str] = []
        self.damage_notes: list[str] = []  # those of them that are about damage
        self._loop = False
        self._max_frames: int | None = None
        self._closed = False
        if truth:
            truth.check(frame_count, names)

    @property
    def state(self) -> State:
        """RUNNING until it is closed."""
        return CLOSED if self._closed else RUNNING

    def limit(self, *, loop: bool = False, max_frames: int | None = None) -> None:
        """Set whether the files repeat endlessly, and after how many frames to stop."""
        self._loop = loop
        self._max_frames = max_frames
        known = [n for n in (None if loop else self.frame_count, max_frames) if n is not None]
        self.frame_count = min(known, default=None)

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames from the first on; each call starts again. Raises SourceError."""
        if self._closed:
            raise SourceError(f"{self.name} was closed; open it again to read it")
        frames = self._forever() if self._loop else self._frames()
        open_frames = takewhile(lambda _: not self._closed, frames)
        return open_frames if self._max_frames is None else islice(open_frames, self._max_frames)

    def _frames(self) -> Iterator[Frame]:
        """Yield one pass over the files."""
        raise NotImplementedError

    def _forever(self) -> Iterator[Frame]:
        """Repeat the passes; indices and times continue to grow.

        Truth belongs to the position within a pass, so it stays right.
        """
        start, start_s = 0, 0.0
        while True:
            count, last_s = 0, start_s
            for frame in self._frames():
                time_s = None if frame.time_s is None else start_s + frame.time_s
                last_s = time_s if time_s is not None else last_s
                yield replace(frame, index=start + count, time_s=time_s)
                count += 1
            if not count:
                return
            # The last frame of a pass lasts as long as any frame.
            start, start_s = start + count, last_s + 1 / (self.rate_hz or FALLBACK_HZ)

    def _note_damage(self, note: str) -> None:
        """Count an image that cannot be decoded, and add the reason to the notes."""
        self.damaged += 1
        if self._note(note):
            self.damage_notes.append(note)

    def _note(self, note: str) -> bool:
        """Add a note, once; return whether it is new."""
        new = note not in self.notes and len(self.notes) < MAX_NOTES
        if new:
            self.notes.append(note)
        return new

    def close(self) -> None:
        """End every iteration; the source cannot be read any more."""
        self._closed = True
