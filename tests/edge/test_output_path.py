"""An output goes where its path leads, and devices and pipes that would hold it are refused."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_app.atomic import write_atomic
from edge_app.errors import SinkError
from edge_app.output_path import keep_other_names, real_path, without_detours
from edge_app.output_place import check_outputs
from edge_app.sinks.recorder import check_recording_path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")


@pytest.mark.parametrize("check", [lambda path: check_outputs([path]), check_recording_path])
def test_a_named_pipe_is_refused_without_opening_it(
    check: Callable[[Path], None], tmp_path: Path
) -> None:
    """Nobody reads it: opening it would wait for ever."""
    pipe = tmp_path / "a.mp4"
    os.mkfifo(pipe)
    with pytest.raises(SinkError, match="it is a pipe; give the name of a file"):
        check(pipe)


def test_pipes_of_the_shell_and_the_null_device_take_results() -> None:
    """`--json >(gzip)` is a pipe that is open already; one device may be named twice."""
    reader, writer = os.pipe()
    check_outputs(files=[Path(f"/dev/fd/{writer}"), Path("/dev/null"), Path("/dev/null")])
    os.close(reader)
    os.close(writer)


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    """Before the first frame."""
    loop = tmp_path / "loop.mp4"
    loop.symlink_to(loop)
    for check in (check_recording_path, lambda path: check_outputs(files=[path])):
        for path in (loop, loop / "a.mp4"):
            with pytest.raises(SinkError, match="a link that leads to itself; remove it"):
                check(path)


def test_a_link_into_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """One to a missing file in a folder that exists is written through."""
    (tmp_path / "away.mp4").symlink_to(tmp_path / "unmounted" / "a.mp4")
    with pytest.raises(SinkError, match=r"links into .*unmounted, which does not exist; create"):
        check_recording_path(tmp_path / "away.mp4")
    (tmp_path / "near.mp4").symlink_to("a.mp4")
    check_recording_path(tmp_path / "near.mp4")
    write_atomic(tmp_path / "near.mp4", "film")
    assert (tmp_path / "a.mp4").read_text() == "film"


def test_a_result_replaces_what_a_link_leads_to(tmp_path: Path) -> None:
    """The link stays, and so does nothing else beside it."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.png").write_text("old")
    (tmp_path / "link.png").symlink_to("real/a.png")
    write_atomic(tmp_path / "link.png", "new")
    assert (tmp_path / "link.png").is_symlink()
    assert (tmp_path / "real" / "a.png").read_text() == "new"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.png", "link.png", "real"]


def test_a_detour_makes_no_folder(tmp_path: Path) -> None:
    """`a/../b/c.png` is `b/c.png`, whether or not there is an `a`."""
    write_atomic(tmp_path / "a" / ".." / "b" / "c.png", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert without_detours(Path("b/c.png")) == Path("b/c.png")
    assert real_path(tmp_path / "a" / ".." / "b") == tmp_path.resolve() / "b"


def test_other_names_of_a_file_keep_what_they_had(tmp_path: Path) -> None:
    """A file with one name is left for its writer to overwrite."""
    (tmp_path / "one").write_text("one")
    keep_other_names(tmp_path / "one")
    assert (tmp_path / "one").exists()
    os.link(tmp_path / "one", tmp_path / "two")
    keep_other_names(tmp_path / "two")
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
