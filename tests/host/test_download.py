"""Test downloads against a server on this machine that behaves as badly as servers do."""

import hashlib
import io
import random
import shutil
import socket
from collections.abc import Iterator
from http.client import HTTPMessage
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request

import pytest

from edge_app.errors import EdgeError, SourceError
from host_tools.download import Patience, Remote, download
from host_tools.web import _Redirects
from tests.support.file_server import Manners, served

BODY = random.Random(0).randbytes(600_000)
SHA256 = hashlib.sha256(BODY).hexdigest()
HASTE = Patience(timeout_s=10, resumes=3, pause_s=0)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[Manners]:
    """Return a server of the file that behaves well so far."""
    with served(Manners(body=BODY)) as manners:
        yield manners


def known(server: Manners, **more: Any) -> Remote:
    """Return the file with its size and SHA-256."""
    return Remote(server.url, "file.bin", **{"size": len(BODY), "sha256": SHA256, **more})


def unknown(server: Manners, **more: Any) -> Remote:
    """Return the file as one of which nothing is known."""
    return Remote(server.url, "file.bin", **more)


def names(folder: Path) -> set[str]:
    """Return what lies in a folder."""
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("remote_of", [known, unknown])
def test_a_file_arrives_alone(server: Manners, tmp_path: Path, remote_of: Any) -> None:
    """The folder holds the file and nothing that was needed on the way."""
    folder = tmp_path / "new" / "folder"
    assert download(remote_of(server), folder).read_bytes() == BODY
    assert names(folder) == {"file.bin"}


def test_progress_is_told(server: Manners, tmp_path: Path) -> None:
    """The bytes grow to the whole, which is known from the first."""
    told: list[tuple[int, int | None]] = []
    download(unknown(server), tmp_path, progress=lambda have, total: told.append((have, total)))
    assert told == sorted(told)
    assert told[0] == (0, len(BODY))
    assert told[-1] == (len(BODY), len(BODY))


def test_a_slow_server_is_followed(server: Manners, tmp_path: Path) -> None:
    """Progress shows what has come while more is still awaited."""
    server.wait_at = 1000

    def note(have: int, _total: int | None) -> None:
        if have == 1000:
            server.go.set()

    assert download(known(server), tmp_path, progress=note).read_bytes() == BODY
    assert server.go.is_set()


@pytest.mark.parametrize("etag", ['"one"', None])
def test_cut_offs_are_resumed(server: Manners, tmp_path: Path, etag: str | None) -> None:
    """Each try goes on where the last one ended, and says of which version that was."""
    server.cut_after, server.cuts, server.etag = 200_000, 2, etag
    assert download(known(server), tmp_path, patience=HASTE).read_bytes() == BODY
    assert server.asked == [(None, None), ("bytes=200000-", etag), ("bytes=400000-", etag)]


def test_a_later_run_goes_on(server: Manners, tmp_path: Path) -> None:
    """What one command got is kept for the next, and that is said."""
    server.cut_after, server.cuts = 100_000, 4
    with pytest.raises(SourceError, match=r"400,000 bytes are kept in .*file\.bin\.part; run the"):
        download(unknown(server), tmp_path, patience=HASTE)
    server.asked.clear()
    assert download(unknown(server), tmp_path).read_bytes() == BODY
    assert server.asked == [("bytes=400000-", '"one"')]


def test_ctrl_c_keeps_what_came(server: Manners, tmp_path: Path) -> None:
    """An interrupt in the middle costs nothing."""

    def press(have: int, _total: int | None) -> None:
        if have > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(known(server), tmp_path, progress=press)
    kept = (tmp_path / "file.bin.part").stat().st_size
    assert kept > 100_000
    download(known(server), tmp_path)
    assert server.asked[-1] == (f"bytes={kept}-", '"one"')


def test_a_server_without_ranges_starts_again(server: Manners, tmp_path: Path) -> None:
    """The whole file replaces the half, rather than being put behind it."""
    server.cut_after, server.cuts, server.ranges = 200_000, 1, False
    assert download(unknown(server), tmp_path, patience=HASTE).read_bytes() == BODY


def test_a_changed_file_starts_again(server: Manners, tmp_path: Path) -> None:
    """Halves of two versions are never joined."""
    server.cut_after, server.cuts = 200_000, 4
    with pytest.raises(SourceError):
        download(unknown(server), tmp_path, patience=Patience(resumes=0))
    server.body, server.etag, server.cuts = BODY[::-1], '"two"', 0
    assert download(unknown(server), tmp_path).read_bytes() == BODY[::-1]


def test_a_rest_of_unknown_version_is_not_used(server: Manners, tmp_path: Path) -> None:
    """Without ETag, date or SHA-256 nobody could tell two files apart."""
    server.cut_after, server.cuts, server.etag = 200_000, 1, None
    download(unknown(server), tmp_path, patience=HASTE)
    assert server.asked == [(None, None), (None, None)]


def test_a_finished_part_is_not_asked_for_again(server: Manners, tmp_path: Path) -> None:
    """A stop between the last byte and the check leaves nothing to download."""
    (tmp_path / "file.bin.part").write_bytes(BODY)
    assert download(known(server), tmp_path).read_bytes() == BODY
    assert server.asked == []


class Fault(NamedTuple):
    """Name how the server behaves, and what the error says of it."""

    manners: dict[str, Any]
    why: str
    remote_of: Any = known
    more: dict[str, Any] = {}  # noqa: RUF012 - read only


