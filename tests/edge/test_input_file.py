"""Pipes, devices, sockets and files of the kernel are refused before they are opened."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_app.errors import EdgeError, ModelError, SinkError, SourceError, UsageError
from edge_app.evaluate.dataset import parse_dataset
from edge_app.input_file import check_is_file, is_plain_file, own_json, read_limited
from edge_app.model.card import file_sha256, read_card
from edge_app.model.interpreter.runtimes import load_runtime
from edge_app.model.interpreter.sandbox import ensure_loadable
from edge_app.model.model_kinds import foreign_model
from edge_app.results.json_file import read_file
from edge_app.session.private_values import private_value
from edge_app.sinks.serve.tls import tls_context
from edge_app.sources.factory import open_source
from edge_app.sources.idx import LABELS, read_idx
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
    tries.append((SinkError, lambda: tls_context(path)))
    tries.append((ModelError, lambda: file_sha256(path)))
    tries.append((SourceError, lambda: read_idx(path, LABELS)))
    if kind == "kernel":  # a folder's images are files
        images = Path("images")
        images.mkdir()
        (images / "a.png").symlink_to(target)
        tries.append((SourceError, lambda: open_source(str(images))))
        tries.append((ModelError, lambda: ensure_loadable(path, load_runtime("auto"), None)))
    assert foreign_model(path) == ("", "")
    assert own_json(path) is None
    assert not is_plain_file(path)
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


@pytest.mark.timeout(60)
@pytest.mark.parametrize("content", ["[" * 200_000, '{"a": ', "\ud800", None])
def test_a_damaged_cache_counts_as_none(tmp_path: Path, content: str | None) -> None:
    """Nested too deeply, cut off, no text, or a pipe: it is written again."""
    path = tmp_path / "ran.json"
    if content is None:
        os.mkfifo(path)
    else:
        path.write_bytes(content.encode(errors="surrogatepass"))
    assert own_json(path) is None


HOMES: dict[str, tuple[type[EdgeError], Callable[[str], object]]] = {
    "source": (SourceError, open_source),
    "truth": (SourceError, open_truth),
    "folder": (SourceError, lambda path: parse_dataset(f"camvid:{path}")),
    "pair": (SourceError, lambda path: parse_dataset(f"idx:{path},{path}")),
    "variable": (
        UsageError,
        lambda path: private_value("EDGE_SOURCE", env={"EDGE_SOURCE_FILE": path}),
    ),
}


@pytest.mark.parametrize("kind", HOMES)
def test_the_home_of_nobody_is_refused(kind: str) -> None:
    """`~name` of a user who does not exist."""
    error, attempt = HOMES[kind]
    with pytest.raises(error, match="~nosuchuser is the home folder of nobody here; write the"):
        attempt("~nosuchuser/x.mp4")


def test_a_file_above_its_limit_is_not_read(tmp_path: Path) -> None:
    """A sparse file is refused by its size, a pipe once it has given too much."""
    path = tmp_path / "sparse"
    path.touch()
    os.truncate(path, 10**12)
    with pytest.raises(SourceError, match="too large"):
        read_limited(path, 100, SourceError("too large"))
    os.truncate(path, 100)
    assert read_limited(path, 100, SourceError("too large")) == bytes(100)
    reader, writer = os.pipe()
    try:
        os.write(writer, bytes(101))
        os.close(writer)
        with pytest.raises(SourceError, match="too large"):
            read_limited(Path(f"/dev/fd/{reader}"), 100, SourceError("too large"))
    finally:
        os.close(reader)
