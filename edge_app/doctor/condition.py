"""Checks of the board's state: clock, throttling, temperature, memory and disk."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

from edge_app.board import UNKNOWN
from edge_app.board.facts import kernel_bytes
from edge_app.board.verdict import HOT_C, governor_fault
from edge_app.doctor.finding import FAIL, INFO, OK, WARN, Finding, split_advice
from edge_app.doctor.machine import Machine
from edge_app.paths import LOW_BYTES, LOW_SHARE
from edge_app.style import file_size

_AMPLE_BYTES = 1_000_000_000
# One variant of the street model takes about 240 MB.
_LEAST_MB, _LITTLE_MB = 250, 500


def check_condition(machine: Machine) -> list[Finding]:
    """Check the governor, throttling, temperature, memory, and each disk the app writes to."""
    checks = (_governor, _throttling, _temperature, _memory)
    return [*(check(machine) for check in checks), *_disks(machine)]


def _governor(machine: Machine) -> Finding:
    state = machine.board
    governor = state.get("governor", UNKNOWN)
    if governor == UNKNOWN:
        if machine.is_pi:
            fix = "ls /sys/devices/system/cpu/cpu0/cpufreq"
            return Finding("governor", WARN, "unknown: the kernel does not report it", fix)
        return Finding("governor", INFO, "not reported, as in a virtual machine")
    fault = governor_fault(state)
    if fault:
        fix = "echo ondemand | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
        return Finding("governor", WARN, split_advice(fault)[0], fix)
    return Finding("governor", OK, f"{governor}, up to {state.get('clock_max_mhz', UNKNOWN)} MHz")


def _throttling(machine: Machine) -> Finding:
    name = "throttling"
    now = machine.board.get("throttled_now", UNKNOWN)
    before = machine.board.get("throttled_since_boot", UNKNOWN)  # lists of names, or UNKNOWN
    if UNKNOWN in (now, before):
        if machine.is_pi:
            fix = "sudo apt install raspi-utils  # brings vcgencmd"
            return Finding(name, WARN, "unknown: vcgencmd does not answer", fix)
        return Finding(name, INFO, "not reported: only a Raspberry Pi does")
    fix = "vcgencmd get_throttled  # after fixing its power supply and cooling"
    if now:
        return Finding(name, FAIL, f"now: {', '.join(now)}", fix)
    if before:
        return Finding(name, WARN, f"since boot: {', '.join(before)}", fix)
    return Finding(name, OK, "none since boot")


def _temperature(machine: Machine) -> Finding:
    value = machine.board.get("temperature_c", UNKNOWN)
    fix = "vcgencmd measure_temp" if machine.is_pi else "cat /sys/class/thermal/thermal_zone*/temp"
    if not isinstance(value, int | float):
        if machine.is_pi:
            return Finding("temperature", WARN, UNKNOWN, fix)
        return Finding("temperature", INFO, "not reported, as in a virtual machine")
    if value >= HOT_C:
        return Finding("temperature", WARN, f"{value:.0f} °C, too hot; fit a fan", fix)
    return Finding("temperature", OK, f"{value:.0f} °C")


def _memory(machine: Machine) -> Finding:
    free = free_memory_mb(machine.root)
    if free is None:
        return Finding("memory", WARN, UNKNOWN, "free -m")
    message = f"{free} MB free of {machine.board.get('memory_mb', UNKNOWN)} MB"
    if free < _LITTLE_MB:
        fix = "ps aux --sort=-rss | head  # shows what uses it"
        return Finding("memory", FAIL if free < _LEAST_MB else WARN, message, fix)
    return Finding("memory", OK, message)


def free_memory_mb(root: Path) -> int | None:
    """Return the memory a new program can have, in 10^6 bytes, within its control group."""
    available = kernel_bytes(root / "proc/meminfo", "memavailable")
    found = [] if available is None else [available]
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
    folders: dict[object, Path] = {}
    for folder in machine.folders:
        folders.setdefault(_device(folder), folder)
    return [_disk(machine, folder) for folder in folders.values()]


def _device(folder: Path) -> object:
    try:
        return folder.stat().st_dev
    except OSError:
        return folder


def _disk(machine: Machine, folder: Path) -> Finding:
    name, usage = f"disk {folder}", f"du -xh {folder} | sort -h | tail  # shows what uses it"
    try:
        total, free = machine.space(folder)
    except OSError as fault:
        return Finding(name, WARN, f"unknown: {fault.strerror}", f"df -h {folder}")
    message = f"{_size(free)} free of {_size(total)}"
    if free < min(LOW_BYTES, LOW_SHARE * total):
        return Finding(name, FAIL, f"{message}: too full to record", usage)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(65536))
    except OSError as fault:
        fix = {
            errno.ENOSPC: usage,
            errno.EROFS: f"sudo mount -o remount,rw $(findmnt -n -o TARGET -T {folder})",
        }.get(fault.errno or 0, f"ls -ld {folder}  # shows who may write there")
        return Finding(name, FAIL, f"{message}, but writing fails: {fault.strerror}", fix)
    if free < _AMPLE_BYTES:
        return Finding(name, WARN, f"{message}: full after minutes of recording", usage)
    return Finding(name, OK, message)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 10**9 else file_size(size_bytes)
