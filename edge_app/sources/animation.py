"""Animated WebP as a source; FFmpeg, which reads animated PNG, GIF and AVIF, cannot read it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from time import monotonic, perf_counter

from PIL import Image as PillowImage

from edge_app.errors import SourceError
from edge_app.frame import Frame
from edge_app.sources.file_kinds import webp_chunks
from edge_app.sources.files import FileSource
from edge_app.sources.image_size import check_pixels
from edge_app.sources.pillow_images import to_bgr_array
from edge_app.sources.size_limits import read_image_file
from edge_app.sources.source import Truth

# Browsers show what states 10 ms or less for 100 ms.
_SHORTEST_MS, _USUAL_MS = 11, 100


class AnimatedWebp(FileSource):
    """The frames of an animated WebP with their times.

    It ends early at a damaged frame, which is noted, since the others lean on it.
    Raises SourceError for a file without a frame, and for truth that does not fit.
    """

    def __init__(self, path: Path, *, truth: Truth | None = None) -> None:
        self._path = path
        data = read_image_file(path)
        check_pixels(data, path.name)
        durations_ms = frame_durations(data)
        if not durations_ms:
            raise SourceError(f"{path.name} has no frame; check that it was copied completely")
        self._starts_s = [0.0, *(ms / 1e3 for ms in accumulate(durations_ms))]
        super().__init__(
            path.name,
            rate_hz=len(durations_ms) / self._starts_s[-1],
            frame_count=len(durations_ms),
            has_clock=True,
            truth=truth,
        )

    def _frames(self) -> Iterator[Frame]:
        index, count = 0, len(self._starts_s) - 1
        try:
            with PillowImage.open(self._path) as opened:
                while index < count:
                    captured_s, begun = monotonic(), perf_counter()
                    opened.seek(index)
                    image = to_bgr_array(opened)
                    capture_ms = (perf_counter() - begun) * 1e3
                    name, time_s = str(index), self._starts_s[index]
                    truth = self._truth.of(index, name) if self._truth else None
                    yield Frame(image, index, captured_s, capture_ms, name, time_s, truth)
                    index += 1
        except (OSError, EOFError, SyntaxError, ValueError, RuntimeError, OverflowError):
            if not index:
                raise SourceError(
                    f"{self.name} has no frame that can be decoded; check that it plays"
                ) from None
            self._note_damage(f"{self.name}: damaged from frame {index} on")


def frame_durations(data: bytes) -> list[int]:
    """Return how long each frame of an animated WebP is shown, in milliseconds.

    Source of the layout: WebP container specification, chunk ANMF.
    """
    stated_ms = [
        int.from_bytes(data[at + 20 : at + 23], "little")
        for kind, at in webp_chunks(data)
        if kind == b"ANMF" and at + 24 <= len(data)
    ]
    return [ms if ms >= _SHORTEST_MS else _USUAL_MS for ms in stated_ms]
