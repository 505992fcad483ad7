"""Processes that use a device are found in /proc."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge_app.sources import holders as holders_module
from edge_app.sources.holders import holder_message, holders


def test_another_process_is_named(tmp_path: Path) -> None:
    """A child that has the file open is found, also through a link; this process is left out."""
    node, link = tmp_path / "video0", tmp_path / "by-id"
    node.touch()
    link.symlink_to(node)
    code = "import sys; f = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with (
        node.open() as _mine,
        subprocess.Popen(
            [sys.executable, "-c", code, str(node)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child,
    ):
        assert child.stdout is not None
        child.stdout.readline()
        found = holders([str(link)])
        assert [holder.pid for holder in found] == [child.pid]
        assert f"(pid {child.pid}); close it" in holder_message([str(node)])
        child.communicate()
    assert holders([str(node)]) == []
    assert "sudo" in holder_message([str(node)])


def test_watchers_are_named_only_when_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PipeWire has all cameras open, so any other process is more likely to use one."""
    node = tmp_path / "video0"
    node.touch()
    for pid, name in ((11, "wireplumber"), (12, "zoom"), (os.getpid(), "python")):
        folder = tmp_path / "proc" / str(pid) / "fd"
        folder.mkdir(parents=True)
        (folder / "3").symlink_to(node)
        (folder.parent / "comm").write_text(name + "\n")
    (tmp_path / "proc" / "13").mkdir()  # of another user
    (tmp_path / "proc" / "self").mkdir()
    monkeypatch.setattr(holders_module, "PROC", tmp_path / "proc")
    assert [str(holder) for holder in holders([str(node)])] == ["zoom (pid 12)"]
    (tmp_path / "proc" / "12" / "fd" / "3").unlink()
    assert [str(holder) for holder in holders([str(node)])] == ["wireplumber (pid 11)"]
