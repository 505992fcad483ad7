"""Read libcamera's virtual camera through the real picamera2, as a Pi's own would be.

Run by run_real_picamera2.sh inside its tree. What a Pi has and this machine has not is stood in
for: the memory of the kernel's heap by the script, two Python modules here.
"""

import sys
import time
from itertools import islice
from typing import Any
from unittest.mock import MagicMock

import cv2


def stand_in() -> None:
    """Make picamera2 importable without its console preview and raw-file dependencies."""
    for name in ("pykms", "pidng", "pidng.core", "pidng.camdefs"):
        sys.modules[name] = MagicMock()
    from picamera2 import Picamera2, allocators

    # Every Pi camera has raw modes; libcamera's virtual one refuses to be asked for them.
    Picamera2._get_raw_modes = lambda self: [{"format": "NV12", "size": (1280, 720)}]
    # picamera2's own buffers have one plane; the virtual camera asserts that NV12 has two.
    opens = Picamera2.__init__

    def opened(self: Any, *arguments: Any, **more: Any) -> None:
        opens(self, *arguments, **more)
        self.allocator = allocators.LibcameraAllocator(self.camera)

    Picamera2.__init__ = opened


def say(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def read(size_wh: tuple[int, int], count: int = 60) -> None:
    """Open the camera, read some frames, and tell what came."""
    from edge_app.sources.camera import CameraOptions
    from edge_app.sources.factory import open_source

    with open_source("picamera", camera=CameraOptions(size_wh=size_wh)) as source:
        say(f"{source.name}; notes: {source.notes}")
        frames = []
        for frame in islice(source, count):
            frames.append((frame.captured_s, time.monotonic() - frame.captured_s, frame.capture_ms))
        image = frame.image
    assert image.shape == (size_wh[1], size_wh[0], 3), image.shape
    assert image.flags.c_contiguous
    hz = (count - 1) / (frames[-1][0] - frames[0][0])
    ages = sorted(age for _, age, _ in frames)
    costs = sorted(cost for *_, cost in frames)
    say(
        f"  {count} frames of {image.shape} at {hz:.1f} Hz, "
        f"age p50 {ages[count // 2] * 1e3:.1f} ms, capture p50 {costs[count // 2]:.2f} ms, "
        f"mean colour {image.mean((0, 1)).round(1)}"
    )
    cv2.imwrite("/app/picture.png", image)


def main() -> None:
    """Read two sizes one after the other, and ask who is there."""
    stand_in()
    from edge_app.sources.picamera import print_cameras

    print_cameras()
    for size_wh in ((640, 480), (1280, 720), (1280, 720)):
        read(size_wh)
    say("opened, read and closed three times")


if __name__ == "__main__":
    main()
