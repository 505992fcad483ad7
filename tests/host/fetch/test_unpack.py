"""An archive from the network writes only plain files below its folder."""

import gzip
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_app.errors import SourceError
from host_tools.fetch import unpack as unpacking
from host_tools.fetch.unpack import unpack
from tests.support.made_archives import member, packed


def test_unpacking_gives_files_and_folders(tmp_path: Path) -> None:
    """Files get their contents and this machine's own permissions."""
    out = tmp_path / "out"
    out.mkdir()
    path = packed(
        tmp_path,
        (member("./", tarfile.DIRTYPE), b""),
        (member("net/", tarfile.DIRTYPE), b""),
        (member("net/graph.pb", mode=0o7777), b"graph"),
        (member("other/deep/er.txt"), b"text"),
    )
    paths = unpack(path, out)
    assert paths == [out / "net" / "graph.pb", out / "other" / "deep" / "er.txt"]
    assert [path.read_bytes() for path in paths] == [b"graph", b"text"]
    assert paths[0].stat().st_mode & 0o7111 == 0
    assert {path.name for path in out.iterdir()} == {"net", "other"}


def test_unpacking_again_replaces_the_files(tmp_path: Path) -> None:
    """A half file becomes whole; other files stay."""
    out = tmp_path / "out"
    (out / "net").mkdir(parents=True)
    (out / "net" / "graph.pb").write_bytes(b"half")
    (out / "net" / "mine.txt").write_bytes(b"mine")
    unpack(packed(tmp_path, (member("net/graph.pb"), b"graph")), out)
    assert (out / "net" / "graph.pb").read_bytes() == b"graph"
    assert (out / "net" / "mine.txt").read_bytes() == b"mine"


UNSAFE = {
    "absolute": ((member("/tmp/x"), b"x"), "'/tmp/x' would be written outside"),  # noqa: S108
    "up": ((member("../x"), b"x"), "'../x' would be written outside"),
    "up within": ((member("a/../../x"), b"x"), "would be written outside"),
    "symlink": ((member("x", tarfile.SYMTYPE, linkname="/etc"), b""), "'x' is neither a file nor"),
    "near symlink": ((member("x", tarfile.SYMTYPE, linkname="ok"), b""), "neither a file nor"),
    "hard link": ((member("x", tarfile.LNKTYPE, linkname="ok"), b""), "neither a file nor"),
    "device": ((member("x", tarfile.CHRTYPE, devmajor=1, devminor=3), b""), "neither a file nor"),
    "pipe": ((member("x", tarfile.FIFOTYPE), b""), "neither a file nor"),
}


@pytest.mark.parametrize(("bad", "why"), UNSAFE.values(), ids=UNSAFE)
def test_an_unsafe_archive_is_refused_whole(
    tmp_path: Path, bad: tuple[tarfile.TarInfo, bytes], why: str
) -> None:
    """With one bad member nothing is written, not even the good ones before it."""
    out = tmp_path / "in" / "out"
    out.mkdir(parents=True)
    path = packed(tmp_path, (member("ok"), b"ok"), bad)
    with pytest.raises(SourceError, match="remove it, and fetch it again") as raised:
        unpack(path, out)
    assert why in str(raised.value)
    assert list(out.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"a.tar.gz", "in"}


def test_an_existing_link_leads_nowhere(tmp_path: Path) -> None:
    """A member is not written through a link that already lies in the folder."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "net").symlink_to(tmp_path)
    with pytest.raises(SourceError, match="would be written outside"):
        unpack(packed(tmp_path, (member("net/x"), b"x")), tmp_path / "out")


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    """The number of files has a limit."""
    many = packed(tmp_path, *((member(f"{i}"), b"x") for i in range(1001)))
    with pytest.raises(SourceError, match="it holds 1001 files"):
        unpack(many, tmp_path)


def test_large_contents_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unpacked size has a limit for all members together, headers included."""
    monkeypatch.setattr(unpacking, "MAX_UNPACKED_BYTES", 1_000_000)
    large = packed(tmp_path, *((member(f"{i}", size=900_000), b"") for i in range(5)))
    with pytest.raises(SourceError, match="unpacks to more than 1,000,000 bytes"):
        unpack(large, tmp_path)
    header = member("long", tarfile.XHDTYPE, size=5_000_000)
    with gzip.open(tmp_path / "b.tar.gz", "wb", compresslevel=1) as file:
        file.write(header.tobuf())
        file.write(bytes(5_000_000))
    with pytest.raises(SourceError, match="unpacks to more than 1,000,000 bytes"):
        unpack(tmp_path / "b.tar.gz", tmp_path)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda data: data[: len(data) // 2],
    "a flipped byte": lambda data: data[:60] + bytes([data[60] ^ 0xFF]) + data[61:],
    "a web page": lambda _: b"<html>sign in</html>",
    "nothing": lambda _: b"",
    "no tar": lambda _: gzip.compress(b"words " * 500),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_archive_is_one_line(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """A damaged archive leaves no half of a file."""
    path = packed(tmp_path, (member("x"), bytes(range(256)) * 50))
    path.write_bytes(damage(path.read_bytes()))
    (tmp_path / "out").mkdir()
    with pytest.raises(SourceError, match="fetch it again") as raised:
        unpack(path, tmp_path / "out")
    assert "\n" not in str(raised.value)
    assert list((tmp_path / "out").iterdir()) == []
