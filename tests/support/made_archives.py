"""Archives of any members, however wrong."""

import io
import tarfile
from pathlib import Path
from typing import Any


def packed(folder: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """Write a .tar.gz of members as given, however wrong."""
    path = folder / "a.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for info, content in members:
            info.size = info.size or len(content)
            tar.addfile(info, io.BytesIO(content.ljust(info.size, b"\0")))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, **more: Any) -> tarfile.TarInfo:
    """Return the header of a member."""
    info = tarfile.TarInfo(name)
    info.type = kind
    for field, value in more.items():
        setattr(info, field, value)
    return info
