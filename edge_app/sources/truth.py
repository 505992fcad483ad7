"""Opening truth: folders of class maps, tarballs of them, IDX labels and .csv files."""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from edge_app.errors import SourceError
from edge_app.input_file import check_is_file, home_path
from edge_app.labels import NUMBERED, TRUTH_SETS
from edge_app.sources.class_ids import read_csv_labels, read_idx_labels
from edge_app.sources.class_maps import ClassMapTruth, TruthImage
from edge_app.sources.factory import exists, is_address, missing
from edge_app.sources.idx import IMAGES, idx_magic, is_gzipped
from edge_app.sources.image import natural_key
from edge_app.sources.size_limits import read_image_file
from edge_app.sources.source import Truth
from edge_app.sources.tar_headers import HeaderReader

_CITYSCAPES_NAME = re.compile(r"_label(Train)?Ids\.png$")
# Of a tarball: the largest class maps have some MB, and the largest sets some thousand of them.
_MAX_MEMBER_BYTES, _MAX_MEMBERS, _MAX_KEPT_BYTES = 100 * 10**6, 10**6, 10**9
# Absurd numbers in a header are a ValueError or OverflowError, headers of headers recursion.
_DAMAGES = (
    tarfile.TarError, EOFError, OSError, zlib.error, ValueError, OverflowError, RecursionError,
)  # fmt: skip
_DEPTH = 3  # Cityscapes root, gtFine, split, city


def open_truth(path: Path | str, labels: str | None = None) -> Truth:
    """Return the truth in a file or folder.

    labels: one of `TRUTH_SETS`, numbered if the ids are the model's own; None infers it from the
        layout: `*_labelIds.png` or `*_labelTrainIds.png` are Cityscapes, a folder `*annot` is
        CamVid, any other tarball is DriveSeg, and an IDX label file or a .csv is digits, or
        numbered if it has ids above 9.
    Raises SourceError if there is none, or if its kind cannot be inferred.
    """
    if is_address(str(path)):  # shown, it would show its password
        raise SourceError("truth is no address; give a folder, tarball or IDX file")
    path = home_path(path, SourceError)
    if not exists(path):
        raise SourceError(missing(path))
    check_is_file(path, SourceError)
    if labels not in {None, "digits", *TRUTH_SETS}:
        raise SourceError(
            f"unknown --truth-labels {labels}; choose one of: {', '.join(TRUTH_SETS)}"
        )
    suffix = path.suffix.lower()
    magic = None if path.is_dir() else idx_magic(path)
    if magic == IMAGES:
        raise SourceError(f"{path.name} has images; --truth takes the label file (idx1)")
    if magic is not None or (path.is_file() and suffix == ".csv"):
        if labels not in {None, "digits", NUMBERED}:
            raise SourceError(
                f"{path.name} has one class for each frame, not class maps of {labels}; leave out "
                "--truth-labels"
            )
        read = read_csv_labels if magic is None else read_idx_labels
        return read(path, labels)
    if path.is_dir():
        entries = _from_folder(path)
    elif suffix == ".png":
        entries = [TruthImage(path.name, partial(read_image_file, path))]
    else:
        entries = _from_tarball(path)
    return ClassMapTruth(path.name, entries, labels or _infer_labels(path, entries))


def _infer_labels(path: Path, entries: list[TruthImage]) -> str:
    if any(_CITYSCAPES_NAME.search(entry.name) for entry in entries):
        return "cityscapes"
    if not path.is_dir() and path.suffix.lower() != ".png":
        return "driveseg"
    folder = path if path.is_dir() else path.parent
    if folder.resolve().name.endswith("annot"):
        return "camvid"
    raise SourceError(
        f"{path} may have any class ids; choose with --truth-labels {'|'.join(TRUTH_SETS)}"
    )


