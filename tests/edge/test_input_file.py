"""Pipes, devices, sockets and files of the kernel are refused before they are opened."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from edge_app.errors import EdgeError, ModelError, SourceError
from edge_app.input_file import check_is_file
from edge_app.model.card import read_card
from edge_app.results.json_file import read_file
from edge_app.sources.factory import open_source
from edge_app.sources.truth import open_truth


def special(folder: Path, kind: str) -> Path:
    """Return the path of something that can be opened, and read for ever."""
    path = folder / "special"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
    else:
        path.symlink_to({"device": "/dev/zero", "kernel": "/proc/kmsg"}[kind])
    return path


KINDS = {"pipe": "a pipe", "socket": "a socket", "device": "a device", "kernel": "made by the kern"}


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_what_is_no_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    """As a source, truth, card, class map of a folder, and result: nothing waits for it."""
    if kind == "kernel" and not Path("/proc/kmsg").exists():
        pytest.skip("there is no /proc/kmsg here")
    monkeypatch.chdir(tmp_path)  # the path of a socket has to be short
    path = special(Path(), kind)
    tries: list[tuple[type[EdgeError], object]] = [(SourceError, lambda: open_truth(path))]
    if kind != "device":  # it may be a camera
        tries.append((SourceError, lambda: open_source(str(path))))
    tries.append((SourceError, lambda: read_file(path, bytes, "a result", "give one")))
    card = Path("model")
    card.mkdir()
    target = path.readlink() if path.is_symlink() else path.resolve()
    (card / "model.json").symlink_to(target)
    tries.append((ModelError, lambda: read_card(card)))
    maps = Path("testannot")
    maps.mkdir()
    (maps / "0.png").symlink_to(target)
    tries.append((SourceError, lambda: open_truth(maps)))
    for error, attempt in tries:
        assert callable(attempt)
        with pytest.raises(error, match=f" is {name}"):
            attempt()


def test_files_folders_and_what_is_missing_pass(tmp_path: Path) -> None:
    """Those that cannot be read say so themselves."""
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("file", ".", "none", "loop", "x" * 300):
        check_is_file(tmp_path / name, SourceError)


def test_a_pipe_of_the_shell_is_read() -> None:
    """`edge-app compare <(zcat a.json.gz) b.json` names /dev/fd/N."""
    reader, writer = os.pipe()
    try:
        os.write(writer, b"{}")
        os.close(writer)
        assert read_file(Path(f"/dev/fd/{reader}"), bytes, "a result", "give one") == b"{}"
        with pytest.raises(SourceError, match="is a pipe"):
            check_is_file(Path(f"/dev/fd/{reader}"), SourceError)
    finally:
        os.close(reader)
