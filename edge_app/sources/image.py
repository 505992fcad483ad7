"""Image files as a source: one file, or a folder of them in natural order."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

import cv2
import numpy as np

from edge_app.errors import SourceError
from edge_app.frame import Frame, Image
from edge_app.input_file import check_is_file
from edge_app.model.interpreter.native_log import silenced_native_stderr
from edge_app.sources.file_kinds import (
    FOLDER_SUFFIXES,
    is_animated,
    is_gif,
    is_heif,
    is_sequence,
    is_webp,
    looks_whole,
)
from edge_app.sources.files import FileSource
from edge_app.sources.image_size import check_pixels
from edge_app.sources.pillow_images import decode_with_pillow
from edge_app.sources.size_limits import read_image_file
from edge_app.sources.source import Truth
from edge_app.style import count

# Folders of truth in the layouts of CamVid and Cityscapes; never a source of frames.
_TRUTH_FOLDER = re.compile(r"annot$|^gt[A-Z]")
# Deep enough for leftImg8bit/<split>/<city>, but not for a whole home folder.
_DEPTH = 2
_LISTED = 3  # names in a note


class ImageFiles(FileSource):
    """Image files, one by one; damaged ones are counted and skipped.

    names: of the files, for logs and for pairing with truth.
    skipped: names of files beside them, which are noted.
    Raises SourceError if the truth does not fit, or if no file can be decoded.
    """

    def __init__(
        self,
        name: str,
        paths: Sequence[Path],
        names: Sequence[str],
        *,
        truth: Truth | None = None,
        skipped: Sequence[str] = (),
    ) -> None:
        super().__init__(name, frame_count=len(paths), truth=truth, names=list(names))
        self._files = list(zip(paths, names, strict=True))
        if skipped:
            listed = ", ".join(skipped[:_LISTED]) + (" and more" if len(skipped) > _LISTED else "")
            self._note(f"skipped {count(len(skipped), 'file')} that may be no image: {listed}")

    def _frames(self) -> Iterator[Frame]:
        index, reason = 0, ""
        for position, (path, name) in enumerate(self._files):
            captured_s, begun = monotonic(), perf_counter()
            try:
                data = _bytes_of(path)
                image = decode_image(data, path.name)
            except SourceError as fault:
                reason = str(fault)
                self._note_damage(reason)
                continue
            capture_ms = (perf_counter() - begun) * 1e3
            if is_animated(data):
                self._note(
                    f"{path.name} is an animation, of which the first image is taken; give "
                    "the file itself to play it"
                )
            truth = self._truth.of(position, name) if self._truth else None
            yield Frame(image, index, captured_s, capture_ms, name, None, truth)
            index += 1
        if not index:
            several = f"none of the {len(self._files)} images in {self.name} can be decoded: "
            raise SourceError(f"{several if len(self._files) > 1 else ''}{reason}")


def find_images(folder: Path) -> list[Path]:
    """Return the images of a folder in natural order, or those of its sub-folders.

    Hidden files and other files are left out. Raises SourceError if there is no image.
    """
    with _readable():
        inner = folder / "leftImg8bit"
        images = _images_below(inner if inner.is_dir() else folder, _DEPTH)
        if images:
            return images
        others = [path.name for path in _in_order(_visible(folder)) if path.is_file()]
    hint = f"it has {', '.join(others[:3])}: name one of them" if others else "check the path"
    raise SourceError(f"there is no image in {folder} (.jpg, .png, .bmp, .tif, .webp); {hint}")


def skipped_files(images: Sequence[Path]) -> list[str]:
    """Return the names of the files that lie beside the images of a folder, and are none.

    Hidden ones are left out. Raises SourceError.
    """
    skipped: list[str] = []
    with _readable():
        for folder in dict.fromkeys(path.parent for path in images):
            # Sorted last: of many thousand files nearly all are images.
            beside = (p for p in _visible(folder) if p.suffix.lower() not in FOLDER_SUFFIXES)
            skipped += [path.name for path in _in_order(beside) if not path.is_dir()]
    return skipped


@contextmanager
def _readable() -> Iterator[None]:
    """Turn an OSError of a folder within a `with` block into a SourceError."""
    try:
        yield
    except OSError as fault:
        raise SourceError(
            f"{fault.filename} cannot be read ({fault.strerror}); check its permissions"
        ) from None


def _images_below(folder: Path, depth: int) -> list[Path]:
    entries = _in_order(_visible(folder))
    images = [path for path in entries if path.suffix.lower() in FOLDER_SUFFIXES and path.is_file()]
    for path in images:
        if path.is_symlink():  # nothing else in a folder leads to a file of the kernel
            check_is_file(path, SourceError)
    if images or not depth:
        return images
    below = (p for p in entries if p.is_dir() and not _TRUTH_FOLDER.search(p.name))
    return [image for path in below for image in _images_below(path, depth - 1)]


def _visible(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if not path.name.startswith("."))


def _in_order(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: natural_key(path.name))


def natural_key(name: str) -> tuple[list[str | float], str]:
    """Return a sort key that puts frame2 before frame10."""
    parts = re.split(r"(\d+)", name.lower())
    # Text and digits alternate, so the same position always has the same type.
    return [_value(part) if i % 2 else part for i, part in enumerate(parts)], name


def _value(digits: str) -> float:
    """Return a number in a name; Python refuses thousands of digits, as a tarball may have."""
    return int(digits) if len(digits) < 1_000 else math.inf


def read_image(path: Path) -> Image:
    """Return one image file: uint8 (H, W, 3) BGR, upright by its EXIF orientation.

    Gray is repeated, alpha dropped, 16 bits are reduced to 8. Raises SourceError.
    """
    return decode_image(_bytes_of(path), path.name)


def decode_image(data: bytes, name: str) -> Image:
    """Return the image in the bytes of a file as `read_image` does. Raises SourceError."""
    if is_heif(data) or is_sequence(data):
        from edge_app.sources.heif import decode_heif

        return decode_heif(data, name)
    check_pixels(data, name)
    image = _decode(data)
    if image is None:
        what = "is empty" if not data else "is damaged or not an image"
        raise SourceError(f"{name} {what}; open it in a viewer, or remove it")
    return image


def _bytes_of(path: Path) -> bytes:
    try:
        return read_image_file(path)
    except OSError as fault:
        raise SourceError(f"{path.name} cannot be read ({fault.strerror}); check it") from None


def _decode(data: bytes) -> Image | None:
    """Decode with OpenCV, or with Pillow if the file looks truncated.

    OpenCV is 1.4 (PNG) to 2 times (JPEG) as fast, but its libjpeg and libpng write to stderr,
    and older versions return half an image for half a file; Pillow raises.
    """
    try:
        if not looks_whole(data):
            return decode_with_pillow(data)
        if is_gif(data):  # OpenCV reads it from 4.11 on
            return decode_with_pillow(data)
        with quiet_opencv():
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        # OpenCV before 4.11, which is what a Pi with Bookworm gets, reads no animation.
        if image is None and is_webp(data):
            return decode_with_pillow(data)
    except (OSError, SyntaxError, ValueError, OverflowError, RuntimeError, cv2.error):
        return None
    return None if image is None else np.asarray(image, np.uint8)


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """Stop OpenCV from writing to stderr inside the block; errors have messages of our own.

    Its libjpeg and libpng write past its log to the process's own stream, which is closed for all
    threads meanwhile.
    """
    # OpenCV 5 has these two functions in a module of their own.
    module: Any = getattr(cv2.utils, "logging", cv2)
    level = module.getLogLevel()
    module.setLogLevel(0)
    try:
        with silenced_native_stderr():
            yield
    finally:
        module.setLogLevel(level)
