"""What `host-tools fetch` downloads, unpacks, records and refuses."""

import gzip
import hashlib
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.progress import Progress

from edge_app.errors import EdgeError, SourceError
from edge_app.sources.idx import IMAGES, read_idx
from host_tools import cli
from host_tools.datasets import PARTS
from host_tools.fetch import fetch as fetching
from host_tools.fetch.fetch import DOWNLOADS, Download, RemoteFile, fetch
from tests.support.file_server import FileServer, served
from tests.support.made_archives import member, packed

pytest.importorskip("pooch", reason="needs the host extra: pip install -e '.[host]'")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    """Serve an archive with a graph."""
    with served(FileServer(archive(tmp_path, b"the graph"))) as state:
        yield state


def archive(folder: Path, graph: bytes) -> bytes:
    """Return a .tar.gz with a graph and a checkpoint."""
    return packed(
        folder, (member("net/graph.pb"), graph), (member("net/model.ckpt"), b"weights")
    ).read_bytes()


def download(server: FileServer, **known: str) -> Download:
    """Return a download of the archive, with nothing known of it but what is given."""
    files = (RemoteFile(server.url, "net.tar.gz", **known),)
    return Download(files, "free", "host-tools convert {path}", "graph.pb")


def test_the_wanted_file_is_unpacked(server: FileServer, tmp_path: Path, silent: Progress) -> None:
    """The wanted file is returned, and the archive stays beside it."""
    folder = tmp_path / "new" / "out"
    [one] = fetch(download(server), folder, silent)
    assert one.unpacked == folder / "net" / "graph.pb"
    assert one.unpacked.read_bytes() == b"the graph"
    assert one.path == folder / "net.tar.gz"
    assert {path.name for path in folder.iterdir()} == {"net", "net.tar.gz", "fetched.json"}


def test_the_first_sha256_is_recorded(server: FileServer, tmp_path: Path, silent: Progress) -> None:
    """Where none is published, another file of the same address is refused later."""
    folder = tmp_path / "out"
    [first] = fetch(download(server), folder, silent)
    record = json.loads((folder / "fetched.json").read_text())
    assert first.compared == "nothing"
    assert record["net.tar.gz"] == {
        "url": server.url,
        "bytes": len(server.body),
        "sha256": first.sha256,
    }
    (folder / "net.tar.gz").unlink()
    assert fetch(download(server), folder, silent)[0].compared == "recorded"
    (folder / "net.tar.gz").unlink()
    server.body = archive(tmp_path, b"another graph")
    with pytest.raises(SourceError, match="is not the known file"):
        fetch(download(server), folder, silent)
    assert (folder / "net" / "graph.pb").read_bytes() == b"the graph"


def test_a_published_sha256_is_checked(
    server: FileServer, tmp_path: Path, silent: Progress
) -> None:
    """Nothing is recorded if the checksum is published."""
    known = hashlib.sha256(server.body).hexdigest()
    assert fetch(download(server, sha256=known), tmp_path / "out", silent)[0].compared == (
        "published"
    )
    assert not (tmp_path / "out" / "fetched.json").exists()


def test_existing_files_are_checked_and_not_downloaded(
    server: FileServer, tmp_path: Path, silent: Progress
) -> None:
    """A second run needs no network, and notices a file that was changed."""
    folder = tmp_path / "out"
    fetch(download(server), folder, silent)
    (folder / "net" / "graph.pb").unlink()
    [one] = fetch(download(server), folder, silent)
    assert one.unpacked
    assert one.unpacked.read_bytes() == b"the graph"
    assert server.requests == 1
    (folder / "net.tar.gz").write_bytes(b"changed")
    with pytest.raises(SourceError, match=r"is not the known file.*move it away"):
        fetch(download(server), folder, silent)


def test_the_bar_shows_the_bytes(server: FileServer, tmp_path: Path) -> None:
    """The bar ends at the size of the file."""
    bars = Progress(disable=True)
    fetch(download(server), tmp_path / "out", bars)
    assert [(task.completed, task.total) for task in bars.tasks] == [(len(server.body),) * 2]


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "wrong bytes": ({"body": b"other"}, r"is not the known file: its SHA-256 is not 0000"),
    "cut off": (
        {"cut_after": 50},
        "cannot reach 127.0.0.1: the connection broke; try again, or put",
    ),
    "not found": ({"status": 404}, "404 Not Found; try another network, or put the file into"),
    "busy": ({"status": 503}, "503 Service Unavailable; try another"),
    "to a file": ({"redirect": "file:///etc/passwd"}, "cannot reach 127.0.0.1"),
    "too large": ({"body": bytes(2_000_000)}, "is larger than 1,000,000 bytes"),
    "too large, unknown size": (
        {"body": bytes(2_000_000), "length": False},
        "is larger than 1,000,000 bytes",
    ),
}


