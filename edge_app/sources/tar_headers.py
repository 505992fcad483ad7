"""What tarfile may read of a tarball for headers: it reads any length one states at once."""

from __future__ import annotations

import os
from typing import IO

# Long names, extended headers and maps of sparse files; beside them each member has some blocks.
_MOST_BYTES, _BYTES_PER_MEMBER = 16_000_000, 4096


class HeaderReader:
    """A file for tarfile that refuses to read more than headers can have.

    refused: the error for that; a negative length is a ValueError.
    """

    def __init__(self, file: IO[bytes], refused: Exception) -> None:
        self._file = file
        self._refused = refused
        self._left = _MOST_BYTES

    def read(self, size: int) -> bytes:
        """Return the next bytes of headers."""
        if size < 0:
            raise ValueError("a negative size")
        if size > self._left:
            raise self._refused
        self._left -= size
        return self._file.read(size)

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, past the content of a member."""
        return self._file.seek(position, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def begin_member(self) -> None:
        """Allow the headers of one member more."""
        self._left += _BYTES_PER_MEMBER

    def content(self, start: int, size: int) -> bytes:
        """Return the content of a member, whose size was checked."""
        self._file.seek(start)
        return self._file.read(size)
