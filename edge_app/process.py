"""Settings of the whole process, made here only: memory, OpenCV's threads and the environment."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Mapping
from functools import cache

import cv2

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_MMAP_BYTES = 32 << 20  # the most that glibc accepts
_TRIM_BYTES = 256 << 20
_ARENAS = 2


def prepare_process(
    variables: Mapping[str, str] | None = None, *, remove: Iterable[str] = ()
) -> dict[str, str]:
    """Prepare this process for frames; set and remove environment variables, return the removed."""
    limit_arenas()
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
    return _set_malloc(_M_MMAP_THRESHOLD, _MMAP_BYTES) and _set_malloc(
        _M_TRIM_THRESHOLD, _TRIM_BYTES
    )


@cache
def limit_arenas() -> bool:
    """Make all threads of the C library allocate from two arenas; return whether it can.

    glibc gives threads arenas of their own, eight per core, and an arena keeps what its threads
    once needed. Each change of the source starts new threads, on arenas that happen to be free:
    twelve changes there and back grew a run from 250 to 534 MB. With two arenas it stays at 390
    MB, with one at 358, with four it grew to 465 and on.
    """
    return _set_malloc(_M_ARENA_MAX, _ARENAS)


def _set_malloc(parameter: int, value: int) -> bool:
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl, macOS and Windows have none
        return False
    return bool(mallopt(parameter, value))
