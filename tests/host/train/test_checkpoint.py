"""A checkpoint is complete at every moment, and other files are refused."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError, UsageError
from host_tools.train.checkpoint import (
    Checkpoint,
    check_same,
    checkpoint_path,
    read_checkpoint,
    write_checkpoint,
)
from host_tools.train.history import History

# Writes one checkpoint after the other, each with the epoch's number in every array.
_CHILD = """
import sys
from pathlib import Path
import numpy as np
from host_tools.train.checkpoint import Checkpoint, write_checkpoint
from host_tools.train.history import History
history = History({"seed": 0})
for epoch in range(1, 1_000_000):
    history = History(history.settings, ({"epoch": float(epoch)},))
    arrays = [np.full((256, 256), epoch, np.float32)] * 4
    write_checkpoint(Checkpoint(history, arrays, arrays), Path(sys.argv[1]))
"""


def _made() -> Checkpoint:
    history = History({"seed": 4}).and_then(epoch=1, loss=0.5)
    weights = [np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(3, np.float32)]
    return Checkpoint(history, weights, [np.asarray(7, np.int64), *weights])


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    """History and arrays have equal bits, in the same order and with the same types."""
    path = checkpoint_path(tmp_path / "digits.keras")
    write_checkpoint(_made(), path)
    again = read_checkpoint(path)
    assert path.name == "digits.checkpoint.npz"
    assert list(tmp_path.iterdir()) == [path]
    assert again.history == _made().history
    for kind in ("weights", "optimizer"):
        pairs = zip(getattr(again, kind), getattr(_made(), kind), strict=True)
        assert all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("delay_ms", [0, 3, 7, 13, 29, 53])
def test_sigkill_leaves_a_checkpoint_that_loads(tmp_path: Path, delay_ms: int) -> None:
    """Whenever the writer is killed, the file has one complete epoch."""
    path = tmp_path / "x.checkpoint.npz"
    child = subprocess.Popen([sys.executable, "-c", _CHILD, str(path)])
    try:
        deadline = time.monotonic() + 60
        while not path.exists():
            assert child.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.001)
        time.sleep(delay_ms / 1000)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    held = read_checkpoint(path)
    epoch = held.history.records[-1]["epoch"]
    assert all((array == epoch).all() for array in (*held.weights, *held.optimizer))
    write_checkpoint(_made(), path)  # a draft that was left behind is in nobody's way
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path: Path, share: float) -> None:
    """At any length, in one line."""
    path = tmp_path / "x.checkpoint.npz"
    write_checkpoint(_made(), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelError, match="damaged") as fault:
        read_checkpoint(path)
    assert "\n" not in str(fault.value)


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    """The archive has a checksum of every array."""
    path = tmp_path / "x.checkpoint.npz"
    write_checkpoint(_made(), path)
    content = bytearray(path.read_bytes())
    content[content.index(np.float32(5).tobytes())] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="damaged"):
        read_checkpoint(path)


@pytest.mark.parametrize("content", [b"GIF89a" * 30, b"\x93NUMPY\x01\x00"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """An image, and an array that is not in an archive."""
    path = tmp_path / "x.checkpoint.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="not a checkpoint, or damaged"):
        read_checkpoint(path)


def test_all_differing_settings_are_named() -> None:
    """Settings that one side lacks differ too; equal ones are not mentioned."""
    check_same({"seed": 1}, {"seed": 1}, Path("x"))
    with pytest.raises(UsageError, match="seed 1 there, 2 here; rate none there, 3 here") as fault:
        check_same({"seed": 1, "epochs": 5}, {"seed": 2, "epochs": 5, "rate": 3}, Path("x"))
    assert "epochs" not in str(fault.value)
