"""The machine and its state; what cannot be read is "unknown"."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from edge_app.board.throttle import SINCE_BOOT, UNKNOWN, bit_names, parse_bits, read_throttled

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
_LONGEST_SLUG = 100  # a file name may have 255 bytes
_CPUFREQ = "sys/devices/system/cpu/cpu0/cpufreq"
_PACKAGES = ("numpy", "opencv-python", "av", "pillow", "rich", "ai-edge-litert", "tflite-runtime")


def board(root: Path = Path("/")) -> dict[str, Any]:
    """Return the board's record for logs and results; root: where /proc and /sys are."""
    cpuinfo = _fields(root / "proc/cpuinfo")
    named = _device_model(root)
    cpu = cpuinfo.get("model name")
    part = cpuinfo.get("cpu part", "").lower()
    flags = set((cpuinfo.get("flags") or cpuinfo.get("features") or "").split())
    memory = kernel_bytes(root / "proc/meminfo", "memtotal")
    throttled = read_throttled(root)
    bits = parse_bits(throttled)
    return {
        "model": named if named != UNKNOWN else cpu or cpuinfo.get("hardware") or UNKNOWN,
        "soc": _soc(root),
        "cpu": cpu or _ARM_PARTS.get(part) or part or UNKNOWN,
        "machine": platform.machine(),
        "cores": os.cpu_count() or UNKNOWN,
        "cpu_features": [flag for flag in (*_ARM_FLAGS, *_X86_FLAGS) if flag in flags],
        "memory_mb": UNKNOWN if memory is None else memory // 10**6,
        "governor": _read(root / _CPUFREQ / "scaling_governor"),
        "clock_driver": _read(root / _CPUFREQ / "scaling_driver"),
        "clock_mhz": _mhz(root, "scaling_cur_freq"),
        "clock_max_mhz": _mhz(root, "cpuinfo_max_freq"),
        "temperature_c": _temperature_c(root),
        "throttled": throttled,
        "throttled_now": UNKNOWN if bits is None else bit_names(bits),
        "throttled_since_boot": UNKNOWN if bits is None else bit_names(bits >> SINCE_BOOT),
        "load_1m": _load(root),
        "os": _fields(root / "etc/os-release", "=").get("pretty_name", UNKNOWN).strip('"'),
        "kernel": platform.release(),
    }


def is_raspberry_pi(root: Path = Path("/")) -> bool:
    """Return whether the machine is a Raspberry Pi; root: where /proc is."""
    return "raspberry pi" in _device_model(root).lower()


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in (*_PACKAGES, "edge-quant"):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return {**found, "edge-quant": found.get("edge-quant", UNKNOWN)}


def board_slug(model: object) -> str:
    """Return a board's model as a file name, e.g. raspberry-pi-5-model-b-rev-1-0."""
    words = re.sub(r"[^a-z0-9]+", "-", str(model).lower())
    return words.strip("-")[:_LONGEST_SLUG].rstrip("-") or UNKNOWN


def peak_rss_mb() -> float | None:
    """Return the process's highest resident memory since `reset_peak_rss`, in MB (10^6 bytes)."""
    peak = kernel_bytes(Path("/proc/self/status"), "vmhwm")
    return None if peak is None else peak / 1e6


def reset_peak_rss() -> None:
    """Start a new peak, if the kernel allows it."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")


def kernel_bytes(path: Path, name: str) -> int | None:
    """Return a size that a file of the kernel gives in kB, by its name in lower case."""
    value = _fields(path).get(name)
    return int(value.split()[0]) * 1024 if value else None


def _device_model(root: Path) -> str:
    return _read(root / "proc/device-tree/model")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip("\0\n ") or UNKNOWN
    except OSError:
        return UNKNOWN


def _fields(path: Path, separator: str = ":") -> dict[str, str]:
    """Return the named values of a file, the first of each name; names in lower case."""
    lines = [line.partition(separator) for line in _read(path).splitlines()]
    return {name.strip().lower(): value.strip() for name, found, value in lines[::-1] if found}


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


def _load(root: Path) -> float | str:
    text = _read(root / "proc/loadavg")
    try:
        return float(text.split()[0])
    except ValueError:
        return UNKNOWN
