"""Downloads of models and data sets that cannot ship, with pooch and a record of checksums."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from edge_app.atomic import write_atomic
from edge_app.errors import EdgeError, SourceError
from edge_app.input_file import check_is_file
from edge_app.python_environment import this_environment
from host_tools.fetch.unpack import unpack

if TYPE_CHECKING:
    from rich.progress import Progress

RECORD_NAME = "fetched.json"
MAX_DOWNLOAD_BYTES = 100_000_000
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A published file; sha256 is None if nobody published it."""

    url: str
    name: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """Files that belong together, with their licence.

    next_command: {path} stands for the wanted file, else for the folder.
    wanted: the file to take from an archive; empty if nothing is packed.
    """

    files: tuple[RemoteFile, ...]
    licence: str
    next_command: str
    wanted: str = ""


_MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist"
_MNIST_SHA256 = {
    "train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
_DEEPLAB = "deeplabv3_mnv2_cityscapes_train_2018_02_05.tar.gz"
DOWNLOADS = {
    # Source: the archive of TensorFlow's DeepLab model zoo, research/deeplab/g3doc/model_zoo.md.
    # No checksum was found published (the zoo states 23 MB), so the first one is recorded.
    "deeplab-cityscapes": Download(
        (RemoteFile(f"https://download.tensorflow.org/models/{_DEEPLAB}", _DEEPLAB),),
        licence="Apache-2.0; trained on Cityscapes, whose licence is for non-commercial use",
        next_command="host-tools convert {path} --out DIR --labels cityscapes",
        wanted="frozen_inference_graph.pb",
    ),
    # Sources: the SHA-256 in torchvision's prototype datasets, which other loaders confirm. The
    # mirror is torchvision's.
    "mnist": Download(
        tuple(
            RemoteFile(f"{_MNIST}/{name}.gz", f"{name}.gz", sha)
            for name, sha in _MNIST_SHA256.items()
        ),
        licence="by Yann LeCun and Corinna Cortes, commonly stated to be CC BY-SA 3.0",
        next_command="host-tools train mnist --data {path}",
    ),
}


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file on this machine, and the wanted file that was unpacked from it.

    compared: what its SHA-256 was compared with: "published", "recorded" by an earlier fetch,
        or "nothing", so that it has been recorded now.
    """

    path: Path
    sha256: str
    compared: str
    unpacked: Path | None


def fetch(download: Download, folder: Path, progress: Progress) -> list[FetchedFile]:
    """Download the missing files into a folder, check all of them, and unpack an archive.

    Raises SourceError for a server or a file that is not right, EdgeError for the disk.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_fetch(remote, folder, download.wanted, progress) for remote in download.files]
    except OSError as fault:
        raise EdgeError(
            f"cannot write to {folder}: {fault.strerror or fault}; free some space, or choose "
            "another folder with --out"
        ) from None


def _fetch(remote: RemoteFile, folder: Path, wanted: str, progress: Progress) -> FetchedFile:
    path = folder / remote.name
    record = _read_record(folder)
    entry = record.get(remote.name, {})
    recorded = entry["sha256"] if entry.get("url") == remote.url else None
    known = remote.sha256 or recorded
    new = not path.exists()
    if not new:
        _check_kept(path)
    else:
        _retrieve(remote, folder, known, progress)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if known not in {None, sha256}:
        raise SourceError(
            f"{path} is not the known file: its SHA-256 is {sha256[:16]}..., not "
            f"{str(known)[:16]}...; move it away and run the command again"
        )
    unpacked = _unpack_wanted(path, folder, wanted, remove_wrong=new) if wanted else None
    if known is None:  # only now: a sign-in page would not have unpacked
        size = path.stat().st_size
        record[remote.name] = {"url": remote.url, "bytes": size, "sha256": sha256}
        write_atomic(folder / RECORD_NAME, json.dumps(record, indent=2) + "\n")
    compared = "published" if remote.sha256 else "recorded" if recorded else "nothing"
    return FetchedFile(path, sha256, compared, unpacked)


def _check_kept(path: Path) -> None:
    """Raise SourceError for what is no file where a file of an earlier fetch would be."""
    check_is_file(path, SourceError)
    if path.is_dir():
        raise SourceError(f"{path} is a folder, where a file belongs; move it away")


