"""Test what `host-tools fetch` leaves in a folder, and what it trusts."""

import gzip
import hashlib
import json
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.errors import SourceError
from edge_app.sources.idx import IMAGES, read_idx
from host_tools import cli, fetch
from host_tools.datasets import PARTS
from host_tools.download import Remote
from host_tools.fetch import OFFERS, Offer
from tests.support.file_server import Manners, served


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Manners]:
    """Serve an archive that holds a graph."""
    with served(Manners(body=archive(tmp_path, b"the graph"))) as manners:
        yield manners


def archive(folder: Path, graph: bytes) -> bytes:
    """Return a .tar.gz with a graph and a checkpoint."""
    path = folder / "made.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in (("graph.pb", graph), ("model.ckpt", b"weights")):
            (folder / name).write_bytes(content)
            tar.add(folder / name, f"net/{name}")
    return path.read_bytes()


def offer(server: Manners, **known: str) -> Offer:
    """Offer the archive, of which nothing is known but what is given."""
    return Offer(
        files=(Remote(server.url, "net.tar.gz", **known),),
        licence="free",
        then="host-tools convert {path}",
        wanted="graph.pb",
        most_bytes=10_000,
    )


def test_the_wanted_file_is_unpacked(server: Manners, tmp_path: Path) -> None:
    """The path of what one came for is returned, and the archive is kept beside it."""
    folder = tmp_path / "out"
    (one,), wanted = fetch.fetch(offer(server), folder)
    assert wanted == folder / "net" / "graph.pb"
    assert wanted.read_bytes() == b"the graph"
    assert one.path == folder / "net.tar.gz"


def test_what_nobody_published_is_trusted_once(server: Manners, tmp_path: Path) -> None:
    """The first SHA-256 is recorded; another file under the same address is refused later."""
    folder = tmp_path / "out"
    first = fetch.fetch(offer(server), folder)[0][0]
    record = json.loads((folder / "fetched.json").read_text())
    assert first.verdict == "recorded"
    assert record["net.tar.gz"]["sha256"] == first.sha256
    (folder / "net.tar.gz").unlink()
    assert fetch.fetch(offer(server), folder)[0][0].verdict == "as recorded"
    (folder / "net.tar.gz").unlink()
    server.body = archive(tmp_path, b"another graph")
    with pytest.raises(SourceError, match="did not give the known file"):
        fetch.fetch(offer(server), folder)
    assert (folder / "net" / "graph.pb").read_bytes() == b"the graph"


def test_a_published_sha256_is_verified(server: Manners, tmp_path: Path) -> None:
    """Nothing is recorded where the right bytes are known."""
    known = hashlib.sha256(server.body).hexdigest()
    assert fetch.fetch(offer(server, sha256=known), tmp_path / "out")[0][0].verdict == "verified"
    assert not (tmp_path / "out" / "fetched.json").exists()


def test_what_is_there_is_checked_and_not_fetched(server: Manners, tmp_path: Path) -> None:
    """A second run asks nobody, and notices a file that was changed."""
    folder = tmp_path / "out"
    fetch.fetch(offer(server), folder)
    server.asked.clear()
    (folder / "net" / "graph.pb").unlink()
    _, wanted = fetch.fetch(offer(server), folder)
    assert wanted.read_bytes() == b"the graph"
    assert server.asked == []
    (folder / "net.tar.gz").write_bytes(b"changed")
    with pytest.raises(SourceError, match=r"is not the file it should be .*move it away"):
        fetch.fetch(offer(server), folder)


def test_a_sign_in_page_is_not_trusted(server: Manners, tmp_path: Path) -> None:
    """What does not unpack is removed and never recorded, so that the next run begins anew."""
    server.body = b"<html>sign in</html>"
    with pytest.raises(SourceError, match="damaged"):
        fetch.fetch(offer(server), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_archive_without_the_file_is_told(server: Manners, tmp_path: Path) -> None:
    """The name that is missing is named."""
    with pytest.raises(SourceError, match=r"holds no other\.pb; look for another release"):
        fetch.fetch(replace(offer(server), wanted="other.pb"), tmp_path / "out")


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_damaged_record_is_told(server: Manners, tmp_path: Path, content: str) -> None:
    """What was trusted cannot be read, so nothing is trusted in its place."""
    (tmp_path / "fetched.json").write_text(content)
    with pytest.raises(SourceError, match=r"fetched\.json, .*remove it to trust"):
        fetch.fetch(offer(server), tmp_path)


def test_every_offer_is_safe_to_ask_for() -> None:
    """Addresses are encrypted, names plain, bounds set; what is pinned is pinned whole."""
    for offered in OFFERS.values():
        for remote in offered.files:
            assert remote.url.startswith("https://")
            assert remote.url.endswith(f"/{remote.name}")
            assert (remote.sha256 is None) == (remote.size is None)
            assert len(remote.sha256 or "0" * 64) == 64
            assert (remote.size or remote.limit) <= 100_000_000
        assert bool(offered.wanted) == bool(offered.most_bytes)


def test_the_digits_have_the_names_that_training_looks_for() -> None:
    """What fetch leaves is what `host-tools train mnist --data` reads."""
    fetched = {remote.name for remote in OFFERS["mnist"].files}
    assert fetched == {f"{stem}.gz" for stems in PARTS.values() for stem in stems}


def test_the_command_says_what_came_and_what_is_next(
    server: Manners,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Path, size, what the trust rests on, licence, and the next command."""
    monkeypatch.setitem(OFFERS, "deeplab-cityscapes", offer(server))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["fetch", "deeplab-cityscapes"]) == 0
    shown = capsys.readouterr().out
    assert f"deeplab-cityscapes/net.tar.gz: {len(server.body):,} bytes, trusted, since" in shown
    assert "recorded in deeplab-cityscapes/fetched.json" in shown
    assert "licence: free" in shown
    assert "next: host-tools convert deeplab-cityscapes/net/graph.pb" in shown


def test_several_files_come_one_after_the_other(
    server: Manners,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An offer without an archive ends with its folder."""
    server.body = gzip.compress(bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4]))
    names = ("images.gz", "more-images.gz")
    files = tuple(Remote(server.url, name, len(server.body)) for name in names)
    monkeypatch.setitem(OFFERS, "mnist", Offer(files, "free", "host-tools train --data {path}"))
    assert cli.main(["fetch", "mnist", "--out", str(tmp_path / "m")]) == 0
    assert f"train --data {tmp_path / 'm'}\n" in capsys.readouterr().out
    for name in names:
        assert read_idx(tmp_path / "m" / name, IMAGES).shape == (1, 2, 2)


def test_ctrl_c_says_how_to_go_on(
    server: Manners, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is the shell's, and the same command goes on."""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "fetch", stop)
    assert cli.main(["fetch", "mnist"]) == 130
    assert "kept in mnist: run the same command to go on" in capsys.readouterr().out
