"""Choose the source for what a user wrote, by what the file is and not by its name."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from edge_app.errors import SourceError
from edge_app.sources.base import Source, Truth
from edge_app.sources.camera import CameraOptions
from edge_app.sources.files import FileSource

_CAMERA = re.compile(r"\d+|/dev/video\S*|(picamera|camera|csi|usb)\d?(:.*)?", re.IGNORECASE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+]+://", re.IGNORECASE)
# How image files begin; GIF is left to the video reader, because most of them move.
_IMAGE_MAGIC = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|BM|II\*\0|MM\0\*|RIFF....WEBP|P[1-7][\s#]", re.DOTALL
)


def open_source(
    text: str,
    *,
    truth: Truth | None = None,
    loop: bool = False,
    max_frames: int | None = None,
    camera: CameraOptions | None = None,  # noqa: ARG001 - cameras are refused so far
) -> Source:
    """Open an image, a folder of images, a video, IDX digits or `synthetic[:WxH][@FPS]`.

    loop: repeat for ever; positions and times go on growing.
    max_frames: stop after so many.
    camera: what is asked of a camera; files have no use for it.
    Raises SourceError where that cannot be read or the truth does not fit, and UsageError for
    a `max_frames` below 1.
    """
    source = _choose(text, truth)
    source.limit(loop=loop, max_frames=max_frames)
    return source


def _choose(text: str, truth: Truth | None) -> FileSource:
    # Rooms are imported when they are needed: digits need neither PyAV nor Pillow.
    from edge_app.sources.synthetic import parse_synthetic

    path = Path(text).expanduser()
    if not exists(path):
        synthetic = parse_synthetic(text)
        if synthetic and truth:
            raise SourceError("synthetic frames bring their own truth; leave out --truth")
        if synthetic:
            return synthetic
    _refuse_what_is_no_file(text, path)
    if path.is_dir():
        return _open_folder(path, truth)
    from edge_app.sources.idx import IMAGES, IdxDigits, idx_magic

    magic = idx_magic(path)
    if magic == IMAGES:
        return IdxDigits(path, truth=truth)
    if magic is not None:
        raise SourceError(
            f"{path.name} holds labels, not images; give it as --truth, and the images as source"
        )
    from edge_app.sources.image import SUFFIXES, ImageFiles

    with path.open("rb") as file:
        begins_as_image = _IMAGE_MAGIC.match(file.read(16))
    if begins_as_image or path.suffix.lower() in SUFFIXES:
        return ImageFiles(path.name, [path], [path.name], truth=truth)
    from edge_app.sources.video import VideoFile

    return VideoFile(path, truth=truth)


def _open_folder(folder: Path, truth: Truth | None) -> FileSource:
    from edge_app.sources.image import ImageFiles, find_images

    paths = find_images(folder)
    names = [path.relative_to(folder).as_posix() for path in paths]
    return ImageFiles(folder.resolve().name, paths, names, truth=truth)


def _refuse_what_is_no_file(text: str, path: Path) -> None:
    """Raise SourceError for cameras, addresses, missing paths and unreadable files."""
    what = "a video file, a folder of images, an IDX file or 'synthetic'"
    is_camera = path.is_char_device() or (_CAMERA.fullmatch(text) and not path.exists())
    if is_camera:
        raise SourceError(f"cameras are not supported yet; give {what}")
    if _ADDRESS.match(text):
        raise SourceError(f"network streams are not supported; give {what}")
    if not path.exists():
        raise SourceError(missing(path))
    if not (path.is_file() or path.is_dir()):
        raise SourceError(f"{path} is neither a file nor a folder; give {what}")
    try:
        if path.is_file():
            path.open("rb").close()
    except OSError as fault:
        raise SourceError(
            f"{path} cannot be read ({fault.strerror}); check its permissions"
        ) from None


def exists(path: Path) -> bool:
    """Tell whether a path exists; raise SourceError where that cannot even be looked up."""
    try:
        return path.exists()
    except OSError as fault:  # a folder above it is closed to this user, or the name too long
        raise SourceError(f"{path} cannot be reached ({fault.strerror}); check the path") from None


def missing(path: Path) -> str:
    """Word the error for a path that does not exist, with names that are near to it."""
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder}; check the path"
    try:
        near = difflib.get_close_matches(path.name, [entry.name for entry in folder.iterdir()])
    except OSError:
        near = []
    advice = f"did you mean {' or '.join(near)}?" if near else "check the path"
    return f"there is no {path.name} in {folder}; {advice}"
