"""Standard output and error: text that their encoding lacks, and writing that fails."""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from edge_app.disk_faults import reason_of

# What stands for the signs of the views where there is only ASCII.
ASCII_SIGNS = {"█": "#", "░": "-", "■": "*", "·": "|", "━": "=", "─": "-", "\N{EN DASH}": "-"}
ASCII_SIGNS |= dict.fromkeys("▏▎▍▌▋▊▉", " ") | {"…": ".", "\xd7": "x", "µ": "u", "→": ">"}
_HANDLER = "edge_app.similar"
# What steers a terminal, and what reverses the order of letters (Unicode 15, Bidi_Control).
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# A user and password in an address, and its query; `Path` makes one slash of two.
_LOGIN = re.compile(r"\b([a-z][a-z0-9+.-]*:/{1,2})(?!/|user:password@)\S+@", re.IGNORECASE)
_QUERY = re.compile(r"\b([a-z][a-z0-9+.-]*:/{1,2}[^\s?]+\?)[^\s'\";,)]+", re.IGNORECASE)
_LONGEST_ERROR = 1_000  # characters; a name in a damaged file may have any number
_CLOSED = {errno.EPIPE, errno.EIO, None}
_faults: list[OSError] = []  # of writing to standard output, which there is one of


def accept_all_text() -> None:
    """Make both streams take any text: what their encoding lacks becomes a similar sign or "?".

    A Latin-1 locale has no bars for tables, and no encoding has the bytes of a file's name that
    are not UTF-8.
    """
    codecs.register_error(_HANDLER, _similar)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def _similar(fault: UnicodeError) -> tuple[str, int]:
    """Replace what cannot be encoded, as an error handler of `codecs`."""
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    text = fault.object[fault.start : fault.end]
    return "".join(ASCII_SIGNS.get(sign) or _plain(sign) for sign in text), fault.end


def _plain(sign: str) -> str:
    return unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode() or "?"


def printable(text: str) -> str:
    r"""Return a text with its control characters written out, as \x1b, line ends and tabs kept.

    Names of files, cameras and classes may have any, and terminals act on them.
    """
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def one_line(text: str) -> str:
    r"""Return a text with its line ends written out, as \n; one in a file's name forges a line."""
    return text.replace("\n", "\\n")


def without_passwords(text: str) -> str:
    """Return a text whose addresses have *** for user, password and query.

    A message may repeat an argument, and an address can be given where none is expected.
    """
    return _QUERY.sub(r"\1***", _LOGIN.sub(r"\1***@", text))


def print_error(text: str) -> None:
    """Write one line to standard error, if there is one that takes it; what is long is cut.

    Passwords in addresses are left out.
    """
    line = printable(without_passwords(" ".join(text.splitlines())))
    if len(line) > _LONGEST_ERROR:  # the advice is at the end
        line = f"{line[: _LONGEST_ERROR - 300]} ... {line[-300:]}"
    with suppress(OSError, AttributeError, ValueError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


@contextmanager
def output_may_fail() -> Iterator[None]:
    """Go on if standard output cannot be written; `finish_output` reports it at the end.

    For work that is worth more than its messages. For a closed pipe (`| head -1`) rich asks the
    whole program to end.
    """
    try:
        yield
    except OSError as fault:
        _faults.append(fault)
    except SystemExit:
        _faults.append(BrokenPipeError())


def finish_output(program: str, code: int) -> int:
    """Write what is buffered; return the exit code, 1 instead of 0 if any output was lost.

    One line reports that. A pipe or terminal that was closed (`| head`) changes nothing here.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as fault:
        _faults.append(fault)
        _discard_output()
    except ValueError:  # somebody has closed it
        return code
    lost = [fault for fault in _faults if fault.errno not in _CLOSED]
    _faults.clear()
    if not lost:
        return code
    print_error(f"{program}: standard output cannot be written: {reason_of(lost[0])}")
    return code or 1


def is_output_fault(fault: OSError) -> bool:
    """Return whether an error came from standard output; tried by writing an empty line."""
    if fault.filename is not None:
        return False
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except (OSError, AttributeError, ValueError):
        return True
    return False


def _discard_output() -> None:
    """Discard what is buffered, which Python would write again at its end, with a message."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
