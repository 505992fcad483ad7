"""The board's record holds what the kernel says, and "unknown" for the rest."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import pytest

from edge_app.board import UNKNOWN, board, versions
from edge_app.board.facts import board_slug, peak_rss_mb, reset_peak_rss
from tests.support.boards import LAPTOP, PI_5, write_tree


def test_a_raspberry_pi_is_read(tmp_path: Path) -> None:
    """Model, features, memory, governor, temperature and throttling come from its files."""
    record = board(write_tree(tmp_path, PI_5))
    assert record["model"] == "Raspberry Pi 5 Model B Rev 1.0"
    assert record["cpu_features"] == ["asimd", "asimdhp", "fphp", "asimddp"]
    assert record["memory_mb"] == 8442
    assert record["governor"] == "ondemand"
    assert record["temperature_c"] == 51.234
    assert record["throttled"] == "50000"
    assert record["throttled_now"] == []
    assert record["throttled_since_boot"] == ["under-voltage", "throttled"]
    assert (record["soc"], record["cpu"]) == ("bcm2712", "Cortex-A76")
    assert (record["clock_mhz"], record["clock_max_mhz"]) == (1500, 2400)
    assert record["load_1m"] == 0.52
    assert record["os"] == "Debian GNU/Linux 12 (bookworm)"


def test_a_laptop_is_read(tmp_path: Path) -> None:
    """The model is the CPU's name, and the features that decide about int8 are listed."""
    record = board(write_tree(tmp_path, LAPTOP))
    assert record["model"] == "Some CPU @ 2.00GHz"
    assert record["cpu_features"] == ["avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni"]


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
    record = board(write_tree(tmp_path, files))
    unknown = {name for name, value in record.items() if value == UNKNOWN}
    assert unknown >= {
        "throttled_now", "throttled_since_boot", "clock_mhz", "soc", "cpu", "model", "memory_mb",
        "governor", "temperature_c", "throttled", "load_1m", "os",
    }  # fmt: skip
    assert record["cpu_features"] == []


def test_this_machine_fits_into_json() -> None:
    """The real record holds plain values only."""
    record = board()
    assert json.loads(json.dumps(record)) == record
    assert record["cores"] >= 1


def test_versions_name_what_results_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages that are not installed are left out; the app's own is always there."""
    found = versions()
    assert found["numpy"].count(".") >= 1
    assert "python" in found
    assert "edge-quant" in found

    def not_installed(_package: str) -> str:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", not_installed)
    assert set(versions()) == {"python", "edge-quant"}
    assert versions()["edge-quant"] == UNKNOWN


def test_the_peak_of_memory_follows_its_use() -> None:
    """A block of 64 MB shows in the peak, and a new peak starts below the old one."""
    reset_peak_rss()
    before = peak_rss_mb()
    if before is None:
        pytest.skip("this kernel reports no peak")
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


def test_a_board_has_a_file_name() -> None:
    """It is the model, in lower-case letters and digits."""
    assert board_slug("Raspberry Pi 5 Model B Rev 1.0") == "raspberry-pi-5-model-b-rev-1-0"
    assert board_slug("a " * 1500) == "-".join("a" * 50)
