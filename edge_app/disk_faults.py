"""Errors of a disk in words: why something cannot be written, and what to do about it."""

from __future__ import annotations

import errno
from pathlib import Path

from edge_app.errors import SinkError

_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space, or write to another disk",
    errno.EDQUOT: "your share of the disk is used up; free some space, or use another disk",
    errno.EFBIG: "the file is as large as this disk allows (4 GB on FAT); use another disk",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.EACCES: "you may not write there; fix the permissions, or choose another folder",
    errno.EPERM: "you may not write there; fix the permissions, or choose another folder",
    errno.EISDIR: "it is a folder; give the name of a file",
    errno.ENOTDIR: "something above it is a file; choose another folder",
    errno.EEXIST: "something above it is a file; choose another folder",
    errno.ELOOP: "it is a link that leads to itself; remove it",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}
# With the caller's advice, which names another place by the option for it.
_FIXES = {errno.ENOSPC: "free some space", errno.EACCES: "fix its permissions"}


def disk_fault(path: Path, fault: OSError) -> SinkError:
    """Return an error of the disk as a SinkError that says what the user can do about it."""
    return SinkError(f"{path} cannot be written: {reason_of(fault)}")


def reason_of(fault: OSError, advice: str | None = None) -> str:
    """Return why something cannot be written, and what to do about it: advice, if it is given."""
    reason = fault.strerror or str(fault)
    if advice is not None:
        fix = _FIXES.get(fault.errno or 0)
        return f"{reason}; {fix} or {advice}" if fix else f"{reason}; {advice}"
    if ";" in reason:  # one of `output_path` or `output_place`, with its advice
        return reason
    return _ADVICE.get(fault.errno or 0, f"{reason}; choose another folder")
