"""Look at Python and the system under it."""

from __future__ import annotations

from edge_app.board import UNKNOWN
from edge_app.doctor.finding import FAIL, OK, WARN, Finding
from edge_app.doctor.machine import Machine

_OLDEST, _NEWEST = (3, 11), (3, 13)
_KINDS = ("aarch64", "arm64", "x86_64", "amd64")
# The wheels of LiteRT, OpenCV and PyAV are tagged manylinux_2_28 or older.
_GLIBC = (2, 28)
_NEW_SYSTEM = "rpi-imager  # on another computer: write the 64-bit Raspberry Pi OS"


def look_at_system(machine: Machine) -> list[Finding]:
    """Return what is found of Python, the word size, the C library and the board's name."""
    return [_python(machine), _bits(machine), _libc(machine), _board(machine)]


def _python(machine: Machine) -> Finding:
    where = f"in the venv {machine.venv}" if machine.venv else "the system's own, in no venv"
    said = f"{'.'.join(map(str, machine.python))}, {where}"
    mend = "python3.11 -m venv .venv  # or python3.13, then install the app in it"
    if machine.python[:2] < _OLDEST:
        return Finding("Python", FAIL, f"{said}; the app needs 3.11 or newer", mend)
    if machine.python[:2] > _NEWEST:
        return Finding("Python", WARN, f"{said}; tested up to 3.13 only", mend)
    return Finding("Python", OK, said)


def _bits(machine: Machine) -> Finding:
    if machine.bits == 32:
        wide = machine.kind.lower() in _KINDS or machine.kind.startswith("armv8")
        kernel = "on a 64-bit kernel" if wide else f"on {machine.kind}"
        said = f"32-bit userland {kernel}; no runtime has wheels for it"
        return Finding("bits", FAIL, said, _NEW_SYSTEM)
    said = f"{machine.bits}-bit, {machine.kind}"
    if machine.kind.lower() not in _KINDS:
        said += "; runtimes have wheels for aarch64 and x86_64 only"
        return Finding("bits", WARN, said, f"{machine.pip} download --no-deps ai-edge-litert")
    return Finding("bits", OK, said)


def _libc(machine: Machine) -> Finding:
    name, version = machine.libc
    upgrade = "sudo apt full-upgrade  # or write a newer system: Debian 12 or later"
    if name != "glibc":
        said = f"{name or UNKNOWN}; wheels are built for glibc 2.28 or newer"
        return Finding("glibc", WARN, said, "ldd --version  # tells which C library this is")
    try:
        number = tuple(int(part) for part in version.split(".")[:2])
    except ValueError:
        return Finding("glibc", WARN, f"version {version or UNKNOWN}", "ldd --version")
    if number < _GLIBC:
        return Finding("glibc", FAIL, f"{version}; wheels need 2.28 or newer", upgrade)
    return Finding("glibc", OK, version)


def _board(machine: Machine) -> Finding:
    model, system = (str(machine.board.get(name, UNKNOWN)) for name in ("model", "os"))
    if model == UNKNOWN:
        return Finding("board", WARN, f"{UNKNOWN}; {system}", "lscpu")
    return Finding("board", OK, f"{model}; {system}")