FAULTS = {
    "wrong bytes": Fault({"body": BODY[::-1]}, r"not give the known file .* removed; try again"),
    "another size": Fault({"body": b"<html>sign in</html>"}, "another file, perhaps a sign-in"),
    "a length too large": Fault({"claims": 700_000}, "has 700,000 bytes where 600,000 are"),
    "a length too large, unknown": Fault(
        {"claims": 700_000, "ranges": False}, "ended after 600,000 of 700,000", unknown
    ),
    "a length too small": Fault({"claims": 500_000}, "has 500,000 bytes where 600,000 are"),
    "no length, too short": Fault(
        {"claims": "none", "cut_after": 500_000, "ranges": False}, "ended after 500,000 of 600,000"
    ),
    "no length, no end": Fault(
        {"claims": "none"}, "sends more than the 1,000 bytes", unknown, {"limit": 1_000}
    ),
    "too large": Fault({}, "where at most 1,000 are expected", unknown, {"limit": 1_000}),
    "cut off at every byte": Fault({"cut_after": 0}, "after 4 tries; run the same command again"),
    "parts from elsewhere": Fault(
        {"cut_after": 1000, "skips": 7, "cuts": 9}, "other bytes than were asked for, after 4"
    ),
    "nothing there": Fault({"statuses": [404]}, r"is not there \(404 Not Found\); look for"),
    "forbidden": Fault({"statuses": [403]}, r"cannot be had \(403 Forbidden\); try another"),
    "always busy": Fault({"statuses": [503] * 9}, "answers 503 Service Unavailable, after 4 tries"),
    "to a file": Fault({"redirect": "file:///etc/passwd"}, "cannot be had .302 .*not allowed"),
    "to ftp": Fault({"redirect": "ftp://127.0.0.1/x"}, "sends on to ftp://127.0.0.1/x, which is"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told(server: Manners, tmp_path: Path, fault: Fault) -> None:
    """Each fault of a server is one line that says what to do, and no file takes the name."""
    for name, value in fault.manners.items():
        setattr(server, name, value)
    with pytest.raises(SourceError, match=fault.why) as raised:
        download(fault.remote_of(server, **fault.more), tmp_path, patience=HASTE)
    assert "\n" not in str(raised.value)
    assert "file.bin" not in names(tmp_path)


@pytest.mark.parametrize("why", ["wrong bytes", "no length, too short", "no length, no end"])
def test_wrong_bytes_are_removed(server: Manners, tmp_path: Path, why: str) -> None:
    """Nothing of a wrong file stays behind to be gone on with."""
    test_a_fault_is_told(server, tmp_path, FAULTS[why])
    assert names(tmp_path) == set()


def test_a_stalled_server_is_given_up(server: Manners, tmp_path: Path) -> None:
    """A server that stops sending is asked again, so many times, with what came kept."""
    server.cut_after, server.stall = 100_000, True
    hasty = Patience(timeout_s=0.2, resumes=2, pause_s=0)
    with pytest.raises(SourceError, match=r"nothing arrives any more, after 3 tries; 300,000"):
        download(known(server), tmp_path, patience=hasty)


def test_a_busy_server_is_asked_again(server: Manners, tmp_path: Path) -> None:
    """An answer that asks to come back is no fault."""
    server.statuses = [503, 429]
    assert download(known(server), tmp_path, patience=HASTE).read_bytes() == BODY


def test_a_redirect_is_followed(server: Manners, tmp_path: Path) -> None:
    """Another address of the same kind is as good."""
    server.redirect = server.url.replace("/file", "/elsewhere")
    assert download(known(server), tmp_path).read_bytes() == BODY


def test_encryption_is_not_given_up() -> None:
    """A redirect from https to http is refused; the other way is followed."""
    arguments = (io.BytesIO(), 302, "Found", HTTPMessage())
    with pytest.raises(SourceError, match=r"which is not followed since it is less safe"):
        _Redirects().redirect_request(Request("https://a.b/x"), *arguments, "http://a.b/x")
    safer = _Redirects().redirect_request(Request("http://a.b/x"), *arguments, "https://a.b/x")
    assert safer is not None
    assert safer.full_url == "https://a.b/x"


def test_a_server_that_is_down_is_told_at_once(tmp_path: Path) -> None:
    """Nobody listens, so there is nothing to wait for."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(
        SourceError, match=r"cannot be reached .Connection refused.; check the conn"
    ):
        download(Remote(f"http://127.0.0.1:{port}/x", "x"), tmp_path)


def test_no_network_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that cannot be looked up is said to be no network."""

    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(SourceError, match=r"nowhere.invalid cannot be found: no network here"):
        download(Remote("http://nowhere.invalid/x", "x"), tmp_path)


def test_a_disk_too_small_is_told_before(
    server: Manners, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot fit is not begun."""
    free = shutil.disk_usage(tmp_path)._replace(free=10_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(EdgeError, match=r"600.0 kB to come, 10.0 kB free\); free some space"):
        download(known(server), tmp_path)


def test_a_disk_that_fills_is_told(server: Manners, tmp_path: Path) -> None:
    """The write that fails is a line, not a traceback."""
    (tmp_path / "file.bin.part").symlink_to("/dev/full")
    with pytest.raises(EdgeError, match=r"no room for the file .No space left on device."):
        download(known(server), tmp_path)


def test_a_folder_that_cannot_be_is_told(server: Manners, tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(EdgeError, match=r"cannot be written .*name another folder with --out"):
        download(known(server), tmp_path / "taken")
