"""Frames are made in memory that the process keeps."""

import subprocess
import sys
from pathlib import Path

import pytest

from edge_app.sources.memory import keep_freed_memory
from tests.support import media_files as made

# Two passes in a process of its own, as other tests leave the allocator in another state. The
# second pass tells the pages it took for each frame.
RUN = """
import resource, sys
from edge_app.sources.factory import open_source
with open_source(sys.argv[1]) as source:
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for held in source:
            pass
        taken = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(taken / 20)
"""


def test_a_frame_takes_no_fresh_pages(tmp_path: Path) -> None:
    """Once a pass has claimed its memory, a frame takes less than the 675 pages of a picture."""
    if not keep_freed_memory():
        pytest.skip("this C library has no mallopt")
    path = made.write_video(tmp_path / "film.mp4", 20, size_wh=(1280, 720))
    command = [sys.executable, "-c", RUN, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 100
