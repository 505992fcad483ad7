"""Checks of Python and of the system below it."""

from __future__ import annotations

from edge_app.board import UNKNOWN
from edge_app.doctor.finding import FAIL, INFO, OK, WARN, Finding
from edge_app.doctor.machine import Machine

_OLDEST, _NEWEST = (3, 11), (3, 13)
_ARCHITECTURES = ("aarch64", "arm64", "x86_64", "amd64")
# The wheels of LiteRT, OpenCV and PyAV are tagged manylinux_2_28 or older.
_GLIBC = (2, 28)
_NEW_SYSTEM = "rpi-imager  # on another computer: write the 64-bit Raspberry Pi OS"


def check_system(machine: Machine) -> list[Finding]:
    """Check Python, the word size, the C library and the board's name."""
    return [_python(machine), _bits(machine), _libc(machine), _board(machine)]


def _python(machine: Machine) -> Finding:
    where = f"in the venv {machine.venv}" if machine.venv else "of the system, not in a venv"
    version = f"{'.'.join(map(str, machine.python))}, {where}"
    fix = "python3.11 -m venv .venv  # or python3.13, then install the app in it"
    if machine.python[:2] < _OLDEST:
        return Finding("Python", FAIL, f"{version}; the app needs 3.11 or newer", fix)
    if machine.python[:2] > _NEWEST:
        return Finding("Python", WARN, f"{version}; tested up to 3.13 only", fix)
    return Finding("Python", OK, version)


def _bits(machine: Machine) -> Finding:
    architecture = machine.architecture.lower()
    if machine.bits == 32:
        wide = architecture in _ARCHITECTURES or architecture.startswith("armv8")
        kernel = "on a 64-bit kernel" if wide else f"on {machine.architecture}"
        message = f"32-bit userland {kernel}; no runtime has wheels for it"
        return Finding("bits", FAIL, message, _NEW_SYSTEM)
    message = f"{machine.bits}-bit, {machine.architecture}"
    if architecture not in _ARCHITECTURES:
        message += "; runtimes have wheels for aarch64 and x86_64 only"
        return Finding(
            "bits",
            WARN,
            message,
            f"{machine.packages.pip_command} download --no-deps ai-edge-litert",
        )
    return Finding("bits", OK, message)


def _libc(machine: Machine) -> Finding:
    name, version = machine.libc
    if name != "glibc":
        message = f"{name or UNKNOWN}; wheels are built for glibc 2.28 or newer"
        return Finding("glibc", WARN, message, "ldd --version  # shows which C library this is")
    try:
        number = tuple(int(part) for part in version.split(".")[:2])
    except ValueError:
        return Finding("glibc", WARN, f"version {version or UNKNOWN}", "ldd --version")
    if number < _GLIBC:
        upgrade = "sudo apt full-upgrade  # or write a newer system: Debian 12 or later"
        return Finding("glibc", FAIL, f"{version}; wheels need 2.28 or newer", upgrade)
    return Finding("glibc", OK, version)


def _board(machine: Machine) -> Finding:
    model, system = (str(machine.board.get(name, UNKNOWN)) for name in ("model", "os"))
    if model == UNKNOWN:
        return Finding("board", INFO, f"not named by the kernel; {system}")
    return Finding("board", OK, f"{model}; {system}")
