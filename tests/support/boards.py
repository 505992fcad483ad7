"""Trees of /proc and /sys files, as the kernels of boards have them."""

from __future__ import annotations

from pathlib import Path

from edge_app.board import board

PI_5 = {
    "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
    "proc/device-tree/compatible": "raspberrypi,5-model-b\0brcm,bcm2712\0",
    "proc/cpuinfo": "processor\t: 0\nBogoMIPS\t: 108.00\n"
    "Features\t: fp asimd evtstrm aes fphp asimdhp cpuid asimddp\nCPU part\t: 0xd0b\n\n"
    "processor\t: 1\nFeatures\t: fp\n\nRevision\t: c04170\nModel\t\t: Raspberry Pi 5\n",
    "proc/meminfo": "MemTotal:        8245056 kB\nMemFree:         6000000 kB\n",
    "proc/loadavg": "0.52 0.58 0.59 1/467 12345\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "1500000\n",
    "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "2400000\n",
    "sys/class/thermal/thermal_zone0/temp": "51234\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "50000\n",
    "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
}
LAPTOP = {
    "proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\n"
    "flags\t\t: fpu avx avx2 fma f16c avx512f avx512_vnni\n",
}
_FILES = {
    "throttled": "sys/devices/platform/soc/soc:firmware/get_throttled",
    "temperature": "sys/class/thermal/thermal_zone0/temp",
    "governor": "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
    "driver": "sys/devices/system/cpu/cpu0/cpufreq/scaling_driver",
}


def write_tree(root: Path, files: dict[str, str]) -> Path:
    """Write files below a root; return the root."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def board_state(root: Path, **changes: str) -> dict[str, object]:
    """Return a Pi 5's record; changes: text of the files named in _FILES."""
    files = PI_5 | {_FILES[name]: text for name, text in changes.items()}
    return {**board(write_tree(root, files)), "cores": 4}
