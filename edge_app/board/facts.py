"""The machine and its state; what cannot be read is "unknown"."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge_app.board.throttle import UNKNOWN, read_throttled, throttled_now, throttled_since_boot

# They decide whether int8 and float16 pay: dot products and half-precision arithmetic.
_ARM_FLAGS = ("asimd", "asimdhp", "fphp", "asimddp", "i8mm", "bf16", "sve")
_X86_FLAGS = ("avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8")
# Source: Arm's MIDR part numbers, as /proc/cpuinfo shows them.
_ARM_PARTS = {
    "0xd03": "Cortex-A53",
    "0xd05": "Cortex-A55",
    "0xd07": "Cortex-A57",
    "0xd08": "Cortex-A72",
    "0xd0b": "Cortex-A76",
    "0xd0c": "Neoverse-N1",
    "0xd41": "Cortex-A78",
}
_CPUFREQ = "sys/devices/system/cpu/cpu0/cpufreq"
_PACKAGES = ("numpy", "opencv-python", "av", "pillow", "rich", "ai-edge-litert", "tflite-runtime")


def board(root: Path = Path("/")) -> dict[str, Any]:
    """Return the board's record for logs and results; root: where /proc and /sys are."""
    cpuinfo = _cpuinfo(root)
    throttled = read_throttled(root)
    return {
        "model": _model(root, cpuinfo),
        "soc": _soc(root),
        "cpu": _cpu(cpuinfo),
        "machine": platform.machine(),
        "cores": os.cpu_count() or UNKNOWN,
        "cpu_features": _features(cpuinfo),
        "memory_mb": _memory_mb(root),
        "governor": _read(root / _CPUFREQ / "scaling_governor"),
        "clock_driver": _read(root / _CPUFREQ / "scaling_driver"),
        "clock_mhz": _mhz(root, "scaling_cur_freq"),
        "clock_max_mhz": _mhz(root, "cpuinfo_max_freq"),
        "temperature_c": _temperature_c(root),
        "throttled": throttled,
        "throttled_now": throttled_now(throttled),
        "throttled_since_boot": throttled_since_boot(throttled),
        "load_1m": _load(root),
        "os": _os_name(root),
        "kernel": platform.release(),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    try:
        found["edge-quant"] = importlib.metadata.version("edge-quant")
    except importlib.metadata.PackageNotFoundError:
        found["edge-quant"] = UNKNOWN
    return found


def board_slug(model: object) -> str:
    """Return a board's model as a file name, e.g. raspberry-pi-5-model-b-rev-1-0."""
    return re.sub(r"[^a-z0-9]+", "-", str(model).lower()).strip("-") or UNKNOWN


def peak_rss_mb() -> float | None:
    """Return the process's highest resident memory since `reset_peak_rss`, in MB (10^6 bytes)."""
    status = _read(Path("/proc/self/status"))
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return None


def reset_peak_rss() -> None:
    """Start a new peak, if the kernel allows it."""
    try:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    except OSError:
        return


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip("\0\n ") or UNKNOWN
    except OSError:
        return UNKNOWN


def _cpuinfo(root: Path) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for line in _read(root / "proc/cpuinfo").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def _model(root: Path, cpuinfo: Mapping[str, str]) -> str:
    named = _read(root / "proc/device-tree/model")
    if named != UNKNOWN:
        return named
    return cpuinfo.get("model name") or cpuinfo.get("hardware") or UNKNOWN


def _features(cpuinfo: Mapping[str, str]) -> list[str]:
    have = set((cpuinfo.get("flags") or cpuinfo.get("features") or "").split())
    return [flag for flag in (*_ARM_FLAGS, *_X86_FLAGS) if flag in have]


def _memory_mb(root: Path) -> int | str:
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024 // 10**6
    return UNKNOWN


def _temperature_c(root: Path) -> float | str:
    text = _read(root / "sys/class/thermal/thermal_zone0/temp")
    return int(text) / 1000 if text.lstrip("-").isdigit() else UNKNOWN


def _mhz(root: Path, name: str) -> int | str:
    text = _read(root / _CPUFREQ / name)
    return int(text) // 1000 if text.isdigit() else UNKNOWN


def _soc(root: Path) -> str:
    """Return the chip: the last entry of a device tree, e.g. "brcm,bcm2712", is the general one."""
    named = [part for part in _read(root / "proc/device-tree/compatible").split("\0") if part]
    return named[-1].rpartition(",")[2] if named and named[0] != UNKNOWN else UNKNOWN


def _cpu(cpuinfo: Mapping[str, str]) -> str:
    part = cpuinfo.get("cpu part", "").lower()
    return cpuinfo.get("model name") or _ARM_PARTS.get(part) or part or UNKNOWN


def _load(root: Path) -> float | str:
    text = _read(root / "proc/loadavg")
    try:
        return float(text.split()[0])
    except ValueError:
        return UNKNOWN


def _os_name(root: Path) -> str:
    for line in _read(root / "etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return UNKNOWN
