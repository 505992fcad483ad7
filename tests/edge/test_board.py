"""What a board says of itself is read; what it does not say is unknown, never a guess."""

import json
from pathlib import Path

import pytest

from edge_app import board as room
from edge_app.board import UNKNOWN, board, peak_rss_mb, reset_peak_rss, versions

PI_5 = {
    "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
    "proc/cpuinfo": "processor\t: 0\nBogoMIPS\t: 108.00\n"
    "Features\t: fp asimd evtstrm aes fphp asimdhp cpuid asimddp\nCPU part\t: 0xd0b\n\n"
    "processor\t: 1\nFeatures\t: fp\n\nRevision\t: c04170\nModel\t\t: Raspberry Pi 5\n",
    "proc/meminfo": "MemTotal:        8245056 kB\nMemFree:         6000000 kB\n",
    "proc/loadavg": "0.52 0.58 0.59 1/467 12345\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
    "sys/class/thermal/thermal_zone0/temp": "51234\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "50000\n",
    "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
}
LAPTOP = {
    "proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\n"
    "flags\t\t: fpu avx avx2 fma f16c avx512f avx512_vnni\n",
}


def tree(root: Path, files: dict[str, str]) -> Path:
    """Write the files a kernel would show."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_raspberry_pi_is_read(tmp_path: Path) -> None:
    """Model, features, memory, governor, temperature and throttling come from its files."""
    found = board(tree(tmp_path, PI_5))
    assert found["model"] == "Raspberry Pi 5 Model B Rev 1.0"
    assert found["cpu_features"] == ["asimd", "asimdhp", "fphp", "asimddp"]
    assert found["memory_mb"] == 8442
    assert found["governor"] == "ondemand"
    assert found["temperature_c"] == 51.234
    assert found["throttled"] == "50000"
    assert found["load_1m"] == 0.52
    assert found["os"] == "Debian GNU/Linux 12 (bookworm)"


def test_a_laptop_is_read(tmp_path: Path) -> None:
    """The model is the CPU's name, and what decides about int8 is listed."""
    found = board(tree(tmp_path, LAPTOP))
    assert found["model"] == "Some CPU @ 2.00GHz"
    assert found["cpu_features"] == ["avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni"]


@pytest.mark.parametrize(
    "files",
    [
        {},
        dict.fromkeys(PI_5, ""),
        {"sys/class/thermal/thermal_zone0/temp": "hot", "proc/meminfo": "MemFree: 5 kB\n"},
    ],
    ids=["absent", "empty", "odd"],
)
def test_what_cannot_be_read_is_unknown(tmp_path: Path, files: dict[str, str]) -> None:
    """An absent, empty or odd file never reads as good news."""
    found = board(tree(tmp_path, files))
    for field in ("model", "memory_mb", "governor", "temperature_c", "throttled", "load_1m", "os"):
        assert found[field] == UNKNOWN
    assert found["cpu_features"] == []


def test_this_machine_fits_into_json() -> None:
    """The real record holds plain values only."""
    found = board()
    assert json.loads(json.dumps(found)) == found
    assert found["cores"] >= 1


def test_versions_name_what_results_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages that are not installed are left out; the app's own is always told."""
    found = versions()
    assert found["numpy"].count(".") >= 1
    assert "python" in found
    assert "edge-quant" in found

    def none(_package: str) -> str:
        raise room.importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(room.importlib.metadata, "version", none)
    assert set(versions()) == {"python", "edge-quant"}
    assert versions()["edge-quant"] == UNKNOWN


def test_the_peak_of_memory_follows_what_is_used() -> None:
    """A block of 64 MB shows in the peak, and a new peak begins below the old one."""
    reset_peak_rss()
    before = peak_rss_mb()
    if before is None:
        pytest.skip("this kernel tells no peak")
    block = bytearray(64_000_000)
    block[::4096] = b"x" * len(block[::4096])
    during = peak_rss_mb()
    assert during is not None
    assert during - before > 50
    del block
    reset_peak_rss()
    after = peak_rss_mb()
    assert after is not None
    assert after <= during
