"""Opening a source from a text; files are recognised by their content, not by their name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from edge_app.errors import SourceError, UsageError
from edge_app.input_file import check_is_file, home_path, reachable
from edge_app.paths import is_shipped_model
from edge_app.sources.camera import CameraOptions
from edge_app.sources.capture_thread import CameraBackend
from edge_app.sources.files import FileSource
from edge_app.sources.live import LiveSource, RetryPolicy
from edge_app.sources.source import Source, Truth

_PICAMERA = re.compile(r"(?:picamera|csi):?(\d{0,2})", re.IGNORECASE)
_NODE = re.compile(r"\d{1,3}|/dev/(?:video|v4l/)\S*")
_VAGUE = re.compile(r"(?:camera|webcam|usb):?\d*", re.IGNORECASE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+]+://", re.IGNORECASE)
_CUT_ADDRESS = re.compile(r"(?:rtsps?|https?):", re.IGNORECASE)

_NO_STREAMS = "--video-stream needs a video file; leave it out"


def open_source(
    text: str,
    *,
    truth: Truth | None = None,
    loop: bool = False,
    max_frames: int | None = None,
    camera: CameraOptions | None = None,
    retry: RetryPolicy | None = None,
    video_stream: int | None = None,
) -> Source:
    """Open files, `synthetic[:WxH][@FPS]`, a camera or a network stream.

    Files are an image, a folder of images, a video or IDX digits; cameras are `picamera[:N]`,
    a number or /dev/video of that number, or /dev/v4l/by-id/...; streams rtsp:// and http://.

    loop: repeat files endlessly; indices and times continue to grow.
    max_frames: stop after so many. camera, retry: for cameras and streams only.
    video_stream: number of the stream of a video with several, from 0; None takes the largest.
    Raises SourceError if the source cannot be read or the truth does not fit, and UsageError for
    a `max_frames` below 1 and for `video_stream` with anything but a video.
    """
    if max_frames is not None and max_frames < 1:
        raise UsageError(f"{max_frames} frames cannot be shown; give 1 or more")
    opener = _live_opener(text, camera or CameraOptions(), retry or RetryPolicy())
    if opener is None:
        source = _open_files(text, truth, video_stream)
        if video_stream is not None and not source.has_streams:
            raise UsageError(_NO_STREAMS)
        source.limit(loop=loop, max_frames=max_frames)
        return source
    if video_stream is not None:
        raise UsageError(_NO_STREAMS)
    if truth:
        raise SourceError("live images have no truth; leave out --truth")
    return LiveSource(opener, retry, max_frames)


def _live_opener(
    text: str, camera: CameraOptions, retry: RetryPolicy
) -> Callable[[], CameraBackend] | None:
    """Return a function that opens the camera or stream of a text; None if it is neither."""
    path = home_path(text, SourceError)
    if _ADDRESS.match(text):
        from edge_app.sources.stream import SCHEMES, NetworkStream

        if text.partition(":")[0].lower() not in SCHEMES:
            raise SourceError(
                f"{text.partition(':')[0]}:// is not a supported protocol; "
                f"use one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}"
            )
        try:
            urlsplit(text)
        except ValueError as fault:  # its text may hold a password
            raise SourceError(
                f"the address is not valid ({fault}); write it as rtsp://user:password@host/path, "
                "with an IPv6 address in brackets"
            ) from None
        return lambda: NetworkStream(text, camera, retry.open_s, retry.read_s)
    if exists(path) and not path.is_char_device():
        return None
    if _CUT_ADDRESS.match(text):  # shown, it would show its password
        scheme = text.partition(":")[0]
        raise SourceError(f"the address has to begin with {scheme}://; write both slashes")
    if named := _PICAMERA.fullmatch(text):
        from edge_app.sources.picamera import PiCamera

        return lambda: PiCamera(int(named[1] or 0), camera, retry.read_s)
    if path.is_char_device() or _NODE.fullmatch(text):
        from edge_app.sources.v4l2 import UsbCamera, device_node

        node = device_node(text)
        return lambda: UsbCamera(node, camera)
    if _VAGUE.fullmatch(text):
        from edge_app.sources.devices import on_a_pi

        own = on_a_pi("`picamera` for the Pi's own, or ")
        raise SourceError(
            f"'{text}' may be any camera; give {own}/dev/video0 for one on USB "
            "(`edge-app cameras` lists them)"
        )
    return None


def _open_files(text: str, truth: Truth | None, video_stream: int | None) -> FileSource:
    """Return the source of frames that are drawn or in files."""
    # Modules are imported when they are needed: digits need neither PyAV nor Pillow.
    path = home_path(text, SourceError)
    if not exists(path):
        from edge_app.sources.synthetic import parse_synthetic

        synthetic = parse_synthetic(text)
        if synthetic is None:
            raise SourceError(_shipped_model(text) or missing(path))
        if truth:
            raise SourceError("synthetic frames have their own truth; leave out --truth")
        return synthetic
    if path.is_dir():
        from edge_app.sources.image import ImageFiles, find_images, skipped_files

        try:
            paths = find_images(path)
        except SourceError as fault:
            raise SourceError(_as_model(path) or str(fault)) from None
        names = [image.relative_to(path).as_posix() for image in paths]
        skipped = skipped_files(paths)
        return ImageFiles(path.resolve().name, paths, names, truth=truth, skipped=skipped)
    check_is_file(path, SourceError)
    if not path.is_file():
        raise SourceError(
            f"{path} is neither a file nor a folder; give a video file, a folder of images, an "
            "IDX file, a camera or 'synthetic'"
        )
    from edge_app.sources.file_kinds import ImageKind, image_kind

    try:
        kind = image_kind(path)
    except OSError as fault:
        raise SourceError(
            f"{path} cannot be read ({fault.strerror}); check its permissions"
        ) from None
    if kind is not ImageKind.STILL and (model := _as_model(path)):
        raise SourceError(model)
    from edge_app.sources.idx import IMAGES, IdxDigits, idx_magic

    magic = idx_magic(path)
    if magic == IMAGES:
        return IdxDigits(path, truth=truth)
    if magic is not None:
        raise SourceError(
            f"{path.name} has labels, not images; give it as --truth, and the images as source"
        )
    if kind is ImageKind.STILL:
        from edge_app.sources.image import ImageFiles

        return ImageFiles(path.name, [path], [path.name], truth=truth)
    if kind is ImageKind.ANIMATED_WEBP:
        from edge_app.sources.animation import AnimatedWebp

        return AnimatedWebp(path, truth=truth)
    from edge_app.sources.video import VideoFile

    return VideoFile(path, truth=truth, stream_number=video_stream)


def is_address(text: str) -> bool:
    """Return whether a text is an address on the network, also one without its slashes."""
    return bool(_ADDRESS.match(text) or _CUT_ADDRESS.match(text))


def _as_model(path: Path) -> str:
    """Return what to do with a model that was taken for a source; "" if it is none."""
    from edge_app.model.model_kinds import model_as_source

    return model_as_source(path)


def _shipped_model(text: str) -> str:
    """Return what to do with the name of a model that ships; "" if it is none."""
    if "/" not in text and is_shipped_model(text):
        return f"{text} is a model: --model {text}"
    return ""


def exists(path: Path) -> bool:
    """Return whether a path exists; raise SourceError if that cannot be found out."""
    with reachable(path, SourceError):
        return path.exists()


def missing(path: Path) -> str:
    """Return the message for a path that does not exist, with similar names."""
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder}; check the path"
    return f"there is no {path.name} in {folder}; {similar(path)}"


def similar(path: Path) -> str:
    """Return advice on a path that does not exist: similar names in its folder, if there are."""
    near: list[str] = []
    with suppress(OSError):
        near = difflib.get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()])
    return f"did you mean {' or '.join(near)}?" if near else "check the path"