class DownloadBar:
    """A progress bar with the methods that pooch calls; it stops a download that is too large."""

    def __init__(self, progress: Progress, remote: RemoteFile) -> None:
        self.total = 0  # pooch sets it; 0 if the server does not state it
        self._progress = progress
        self._remote = remote
        self._task = progress.add_task(remote.name, total=None)
        self._done = 0

    def update(self, count: int) -> None:
        """Add bytes; raise SourceError above MAX_DOWNLOAD_BYTES."""
        self._done += count
        if max(self.total, self._done) > MAX_DOWNLOAD_BYTES:
            raise SourceError(
                f"{self._remote.url} is larger than {MAX_DOWNLOAD_BYTES:,} bytes, so it is another "
                "file; try another network"
            )
        self._progress.update(self._task, completed=self._done, total=self.total or None)

    def reset(self) -> None:
        """Start again at 0 bytes."""
        self._done = 0

    def close(self) -> None:
        """Do nothing: the bar belongs to its Progress."""


def _retrieve(remote: RemoteFile, folder: Path, sha256: str | None, progress: Progress) -> None:
    try:
        import pooch
        import requests
    except ImportError as fault:
        install = this_environment().install("pooch")
        raise EdgeError(f"cannot download: {fault}; run: {install}") from None
    pooch.get_logger().setLevel("WARNING")
    downloader = pooch.HTTPDownloader(
        progressbar=DownloadBar(progress, remote),
        chunk_size=_CHUNK,
        timeout=30,
        headers={"Accept-Encoding": "identity"},  # else a server may unpack the .gz
        hooks={"response": _refuse_unencrypted},
    )
    known = f"sha256:{sha256}" if sha256 else None
    try:
        pooch.retrieve(remote.url, known, remote.name, folder, downloader=downloader)
    except requests.HTTPError as fault:
        answer = fault.response
        status = f"{answer.status_code} {answer.reason}" if answer is not None else fault
        raise SourceError(
            f"cannot download {remote.url}: {status}; try another network, or put the file into "
            f"{folder} yourself"
        ) from None
    except requests.RequestException as fault:
        raise SourceError(
            f"cannot reach {urlsplit(remote.url).hostname}: {_reason(fault)}, or put "
            f"{remote.name} into {folder} yourself"
        ) from None
    except ValueError:  # another checksum; pooch has removed the file
        raise SourceError(
            f"{remote.url} is not the known file: its SHA-256 is not {str(sha256)[:16]}...; try "
            "again, or another network"
        ) from None


# What requests and the libraries below it name in their messages, and what that means.
_REASONS = (
    ("NameResolution|getaddrinfo|Name or service|Temporary failure in name",
     "its name is not found: this machine is offline, or behind a proxy; connect it, or set "
     "https_proxy"),
    ("ProxyError", "the proxy does not answer; check https_proxy"),
    ("certificate is not yet valid|certificate has expired",
     "its certificate is not valid now; check this machine's clock"),
    ("SSL|certificate", "its certificate is not accepted; check the network and its proxy"),
    ("timed out|Timeout", "it does not answer in time; try again"),
    ("refused|unreachable|No route", "there is no connection to it; check the network"),
    ("Connection aborted|reset by peer|IncompleteRead|broken", "the connection broke; try again"),
)  # fmt: skip


def _reason(fault: Exception) -> str:
    """Return why a server cannot be reached, and what to do."""
    text = " ".join(f"{type(fault).__name__} {fault}".split())
    for pattern, reason in _REASONS:
        if re.search(pattern, text):
            return reason
    return f"{text[:120]}; check the connection"


def _unpack_wanted(archive: Path, folder: Path, wanted: str, *, remove_wrong: bool) -> Path:
    try:
        files = unpack(archive, folder)
        return next(path for path in files if path.name == wanted)
    except StopIteration:
        raise SourceError(
            f"{archive} holds no {wanted}; look for another release of it, "
            "and give that file to host-tools convert"
        ) from None
    except SourceError:
        if remove_wrong:
            archive.unlink()
        raise


def _refuse_unencrypted(response: Any, **_: object) -> None:
    """Raise SourceError for a redirect from https to http."""
    target = response.headers.get("Location", "")
    if urlsplit(response.url).scheme == "https" and urlsplit(target).scheme == "http":
        raise SourceError(
            f"{response.url} redirects to {target}, which is not encrypted; try another network"
        )


def _read_record(folder: Path) -> dict[str, Any]:
    """Return what earlier downloads recorded: {name: {"url", "bytes", "sha256"}}."""
    path = folder / RECORD_NAME
    check_is_file(path, SourceError)
    try:
        record = json.loads(path.read_text("utf-8"))
        return {name: entry for name, entry in record.items() if entry["sha256"]}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise SourceError(
            f"cannot read {path}, the checksums of earlier downloads; remove it to trust the "
            "files again"
        ) from None
