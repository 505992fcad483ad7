"""V4L2 devices and their formats, queried by the ioctls of linux/videodev2.h."""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge_app.board.facts import is_raspberry_pi

DEV = Path("/dev")
ROOT = Path("/")
_QUERYCAP, _ENUM_FMT, _ENUM_FRAMESIZES = 0x80685600, 0xC0405602, 0xC02C564A
_CAPABILITY, _FORMAT, _FRAME_SIZE = "16s32s32sIII12x", "III32sI16x", "III6I8x"
_CAPTURE, _CAPTURE_MPLANE, _META_CAPTURE = 0x1, 0x1000, 0x800000
_HAS_DEVICE_CAPS = 0x80000000
_MEMORY_TO_MEMORY = 0x4000 | 0x8000
_DISCRETE = 1
# Nodes of a Pi's own camera and of its image and video processors: they deliver raw Bayer data
# or take images, and only libcamera can use them.
CSI_DRIVERS = ("unicam", "rp1-cfe", "bcm2835-isp", "pispbe", "pisp_be", "bcm2835-codec", "rpi-hevc")
_MAX_ENTRIES = 64  # of a list; some drivers never end theirs


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """One pixel format of a device and its sizes, largest first."""

    fourcc: str
    sizes_wh: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Device:
    """A V4L2 node; `stable` is its link in /dev/v4l that survives replugging, if it has one."""

    path: str
    name: str
    driver: str
    bus: str
    captures: bool
    is_metadata: bool
    stable: str | None = None

    @property
    def is_csi(self) -> bool:
        """Whether it belongs to a Pi's own camera, which needs libcamera."""
        return self.driver.startswith(CSI_DRIVERS)


def on_a_pi(text: str) -> str:
    """Return advice on a Raspberry Pi's own camera, or an empty text on other machines."""
    return text if is_raspberry_pi(ROOT) else ""


def list_devices() -> list[Device]:
    """Return the V4L2 nodes that answer, by number."""
    nodes = sorted(DEV.glob("video*"), key=lambda node: (len(node.name), node.name))
    return [device for node in nodes if (device := query(str(node)))]


def cameras() -> list[Device]:
    """Return the devices that OpenCV can read images from."""
    return [device for device in list_devices() if device.captures and not device.is_csi]


def query(path: str) -> Device | None:
    """Return the description of a node; None if it is no V4L2 device or cannot be opened."""
    try:
        answer = _ioctl(path, _QUERYCAP, bytes(struct.calcsize(_CAPABILITY)))
    except OSError:
        return None
    driver, card, bus, _, every, own = struct.unpack(_CAPABILITY, answer)
    flags = own if every & _HAS_DEVICE_CAPS else every
    return Device(
        path,
        _text(card) or "camera",
        _text(driver),
        _text(bus),
        bool(flags & (_CAPTURE | _CAPTURE_MPLANE)) and not flags & _MEMORY_TO_MEMORY,
        bool(flags & _META_CAPTURE),
        _stable_name(path),
    )


def pixel_formats(path: str) -> list[PixelFormat]:
    """Return the formats and sizes of a node; empty if it does not list any."""
    found = []
    for answer in _listed(path, _ENUM_FMT, lambda i: struct.pack(_FORMAT, i, 1, 0, b"", 0)):
        code = struct.unpack(_FORMAT, answer)[4]
        fourcc = code.to_bytes(4, "little").decode("ascii", "replace").strip()
        found.append(PixelFormat(fourcc, _sizes(path, code)))
    return found


def _sizes(path: str, code: int) -> tuple[tuple[int, int], ...]:
    sizes = set()
    for answer in _listed(
        path, _ENUM_FRAMESIZES, lambda i: struct.pack(_FRAME_SIZE, i, code, *[0] * 7)
    ):
        kind, *numbers = struct.unpack(_FRAME_SIZE, answer)[2:]
        if kind != _DISCRETE:  # smallest, largest and step of the width, then of the height
            sizes.add((numbers[1], numbers[4]))
            break
        sizes.add((numbers[0], numbers[1]))
    return tuple(sorted(sizes, reverse=True))


def _listed(path: str, request: int, ask: Callable[[int], bytes]) -> Iterator[bytes]:
    for index in range(_MAX_ENTRIES):
        try:
            yield _ioctl(path, request, ask(index))
        except OSError:  # EINVAL ends the list
            return


def _ioctl(path: str, request: int, question: bytes) -> bytes:
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, "V4L2 is a part of Linux")
    import fcntl

    node = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        return fcntl.ioctl(node, request, question)
    finally:
        os.close(node)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _stable_name(path: str) -> str | None:
    """Return a link to a node by its camera's id, else by its place on the bus."""
    real = os.path.realpath(path)
    for folder in ("by-id", "by-path"):
        for link in sorted((DEV / "v4l" / folder).glob("*")):
            if os.path.realpath(link) == real:
                return str(link)
    return None
