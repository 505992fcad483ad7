"""Outputs are tried before the work starts, and the try leaves no trace."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

import pytest

from edge_app.atomic import write_atomic
from edge_app.cli import PROGRAM, main
from edge_app.errors import SinkError
from edge_app.output_place import check_outputs
from tests.support.output_locks import HELD, look_during, with_outputs

LONG = "n" * 256


def test_what_can_be_written_is_left_alone(tmp_path: Path) -> None:
    """No folder is made, and an existing file keeps its bytes and its time."""
    old = tmp_path / "old.json"
    old.write_text("precious")
    before = old.stat().st_mtime_ns
    check_outputs(
        files=[None, old, tmp_path / "new" / "folder" / "a.json", Path("here.json")],
        folders=[None, tmp_path, tmp_path / "new" / "folder"],
    )
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]
    assert (old.read_text(), old.stat().st_mtime_ns) == ("precious", before)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "it is a folder; give the name of a file"),
        ("file/a.json", "something above it is a file; choose another folder"),
        ("file/deep/a.json", "something above it is a file; choose another folder"),
        (LONG, "the name is too long; choose a shorter one"),
        (f"{LONG}/a.json", "the name is too long; choose a shorter one"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused(name: str, message: str, tmp_path: Path) -> None:
    """In one line, with what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match=message):
        check_outputs(files=[tmp_path / name])


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """Also if it is further up."""
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="written: it is a file; choose another folder"):
        check_outputs(folders=[tmp_path / "file"])
    with pytest.raises(SinkError, match="something above it is a file; choose another folder"):
        check_outputs(folders=[tmp_path / "file" / "below"])


def test_no_folder_is_made_in_the_root() -> None:
    """A mistyped path is more likely than a wish for a folder beside /usr."""
    for files, folders in (([Path("/nosuch/x.json")], []), ([], [Path("/nosuch/deep")])):
        with pytest.raises(
            SinkError, match=r"no folder /nosuch; create it, or choose another one$"
        ):
            check_outputs(files, folders)
    with pytest.raises(SinkError, match="it is a folder"):
        check_outputs(files=[Path("/")])


@pytest.mark.skipif(sys.platform != "linux", reason="/proc takes no files, not even root's")
def test_a_place_that_takes_no_file_is_refused() -> None:
    """Permissions alone do not say whether a file can be made."""
    with pytest.raises(SinkError, match="choose another folder"):
        check_outputs(files=[Path("/proc/a.json")])


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    """As a user without privileges, in a process of its own."""
    tmp_path.chmod(0o755)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from edge_app.output_place import check_outputs\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "else: os.chmod(sys.argv[1], 0o500)\n"
        "check_outputs(files=[Path(sys.argv[1]) / 'a.json'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "you may not write there; fix the permissions" in done.stderr


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no /dev/stdout")
def test_devices_and_pipes_get_the_bytes_themselves(tmp_path: Path) -> None:
    """A draft beside /dev/stdout, renamed, would replace it."""
    code = (
        "import sys; from pathlib import Path; from edge_app.atomic import write_atomic\n"
        "from edge_app.output_place import check_outputs\n"
        "check_outputs(files=[Path('/dev/stdout')]); write_atomic(Path('/dev/stdout'), 'result')"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert done.stdout == b"result"
    full = tmp_path / "full.json"
    full.symlink_to("/dev/full")
    with pytest.raises(SinkError, match="the disk is full"):
        write_atomic(full, "result", error=SinkError)
    assert full.is_symlink()


def test_one_name_for_two_outputs_is_refused(tmp_path: Path) -> None:
    """One would overwrite the other, by whatever way its name is written."""
    (tmp_path / "link.json").symlink_to("a.json")
    first = tmp_path / "a.json"
    for other in (first, tmp_path / "b" / ".." / "a.json", tmp_path / "link.json"):
        with pytest.raises(SinkError, match="is named twice as an output; give each a name of its"):
            check_outputs(files=[first, other])
        with pytest.raises(SinkError, match="is named twice"):
            check_outputs(files=[first], folders=[other])


def test_a_full_disk_is_reported_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty file fits on it, so some bytes are tried."""

    def full_disk(**_: object) -> BinaryIO:
        return Path("/dev/full").open("wb", buffering=0)

    monkeypatch.setattr(tempfile, "TemporaryFile", full_disk)
    for files, folders in (([tmp_path / "a.json"], []), ([], [tmp_path / "new"])):
        with pytest.raises(SinkError, match="cannot be written: the disk is full; free some space"):
            check_outputs(files, folders)


# By command: the words of one, and what it calls while it works.
WRITING = {
    "bench": ("--model mnist --json {out}.json", "edge_app.commands.bench.read_model"),
    "demo": ("--model mnist --out {out}", "edge_app.session.demo_output.print_beginning"),
    "evaluate": ("--dataset idx:a,b --out {out}", "edge_app.commands.evaluate.read_model"),
    "models": ("init net.tflite --out {out}", "edge_app.model.init_card.infer_card"),
    "merge": ("a b --out {out}", "edge_app.results.evaluation_result.read_evaluation"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="the locks are those of POSIX")
@pytest.mark.parametrize("command", WRITING)
def test_a_command_holds_its_output(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A second one on the same output is refused, and in the end no lock is left."""
    words, target = WRITING[command]
    line = [command, *words.format(out=tmp_path / "out").split()]
    is_file = ".json" in words
    look_during(
        target, tmp_path / ("out.json" if is_file else "out"), monkeypatch, folder=not is_file
    )
    assert main(line) == 1
    assert HELD in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_every_command_with_an_output_is_among_them() -> None:
    """`run`, whose outputs are locked where they are opened, has tests of its own."""
    assert with_outputs(PROGRAM) == {"run", *WRITING}
