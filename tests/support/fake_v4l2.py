"""A stand-in for the kernel's V4L2 ioctls and for OpenCV's reader of them."""

from __future__ import annotations

import errno
import os
import struct
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_app.sources import devices
from tests.support.fake_picamera2 import camera_image

CAPTURE, METADATA, STREAMING = 0x1, 0x800000, 0x4000000


@dataclass
class Node:
    """One /dev/videoN and how it behaves; tests change it while a source runs."""

    card: str = "HD Webcam"
    driver: str = "uvcvideo"
    bus: str = "usb-1.2"
    flags: int = CAPTURE
    sizes: tuple[tuple[int, int], ...] = ((1920, 1080), (1280, 720), (640, 480))
    rate_hz: float = 30.0
    delivers: bool = True
    damaged: int = 0  # images that cannot be decoded, from the next one on
    stamped: bool = True
    shape: tuple[int, ...] | None = None
    settable: bool = True


@dataclass
class Kernel:
    """Answer ioctls for the nodes in a folder that stands for /dev."""

    folder: Path
    nodes: dict[str, Node] = field(default_factory=dict)
    readers: list[FakeCapture] = field(default_factory=list)

    def plug(self, name: str, node: Node, by_id: str | None = None) -> Path:
        """Add a node, and a link to it that names the camera."""
        path = self.folder / name
        path.touch()
        self.nodes[str(path)] = node
        if by_id:
            link = self.folder / "v4l" / "by-id" / by_id
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(path)
        return path

    def unplug(self, name: str) -> None:
        """Take a node away."""
        (self.folder / name).unlink()
        del self.nodes[str(self.folder / name)]

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Take the place of the kernel and of OpenCV until the end of the test."""
        patch.setattr(devices, "DEV", self.folder)
        patch.setattr("fcntl.ioctl", self.ioctl)
        patch.setattr(cv2, "VideoCapture", self.open)
        patch.setattr(Path, "is_char_device", lambda path: self.find(str(path)) is not None)

    def find(self, path: str) -> Node | None:
        """Return the node behind a path or a link to it."""
        return self.nodes.get(os.path.realpath(path))

    def ioctl(self, descriptor: int, request: int, question: bytes) -> bytes:
        node = self.nodes.get(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        if node is None:
            raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")
        if request == 0x80685600:  # VIDIOC_QUERYCAP of linux/videodev2.h
            assert len(question) == 104
            every = CAPTURE | METADATA | STREAMING | 0x80000000
            texts = (text.encode() for text in (node.driver, node.card, node.bus))
            return struct.pack("16s32s32sIII12x", *texts, 0x60000, every, node.flags)
        if request == 0xC0405602:  # VIDIOC_ENUM_FMT
            index, kind = struct.unpack_from("II", question)
            assert (len(question), kind) == (64, 1)
            if index < 2 and node.flags & CAPTURE:
                code = int.from_bytes((b"MJPG", b"YUYV")[index], "little")
                return struct.pack("III32sI16x", index, 1, 0, b"a format", code)
        if request == 0xC02C564A:  # VIDIOC_ENUM_FRAMESIZES
            index, code = struct.unpack_from("II", question)
            assert len(question) == 44
            if code == int.from_bytes(b"YUYV", "little"):
                return struct.pack("III6I8x", index, code, 3, 16, 640, 16, 16, 480, 16)
            if index < len(node.sizes):
                return struct.pack("III6I8x", index, code, 1, *node.sizes[index], 0, 0, 0, 0)
        raise OSError(errno.EINVAL, "Invalid argument")

    def open(self, path: str, backend: int) -> FakeCapture:
        assert backend == cv2.CAP_V4L2
        capture = FakeCapture(self, path)
        self.readers.append(capture)
        return capture


class FakeCapture:
    """Do what cv2.VideoCapture does: tell failure by False, never by an exception."""

    def __init__(self, kernel: Kernel, path: str) -> None:
        self._kernel = kernel
        self._path = path
        self._open = kernel.find(path) is not None
        self.asked: list[tuple[int, float]] = []
        self.values: dict[int, float] = {
            cv2.CAP_PROP_FRAME_WIDTH: 640.0,
            cv2.CAP_PROP_FRAME_HEIGHT: 480.0,
            cv2.CAP_PROP_FOURCC: float(int.from_bytes(b"YUYV", "little")),
        }

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self._open

    def set(self, name: int, value: float) -> bool:
        self.asked.append((name, value))
        node = self._kernel.find(self._path)
        if node is None or not (node.settable or name in self.values):
            return False
        self.values[name] = float(value)
        return True

    def get(self, name: int) -> float:
        node = self._kernel.find(self._path)
        if node is None:
            return 0.0
        if name == cv2.CAP_PROP_POS_MSEC:
            return time.monotonic() * 1e3 - 20 if node.stamped else 0.0
        if name == cv2.CAP_PROP_FPS:
            return node.rate_hz
        if name in {cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT}:
            asked = self.values[cv2.CAP_PROP_FRAME_WIDTH], self.values[cv2.CAP_PROP_FRAME_HEIGHT]
            given = asked if asked in node.sizes else node.sizes[-1]
            return float(given[name == cv2.CAP_PROP_FRAME_HEIGHT])
        return self.values.get(name, 0.0)

    def grab(self) -> bool:
        time.sleep(0.002)
        node = self._kernel.find(self._path)
        return node is not None and node.delivers

    def retrieve(self) -> tuple[bool, Any]:
        node = self._kernel.find(self._path)
        if node is None or node.damaged:
            if node is not None:
                node.damaged -= 1
            return False, None
        if node.shape:
            return True, np.zeros(node.shape, np.uint8)
        width, height = (
            int(self.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        return True, camera_image((width, height))

    def release(self) -> None:
        self._open = False