def _from_folder(folder: Path) -> list[TruthImage]:
    """Return the class maps of a folder, or of those below it in Cityscapes' layout."""
    here = [path for path in folder.glob("*.png") if not path.name.startswith(".")]
    maps = [path for path in here if _CITYSCAPES_NAME.search(path.name)]
    for depth in range(1, _DEPTH + 1):
        if maps:
            break
        below = folder.glob("*/" * depth + "*.png")
        maps = [path for path in below if _CITYSCAPES_NAME.search(path.name)]
    # Cityscapes has colours and instances beside its class maps; other sets have only maps.
    maps = maps or here
    if not maps:
        others = sorted(path.name for path in folder.glob("*annot"))
        hint = f"it has {', '.join(others)}: name one of them" if others else "check the path"
        raise SourceError(f"there is no truth (.png class maps) in {folder}; {hint}")
    for path in maps:
        check_is_file(path, SourceError)
    names = {path: path.relative_to(folder).as_posix() for path in maps}
    maps.sort(key=lambda path: natural_key(names[path]))
    return [TruthImage(names[path], partial(read_image_file, path)) for path in maps]


def _from_tarball(path: Path) -> list[TruthImage]:
    """Return the PNGs of a .tar or .tar.gz in natural order of their names.

    A plain tarball is read at the offset of a map. A gzipped one has no such access, so its PNGs,
    about 20 kB each, stay in memory. What a member states is checked before it is read: 85 bytes
    can state 6 GB.
    """
    entries: list[TruthImage] = []
    kept_bytes = 0
    try:
        zipped = is_gzipped(path)
        with gzip.open(path) if zipped else path.open("rb") as file:
            headers = HeaderReader(
                cast("IO[bytes]", file), _too_much(path, "headers of more than 16 MB")
            )
            tarball: Any = tarfile.TarFile(fileobj=cast("IO[bytes]", headers))
            for count, member in enumerate(tarball, 1):
                headers.begin_member()
                tarball.members.clear()  # each would keep its headers
                if count > _MAX_MEMBERS:
                    raise _too_much(path, f"more than {_MAX_MEMBERS:,} members")
                _check_member(path, member)
                name = member.name.rsplit("/", 1)[-1]
                if not member.isfile() or name.startswith(".") or not name.endswith(".png"):
                    continue
                kept_bytes += member.size if zipped else 0
                if kept_bytes > _MAX_KEPT_BYTES:
                    raise _too_much(path, f"more than {_MAX_KEPT_BYTES // 10**6:,} MB of maps")
                read = partial(_read_part, path, member.offset_data, member.size)
                if zipped:
                    read = partial(bytes, headers.content(member.offset_data, member.size))
                entries.append(TruthImage(member.name, read))
    except _DAMAGES:
        raise SourceError(
            f"{path.name} is not truth that can be read; give a folder of class maps, "
            "a .tar or .tar.gz of them, an IDX label file or a .csv"
        ) from None
    if not entries:
        raise SourceError(f"there is no PNG in {path.name}; give the tarball with the class maps")
    return sorted(entries, key=lambda entry: natural_key(entry.name))


def _check_member(path: Path, member: tarfile.TarInfo) -> None:
    """Raise SourceError for a member that states more than a class map can have."""
    if member.issparse():
        raise _too_much(path, f"a sparse member ({_shown_name(member.name)})")
    if member.size < 0:
        raise ValueError("a negative size")
    if member.size > _MAX_MEMBER_BYTES:
        stated = f"{member.size / 1e6:,.0f} MB for {_shown_name(member.name)}"
        raise _too_much(path, f"{stated}, above {_MAX_MEMBER_BYTES // 10**6} MB")


def _too_much(path: Path, what: str) -> SourceError:
    return SourceError(f"{path.name} states {what}; unpack it and give the folder of class maps")


def _shown_name(name: str) -> str:
    """Return the beginning of a name from a file, without control characters."""
    return ascii(name[:80])[1:-1]


def _read_part(path: Path, start: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(size)
