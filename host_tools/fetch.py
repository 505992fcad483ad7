"""Fetch the models and data sets that may not be shipped, from where they are published."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from edge_app.errors import EdgeError, SourceError
from host_tools.archive import unpack
from host_tools.download import Patience, Remote, Told, download, sha256_of

RECORD_NAME = "fetched.json"


@dataclass(frozen=True, slots=True)
class Offer:
    """Say what can be fetched, and what to do with it afterwards.

    wanted: the file one came for, among those of the archive; empty where nothing is packed.
    then: the next command; {path} stands for that file, or for the folder.
    """

    files: tuple[Remote, ...]
    licence: str
    then: str
    wanted: str = ""
    most_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Fetched:
    """Say of a file what came of it: "verified", "as recorded" or "recorded"."""

    path: Path
    sha256: str
    verdict: str


_MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist/"
_MNIST: tuple[tuple[str, int, str], ...] = (
    (
        "train-images-idx3-ubyte",
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    (
        "train-labels-idx1-ubyte",
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    (
        "t10k-images-idx3-ubyte",
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    (
        "t10k-labels-idx1-ubyte",
        4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
)

OFFERS = {
    # Source: the archive of TensorFlow's DeepLab model zoo, research/deeplab/g3doc/model_zoo.md.
    # No checksum of it was found published (the zoo states 23 MB), so it is trusted on first use.
    "deeplab-cityscapes": Offer(
        files=(
            Remote(
                "https://download.tensorflow.org/models/"
                "deeplabv3_mnv2_cityscapes_train_2018_02_05.tar.gz",
                "deeplabv3_mnv2_cityscapes_train_2018_02_05.tar.gz",
                limit=100_000_000,
            ),
        ),
        licence="Apache-2.0; trained on Cityscapes, whose licence is for non-commercial use",
        then="host-tools convert {path} --out DIR --labels cityscapes",
        wanted="frozen_inference_graph.pb",
        most_bytes=300_000_000,
    ),
    # Sources: the sizes TensorFlow's loader of 2016 tells, and the SHA-256 of torchvision's
    # prototype datasets, which other loaders state alike. The mirror is torchvision's.
    "mnist": Offer(
        files=tuple(
            Remote(f"{_MIRROR}{name}.gz", f"{name}.gz", size, sha256)
            for name, size, sha256 in _MNIST
        ),
        licence="by Yann LeCun and Corinna Cortes, commonly stated to be CC BY-SA 3.0",
        then="host-tools train mnist --data {path}",
    ),
}


def fetch_command(options: argparse.Namespace) -> int:
    """Carry out `host-tools fetch`; exit 130 where Ctrl-C ended it."""
    console = Console()
    offer, folder = OFFERS[options.what], options.out or Path(options.what)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as bars:

            def follow(name: str) -> Told:
                task = bars.add_task(name, total=None)
                return lambda have, total: bars.update(task, completed=have, total=total)

            fetched, wanted = fetch(offer, folder, follow=follow)
    except KeyboardInterrupt:
        _say(console, f"stopped; what has come is kept in {folder}: run the same command to go on")
        return 130
    for one in fetched:
        _say(console, f"{one.path}: {one.path.stat().st_size:,} bytes, {_VERDICTS[one.verdict]}")
        if one.verdict == "recorded":
            _say(console, f"  SHA-256 {one.sha256}, recorded in {folder / RECORD_NAME}")
    _say(console, f"licence: {offer.licence}")
    _say(console, f"next: {offer.then.format(path=wanted)}")
    return 0


_VERDICTS = {
    "verified": "SHA-256 as it is known",
    "as recorded": "SHA-256 as at the first time",
    "recorded": "trusted, since no SHA-256 of it is published; another one will be refused",
}


def fetch(
    offer: Offer,
    folder: Path,
    *,
    patience: Patience | None = None,
    follow: Callable[[str], Told] = lambda _name: lambda _have, _total: None,
) -> tuple[list[Fetched], Path]:
    """Fetch an offer's files into a folder, and unpack what is packed.

    follow: gives, for a file's name, what is told of its progress.
    Returns what came of each file, and the path the next command needs. Files that are there
    already are checked, not fetched. Raises SourceError and EdgeError.
    """
    fetched: list[Fetched] = []
    wanted = folder
    for remote in offer.files:
        recorded = _recorded(folder, remote)
        known = replace(remote, sha256=remote.sha256 or recorded)
        path = folder / remote.name
        fresh = not path.exists()
        if fresh:
            path = download(known, folder, patience=patience, progress=follow(remote.name))
        sha256 = _sha256(path)
        if sha256 != (known.sha256 or sha256):
            raise SourceError(
                f"{path} is not the file it should be (SHA-256 {sha256[:16]}..., not "
                f"{str(known.sha256)[:16]}...); move it away and run the command again, "
                "or name another folder with --out"
            )
        if offer.wanted:
            wanted = _unpacked(path, folder, offer, fresh=fresh)
        if known.sha256 is None:  # only now: a sign-in page would not have unpacked
            _record(folder, remote, path.stat().st_size, sha256)
        verdict = "verified" if remote.sha256 else "as recorded" if recorded else "recorded"
        fetched.append(Fetched(path, sha256, verdict))
    return fetched, wanted


def _unpacked(archive: Path, folder: Path, offer: Offer, *, fresh: bool) -> Path:
    """Unpack, and return the wanted file; remove an archive that just came and is none."""
    try:
        files = unpack(archive, folder, most_bytes=offer.most_bytes)
    except SourceError:
        if fresh:
            archive.unlink(missing_ok=True)
        raise
    for path in files:
        if path.name == offer.wanted:
            return path
    raise SourceError(
        f"{archive} holds no {offer.wanted}; look for another release of it, "
        "and give that file to host-tools convert"
    )


def _sha256(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as fault:
        raise EdgeError(f"{path} cannot be read ({fault.strerror}); check the path") from None


def _read_record(folder: Path) -> dict[str, Any]:
    path = folder / RECORD_NAME
    try:
        record = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        record = None
    if not isinstance(record, dict):
        raise SourceError(
            f"{path}, which says what was fetched before, cannot be read; remove it to trust "
            "the files anew"
        )
    return record


def _recorded(folder: Path, remote: Remote) -> str | None:
    """Return the SHA-256 that was recorded for a file of the same address."""
    entry = _read_record(folder).get(remote.name)
    if isinstance(entry, dict) and entry.get("url") == remote.url:
        return str(entry.get("sha256")) or None
    return None


def _record(folder: Path, remote: Remote, size: int, sha256: str) -> None:
    record = _read_record(folder)
    record[remote.name] = {"url": remote.url, "bytes": size, "sha256": sha256}
    path = folder / RECORD_NAME
    draft = path.with_name(f"{path.name}.part")
    try:
        draft.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
        draft.replace(path)
    except OSError as fault:
        raise EdgeError(
            f"{path} cannot be written ({fault.strerror}); name another folder with --out"
        ) from None


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True, markup=False)
