"""Keep freed memory for the next frame instead of giving it back to the system."""

from __future__ import annotations

import ctypes
from functools import cache

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_MMAP_BYTES = 32 << 20  # the most that glibc accepts
_TRIM_BYTES = 256 << 20


@cache
def keep_freed_memory() -> bool:
    """Ask the C library once not to hand back what a frame leaves; tell whether it can.

    A picture of 1280x720 is 2.7 MB, which glibc may map afresh for each frame and unmap after
    it. With a reader that holds the last frame that was 470 page faults and 1.5 ms of CPU a
    frame here, with one in another thread 110 and 0.3 ms; with this, none, and the same peak
    of memory. It holds for the whole process, so tensors and canvases gain as well.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl, macOS and Windows have none
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES) and mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES))