@pytest.mark.parametrize(("changes", "why"), FAULTS.values(), ids=FAULTS)
def test_a_download_error_is_one_line(
    server: FileServer,
    tmp_path: Path,
    silent: Progress,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    why: str,
) -> None:
    """The error says what to do, and no file is left in the folder."""
    monkeypatch.setattr(fetching, "MAX_DOWNLOAD_BYTES", 1_000_000)
    for name, value in changes.items():
        setattr(server, name, value)
    with pytest.raises(SourceError, match=why) as raised:
        fetch(download(server, sha256="0" * 64), tmp_path / "out", silent)
    assert "\n" not in str(raised.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_redirect_is_followed(server: FileServer, tmp_path: Path, silent: Progress) -> None:
    """Another address of the same kind is as good."""
    server.redirect = server.url.replace("/file", "/elsewhere")
    assert fetch(download(server), tmp_path / "out", silent)[0].unpacked


def test_a_redirect_must_stay_encrypted() -> None:
    """A redirect from https to http is refused; the other way is fine."""
    less_safe = SimpleNamespace(url="https://a.b/x", headers={"Location": "http://a.b/x"})
    safer = SimpleNamespace(url="http://a.b/x", headers={"Location": "https://a.b/x"})
    with pytest.raises(SourceError, match="which is not encrypted"):
        fetching._refuse_unencrypted(less_safe)
    fetching._refuse_unencrypted(safer)


def test_a_server_that_is_down(tmp_path: Path, silent: Progress) -> None:
    """Nobody listens at the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    files = (RemoteFile(f"http://127.0.0.1:{port}/x", "x"),)
    with pytest.raises(
        SourceError, match=r"there is no connection to it; check the network, or put x"
    ):
        fetch(Download(files, "", ""), tmp_path, silent)


def test_no_network(tmp_path: Path, silent: Progress, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host name that cannot be resolved is one line."""

    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    monkeypatch.setenv("no_proxy", "nowhere.invalid")
    files = (RemoteFile("http://nowhere.invalid/x", "x"),)
    with pytest.raises(SourceError, match=r"its name is not found.*offline.*https_proxy") as fault:
        fetch(Download(files, "", ""), tmp_path, silent)
    assert "\n" not in str(fault.value)
    assert "Max retries" not in str(fault.value)


def test_a_full_disk(
    server: FileServer, tmp_path: Path, silent: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed write is one line."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetching.DownloadBar, "update", fail)
    with pytest.raises(EdgeError, match=r"cannot write to .*: No space left on device; free some"):
        fetch(download(server), tmp_path / "out", silent)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_made(server: FileServer, tmp_path: Path, silent: Progress) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(EdgeError, match=r"cannot write to .*choose another folder with --out"):
        fetch(download(server), tmp_path / "taken", silent)


def test_a_sign_in_page_is_not_recorded(
    server: FileServer, tmp_path: Path, silent: Progress
) -> None:
    """A file that does not unpack is removed, so that the next run downloads it again."""
    server.body = b"<html>sign in</html>"
    with pytest.raises(SourceError, match="damaged"):
        fetch(download(server), tmp_path / "out", silent)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_archive_without_the_wanted_file(
    server: FileServer, tmp_path: Path, silent: Progress
) -> None:
    """The error has the missing name."""
    with pytest.raises(SourceError, match=r"holds no other\.pb; look for another release"):
        fetch(replace(download(server), wanted="other.pb"), tmp_path / "out", silent)


@pytest.mark.parametrize("content", ["{", "[]", '{"net.tar.gz": 1}'])
def test_a_damaged_record(
    server: FileServer, tmp_path: Path, silent: Progress, content: str
) -> None:
    """If the recorded checksums cannot be read, nothing is trusted in their place."""
    (tmp_path / "fetched.json").write_text(content)
    with pytest.raises(SourceError, match=r"fetched\.json, .*remove it to trust"):
        fetch(download(server), tmp_path, silent)


def test_every_download_is_safe_to_offer() -> None:
    """Addresses are encrypted, names plain, and checksums whole."""
    for one in DOWNLOADS.values():
        for remote in one.files:
            assert remote.url.startswith("https://")
            assert remote.url.endswith(f"/{remote.name}")
            assert len(remote.sha256 or "0" * 64) == 64


def test_the_digits_have_the_names_that_training_reads() -> None:
    """`fetch mnist` gives what `host-tools train mnist --data` reads."""
    fetched = {remote.name for remote in DOWNLOADS["mnist"].files}
    assert fetched == {f"{stem}.gz" for stems in PARTS.values() for stem in stems}


def test_the_command_prints_files_licence_and_next_step(
    server: FileServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Path, size, checksum, licence, and the next command."""
    monkeypatch.setitem(DOWNLOADS, "deeplab-cityscapes", download(server))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["fetch", "deeplab-cityscapes"]) == 0
    shown = capsys.readouterr().out
    assert f"deeplab-cityscapes/net.tar.gz: {len(server.body):,} bytes, no SHA-256 is" in shown
    assert "recorded in deeplab-cityscapes/fetched.json" in shown
    assert "licence: free" in shown
    assert "next: host-tools convert deeplab-cityscapes/net/graph.pb" in shown


def test_several_files_are_fetched_in_order(
    server: FileServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without an archive, the next command gets the folder."""
    server.body = gzip.compress(bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4]))
    names = ("images.gz", "more-images.gz")
    files = tuple(RemoteFile(server.url, name) for name in names)
    monkeypatch.setitem(DOWNLOADS, "mnist", Download(files, "free", "host-tools train {path}"))
    assert cli.main(["fetch", "mnist", "--out", str(tmp_path / "m")]) == 0
    assert f"next: host-tools train {tmp_path / 'm'}\n" in capsys.readouterr().out
    for name in names:
        assert read_idx(tmp_path / "m" / name, IMAGES).shape == (1, 2, 2)


def test_a_folder_in_the_way(server: FileServer, tmp_path: Path, silent: Progress) -> None:
    """A folder stands where a file should go."""
    (tmp_path / "out" / "net" / "graph.pb" / "x").mkdir(parents=True)
    with pytest.raises(EdgeError, match=r"cannot write to .*another folder with --out"):
        fetch(download(server), tmp_path / "out", silent)
