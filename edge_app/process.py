"""Settings of the whole process, made here only: memory, OpenCV's threads and the environment."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Mapping
from functools import cache

import cv2

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_MMAP_BYTES = 32 << 20  # the most that glibc accepts
_TRIM_BYTES = 256 << 20


def prepare_process(
    variables: Mapping[str, str] | None = None, *, remove: Iterable[str] = ()
) -> dict[str, str]:
    """Prepare this process for frames; set and remove environment variables, return the removed."""
    keep_freed_memory()
    # The network's threads own the cores: OpenCV's own add a third to the CPU of a frame
    # (3.8 against 5.3 ms at 1280x720 on two cores) and take it from the network.
    cv2.setNumThreads(1)
    removed = {name: os.environ.pop(name) for name in remove if name in os.environ}
    os.environ.update(variables or {})
    return removed


@cache
def keep_freed_memory() -> bool:
    """Make the C library reuse the memory of freed frames; return whether it can.

    An image of 1280x720 is 2.7 MB, which glibc may map for each frame and unmap after it. With a
    reader that holds the last frame that was 470 page faults and 1.5 ms of CPU a frame here, with
    one in another thread 110 and 0.3 ms; with this, none, and the same peak of memory. It holds
    for the whole process, so tensors and canvases gain as well.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl, macOS and Windows have none
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES) and mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES))
