"""Unpacking of archives from the network, only below one folder and up to a limit."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import IO, cast

from edge_app.errors import SourceError

MAX_UNPACKED_BYTES, MAX_UNPACKED_FILES = 300_000_000, 1000
_CHUNK = 1 << 18


def unpack(archive: Path, folder: Path) -> list[Path]:
    """Unpack a .tar.gz of plain files below a folder; return them in the archive's order.

    All members are checked before a file is written; tarfile's own filters need Python 3.11.4.
    Raises SourceError for an archive that is damaged, too large, or holds anything but files
    and folders inside.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as plain:
            _gunzip(archive, plain)
            with tarfile.open(fileobj=plain, mode="r:") as tar:
                files = _safe_files(tar, folder)
                for path, member in files.items():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    draft = path.with_name(f".{path.name}.part")
                    with draft.open("wb") as file:
                        shutil.copyfileobj(cast("IO[bytes]", tar.extractfile(member)), file)
                    draft.replace(path)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as fault:
        raise SourceError(f"{archive} is damaged ({fault}); fetch it again") from None
    except ValueError as fault:
        raise SourceError(
            f"{archive} is not safe: {fault}; remove it, and fetch it again over another network"
        ) from None
    return list(files)


def _gunzip(archive: Path, plain: IO[bytes]) -> None:
    """Decompress a file; raise ValueError if it grows too large.

    The limit also bounds what tarfile reads into memory for a long header.
    """
    with gzip.open(archive) as packed:
        while chunk := packed.read(_CHUNK):
            plain.write(chunk)
            if plain.tell() > MAX_UNPACKED_BYTES:
                raise ValueError(f"it unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
    plain.seek(0)


def _safe_files(tar: tarfile.TarFile, folder: Path) -> dict[Path, tarfile.TarInfo]:
    """Return where each file of an archive goes; raise ValueError for any other member."""
    files: dict[Path, tarfile.TarInfo] = {}
    for member in tar:
        path = folder / member.name
        if not (member.isreg() or member.isdir()):
            raise ValueError(f"{member.name!r} is neither a file nor a folder")
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{member.name!r} would be written outside of its folder")
        if member.isreg():
            files[path] = member
    size = sum(member.size for member in files.values())  # a sparse file claims any size
    if not 0 < len(files) <= MAX_UNPACKED_FILES or size > MAX_UNPACKED_BYTES:
        raise ValueError(f"it holds {len(files)} files of {size:,} bytes")
    return files
