"""One call prepares the process: its memory, OpenCV's threads and the environment."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from edge_app.process import keep_freed_memory, limit_arenas, prepare_process
from tests.support import media_files as made

# Two passes in a process of its own, as other tests leave the allocator in another state. The
# second pass tells the pages it took for each frame.
RUN = """
import resource, sys
from edge_app.process import prepare_process
from edge_app.sources.factory import open_source
prepare_process()
with open_source(sys.argv[1]) as source:
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for held in source:
            pass
        taken = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(taken / 20)
"""

# Eight threads that have memory at the same time; glibc's malloc_info (malloc.h) lists its arenas.
ARENAS = """
import ctypes, re, sys, threading
from edge_app.process import prepare_process
if sys.argv[2:]:
    prepare_process()
barrier = threading.Barrier(8)
def work():
    held = [bytearray(100_000) for _ in range(10)]
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
print(len(re.findall("<heap nr", open(sys.argv[1]).read())))
"""


def test_threads_share_two_arenas(tmp_path: Path) -> None:
    """Threads come and go with each source; each would keep what it once needed."""
    if not limit_arenas():
        pytest.skip("this C library has no arenas")

    def arenas(*prepared: str) -> int:
        command = [sys.executable, "-c", ARENAS, str(tmp_path / "info.xml"), *prepared]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert arenas() > 2
    assert arenas("prepared") <= 2


def test_a_frame_takes_no_fresh_pages(tmp_path: Path) -> None:
    """Once a pass has claimed its memory, a frame takes less than the 675 pages of an image."""
    if not keep_freed_memory():
        pytest.skip("this C library has no mallopt")
    path = made.write_video(tmp_path / "film.mp4", 20, size_wh=(1280, 720))
    command = [sys.executable, "-c", RUN, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 100


def test_opencv_leaves_the_cores_to_the_network() -> None:
    """OpenCV works in the calling thread only."""
    prepare_process()
    assert cv2.getNumThreads() == 1


def test_variables_are_set_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removed ones are returned, so that child processes do not inherit them."""
    monkeypatch.setenv("EDGE_TEST_OLD", "old")
    monkeypatch.setenv("EDGE_TEST_NEW", "")
    removed = prepare_process({"EDGE_TEST_NEW": "new"}, remove=("EDGE_TEST_OLD", "EDGE_TEST_NO"))
    assert removed == {"EDGE_TEST_OLD": "old"}
    assert os.environ["EDGE_TEST_NEW"] == "new"
    assert "EDGE_TEST_OLD" not in os.environ
