"""Test that an archive from the network writes nothing but plain files in its folder."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_app.errors import EdgeError, SourceError
from host_tools.archive import unpack


def packed(folder: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """Write a .tar.gz of members as they are given, however wrong."""
    path = folder / "a.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            member.size = member.size or len(content)
            tar.addfile(member, io.BytesIO(content.ljust(member.size, b"\0")))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, **more: Any) -> tarfile.TarInfo:
    """Return the header of a member."""
    info = tarfile.TarInfo(name)
    info.type = kind
    for field, value in more.items():
        setattr(info, field, value)
    return info


def test_files_and_folders_are_written(tmp_path: Path) -> None:
    """Contents arrive, folders are made, and the permissions are this machine's own."""
    out = tmp_path / "out"
    archive = packed(
        tmp_path,
        (member("./"[:1], tarfile.DIRTYPE), b""),
        (member("net/", tarfile.DIRTYPE), b""),
        (member("net/graph.pb", mode=0o7777), b"graph"),
        (member("other/deep/er.txt"), b"words"),
    )
    paths = unpack(archive, out, most_bytes=1000)
    assert paths == [out / "net" / "graph.pb", out / "other" / "deep" / "er.txt"]
    assert [path.read_bytes() for path in paths] == [b"graph", b"words"]
    assert paths[0].stat().st_mode & 0o7111 == 0
    assert {path.name for path in out.iterdir()} == {"net", "other"}


def test_unpacking_again_replaces_the_files(tmp_path: Path) -> None:
    """What a stopped run left is made whole; what else lies there stays."""
    out = tmp_path / "out"
    (out / "net").mkdir(parents=True)
    (out / "net" / "graph.pb").write_bytes(b"half")
    (out / "net" / "mine.txt").write_bytes(b"mine")
    unpack(packed(tmp_path, (member("net/graph.pb"), b"graph")), out, most_bytes=100)
    assert (out / "net" / "graph.pb").read_bytes() == b"graph"
    assert (out / "net" / "mine.txt").read_bytes() == b"mine"


UNSAFE = {
    "absolute": ((member("/tmp/x"), b"x"), "'/tmp/x' would be written outside"),  # noqa: S108
    "up": ((member("../x"), b"x"), "'../x' would be written outside"),
    "up within": ((member("a/../../x"), b"x"), "would be written outside"),
    "backslash": ((member("..\\x"), b"x"), "would be written outside"),
    "drive": ((member("C:x"), b"x"), "would be written outside"),
    "symlink": ((member("x", tarfile.SYMTYPE, linkname="/etc"), b""), "'x' is neither a file nor"),
    "near symlink": ((member("x", tarfile.SYMTYPE, linkname="ok"), b""), "neither a file nor"),
    "hard link": ((member("x", tarfile.LNKTYPE, linkname="ok"), b""), "neither a file nor"),
    "device": ((member("x", tarfile.CHRTYPE, devmajor=1, devminor=3), b""), "neither a file nor"),
    "pipe": ((member("x", tarfile.FIFOTYPE), b""), "neither a file nor"),
    "twice": ((member("ok"), b"other"), "ok is in it twice"),
    "large": ((member("x", size=5000), b""), "x alone claims 5,000 bytes"),
}


@pytest.mark.parametrize(("bad", "why"), UNSAFE.values(), ids=UNSAFE)
def test_what_is_not_safe_is_refused_whole(
    tmp_path: Path, bad: tuple[tarfile.TarInfo, bytes], why: str
) -> None:
    """One bad member and nothing is written, not even the good ones before it."""
    out = tmp_path / "in" / "out"
    archive = packed(tmp_path, (member("ok"), b"ok"), bad)
    with pytest.raises(SourceError, match="remove it, and fetch it again") as raised:
        unpack(archive, out, most_bytes=1000)
    assert why in str(raised.value)
    assert list(out.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"a.tar.gz", "in"}


def test_many_small_files_do_not_fill_the_disk(tmp_path: Path) -> None:
    """The bound holds for all members together, and their number has one too."""
    many = packed(tmp_path, *((member(f"{i}"), b"x") for i in range(1001)))
    with pytest.raises(SourceError, match="more than 1000 files"):
        unpack(many, tmp_path / "out", most_bytes=10_000)
    large = packed(tmp_path, *((member(f"{i}", size=900_000), b"") for i in range(5)))
    with pytest.raises(SourceError, match="unpacks to more than it may"):
        unpack(large, tmp_path / "out", most_bytes=1_000_000)


def test_a_long_header_does_not_fill_the_memory(tmp_path: Path) -> None:
    """A header's length is the archive's own claim, and bounded like the rest."""
    header = tarfile.TarInfo("long")
    header.type, header.size = tarfile.XHDTYPE, 5_000_000
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.tobuf())
        file.write(bytes(5_000_000))
    with pytest.raises(SourceError, match="unpacks to more than it may"):
        unpack(path, tmp_path / "out", most_bytes=1000)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda data: data[: len(data) // 2],
    "a flipped byte": lambda data: data[:60] + bytes([data[60] ^ 0xFF]) + data[61:],
    "a web page": lambda _: b"<html>sign in</html>",
    "nothing": lambda _: b"",
    "no tar": lambda _: gzip.compress(b"words " * 500),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_told(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """A damaged archive is one line, and leaves no half of a file."""
    archive = packed(tmp_path, (member("x"), bytes(range(256)) * 50))
    archive.write_bytes(damage(archive.read_bytes()))
    with pytest.raises(SourceError, match="fetch it again") as raised:
        unpack(archive, tmp_path / "out", most_bytes=100_000)
    assert "\n" not in str(raised.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_place_that_is_taken_is_told(tmp_path: Path) -> None:
    """A folder stands where a file should go."""
    (tmp_path / "out" / "x").mkdir(parents=True)
    with pytest.raises(EdgeError, match=r"cannot be unpacked into .*another folder with --out"):
        unpack(packed(tmp_path, (member("x"), b"x")), tmp_path / "out", most_bytes=100)
