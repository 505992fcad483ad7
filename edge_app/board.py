"""Tell which machine this is and what state it is in; what cannot be read is "unknown"."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

UNKNOWN = "unknown"

# What decides whether int8 and float16 pay: dot products and half-precision arithmetic.
_ARM_FLAGS = ("asimd", "asimdhp", "fphp", "asimddp", "i8mm", "bf16", "sve")
_X86_FLAGS = ("avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8")
_PACKAGES = ("numpy", "opencv-python", "av", "pillow", "rich", "ai-edge-litert", "tflite-runtime")


def board(root: Path = Path("/")) -> dict[str, Any]:
    """Describe the board for logs and results.

    root: where /proc and /sys are looked for; tests give a made tree.
    """
    cpuinfo = _cpuinfo(root)
    return {
        "model": _model(root, cpuinfo),
        "machine": platform.machine(),
        "cores": os.cpu_count() or UNKNOWN,
        "cpu_features": _features(cpuinfo),
        "memory_mb": _memory_mb(root),
        "governor": _read(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "temperature_c": _temperature_c(root),
        "throttled": _throttled(root),
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


def peak_rss_mb() -> float | None:
    """Return the process's highest resident memory since `reset_peak_rss`, in MB (10^6 bytes)."""
    status = _read(Path("/proc/self/status"))
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return None


def reset_peak_rss() -> None:
    """Begin a new peak; where the kernel does not allow it, the old peak stands."""
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


def _throttled(root: Path) -> str:
    """Return the firmware's throttle bits in hexadecimal, as vcgencmd prints them."""
    return _read(root / "sys/devices/platform/soc/soc:firmware/get_throttled")


def _load(root: Path) -> float | str:
    text = _read(root / "proc/loadavg")
    return float(text.split()[0]) if text != UNKNOWN else UNKNOWN


def _os_name(root: Path) -> str:
    for line in _read(root / "etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return UNKNOWN
