"""Look at the state the board is in: clock, throttling, temperature, memory and disk."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

from edge_app.board import UNKNOWN, judge
from edge_app.doctor.finding import FAIL, OK, WARN, Finding
from edge_app.doctor.machine import Machine
from edge_app.style import file_size

# As in `board.verdict`: from here on a Pi lowers its clock.
HOT_C = 80.0
# As in `sinks.segments`: a recording does not go on below this.
LOW_BYTES, LOW_SHARE = 200_000_000, 0.02
_ROOMY_BYTES = 1_000_000_000
# One variant of the street model takes about 240 MB.
_SCARCE_MB, _TIGHT_MB = 250, 500


def look_at_condition(machine: Machine) -> list[Finding]:
    """Return what is found of the board's state."""
    return [
        _governor(machine),
        _throttling(machine),
        _temperature(machine),
        _memory(machine),
        *_disks(machine),
    ]


def _governor(machine: Machine) -> Finding:
    state = machine.board
    governor = state.get("governor", UNKNOWN)
    if governor == UNKNOWN:
        said = "unknown; a virtual machine shows none"
        return Finding("governor", WARN, said, "lscpu | grep -i mhz  # shows the clock")
    # Only the governor is to be judged here, so the board is said to be well otherwise.
    well = {**state, "throttled": "0", "temperature_c": UNKNOWN}
    faults = judge(well, well).reasons
    if faults:
        files = "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
        mend = f"echo ondemand | sudo tee {files}"
        return Finding("governor", WARN, faults[0].partition(";")[0], mend)
    return Finding("governor", OK, f"{governor}, up to {state.get('clock_max_mhz', UNKNOWN)} MHz")


def _throttling(machine: Machine) -> Finding:
    now = machine.board.get("throttled_now", UNKNOWN)
    before = machine.board.get("throttled_since_boot", UNKNOWN)
    if UNKNOWN in (now, before):
        if machine.is_pi:
            mend = "sudo apt install raspi-utils  # brings vcgencmd"
            return Finding("throttling", WARN, "unknown: vcgencmd does not answer", mend)
        said = "unknown: only a Raspberry Pi tells"
        return Finding("throttling", WARN, said, "lscpu | grep -i mhz  # while it is busy")
    again = "vcgencmd get_throttled  # after mending its power supply and cooling"
    if now:
        return Finding("throttling", FAIL, f"at this moment: {', '.join(now)}", again)
    if before:
        return Finding("throttling", WARN, f"since it was started: {', '.join(before)}", again)
    return Finding("throttling", OK, "none since it was started")


def _temperature(machine: Machine) -> Finding:
    value = machine.board.get("temperature_c", UNKNOWN)
    ask = "vcgencmd measure_temp" if machine.is_pi else "cat /sys/class/thermal/thermal_zone*/temp"
    if not isinstance(value, int | float):
        return Finding("temperature", WARN, UNKNOWN, ask)
    if value >= HOT_C:
        return Finding("temperature", WARN, f"{value:.0f} °C, too hot; fit a fan", ask)
    return Finding("temperature", OK, f"{value:.0f} °C")


def _memory(machine: Machine) -> Finding:
    free = free_memory_mb(machine.root)
    ask = "ps aux --sort=-rss | head  # shows what takes it"
    if free is None:
        return Finding("memory", WARN, UNKNOWN, "free -m")
    said = f"{free} MB free of {machine.board.get('memory_mb', UNKNOWN)} MB"
    if free < _TIGHT_MB:
        return Finding("memory", FAIL if free < _SCARCE_MB else WARN, said, ask)
    return Finding("memory", OK, said)


def free_memory_mb(root: Path) -> int | None:
    """Return the memory a new program can have, in 10^6 bytes, within its control group."""
    lines = _text(root / "proc/meminfo").splitlines()
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    limit, used = (_text(root / "sys/fs/cgroup" / f"memory.{name}") for name in ("max", "current"))
    if limit.isdecimal() and used.isdecimal():
        found.append(max(0, int(limit) - int(used)))
    return min(found) // 10**6 if found else None


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _disks(machine: Machine) -> list[Finding]:
    """Return a finding for each disk the app writes to."""
    folders: dict[object, Path] = {}
    for folder in machine.folders:
        folders.setdefault(_disk(folder), folder)
    return [_folder(machine, folder) for folder in folders.values()]


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 10**9 else file_size(size_bytes)


def _disk(folder: Path) -> object:
    try:
        return folder.stat().st_dev
    except OSError:
        return folder


def _folder(machine: Machine, folder: Path) -> Finding:
    name, ask = f"disk {folder}", f"du -xh {folder} | sort -h | tail  # shows what takes it"
    try:
        total, free = machine.space(folder)
    except OSError as fault:
        return Finding(name, WARN, f"unknown: {fault.strerror}", f"df -h {folder}")
    said = f"{_size(free)} free of {_size(total)}"
    if free < min(LOW_BYTES, LOW_SHARE * total):
        return Finding(name, FAIL, f"{said}: too full to record", ask)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(65536))
    except OSError as fault:
        mend = {
            errno.ENOSPC: ask,
            errno.EROFS: f"sudo mount -o remount,rw $(findmnt -n -o TARGET -T {folder})",
        }.get(fault.errno or 0, f"ls -ld {folder}  # shows who may write there")
        return Finding(name, FAIL, f"{said}, but writing fails: {fault.strerror}", mend)
    if free < _ROOMY_BYTES:
        return Finding(name, WARN, f"{said}: full after minutes of recording", ask)
    return Finding(name, OK, said)
