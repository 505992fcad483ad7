"""What a board says of itself is read; what it does not say is unknown, never a guess."""

import json
from pathlib import Path

import pytest

from edge_app.board import (
    UNKNOWN,
    CpuUsage,
    board,
    board_slug,
    facts,
    judge,
    peak_rss_mb,
    read_cpu_usage,
    reset_peak_rss,
    versions,
)
from edge_app.cli import main

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
    assert found["throttled_now"] == []
    assert found["throttled_since_boot"] == ["under-voltage", "throttled"]
    assert (found["soc"], found["cpu"]) == ("bcm2712", "Cortex-A76")
    assert (found["clock_mhz"], found["clock_max_mhz"]) == (1500, 2400)
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
    told = ("throttled_now", "throttled_since_boot", "clock_mhz", "soc", "cpu")
    for field in (
        *told,
        "model",
        "memory_mb",
        "governor",
        "temperature_c",
        "throttled",
        "load_1m",
        "os",
    ):
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
        raise facts.importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(facts.importlib.metadata, "version", none)
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


def state(root: Path, **changes: str) -> dict[str, object]:
    """Return the board of a Pi whose files are changed."""
    names = {
        "throttled": "sys/devices/platform/soc/soc:firmware/get_throttled",
        "temperature": "sys/class/thermal/thermal_zone0/temp",
        "governor": "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
        "driver": "sys/devices/system/cpu/cpu0/cpufreq/scaling_driver",
    }
    files = PI_5 | {names[name]: text for name, text in changes.items()}
    return {**board(tree(root, files)), "cores": 4}


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("0", "0", ""),
        ("0", "20002", "clock capped"),
        ("0", "10000", "under-voltage"),
        ("4", "4", "throttled"),
        ("50000", "50000", ""),
        ("50000", "d0000", "soft temperature limit"),
        ("", "", ""),
    ],
    ids=["cool", "capped", "dipped during it", "throughout", "long ago", "anew", "unknown"],
)
def test_throttling_makes_a_run_invalid(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    """Bits of now, and bits of since boot that are new, count; old ones are only noted."""
    verdict = judge(
        state(tmp_path / "a", throttled=before), state(tmp_path / "b", throttled=after), 0.0
    )
    assert verdict.valid is (reason == "")
    assert verdict.throttled is (reason != "")
    assert reason in " ".join(verdict.reasons)
    assert ("since it was started" in " ".join(verdict.notes)) == (before == after == "50000")
    assert ("throttling is unknown" in " ".join(verdict.notes)) == (before == "")


def test_a_spell_in_the_midst_counts(tmp_path: Path) -> None:
    """Where the bits since boot were set before, a state between tells what the ends do not."""
    old, hot = state(tmp_path / "a", throttled="50000"), state(tmp_path / "b", throttled="50004")
    assert judge(old, old, 0.0).valid
    verdict = judge(old, old, 0.0, [old, hot, old])
    assert verdict.throttled
    assert "throttled; get_throttled 0x50004" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("bits", "advice"),
    [("1", "; mend the power supply"), ("8", "; cool the board"), ("f", "; cool the board")],
)
def test_the_advice_fits_the_cause(tmp_path: Path, bits: str, advice: str) -> None:
    """Under-voltage alone is the supply's fault; every other bit has to do with heat."""
    found = state(tmp_path, throttled=bits)
    assert advice in judge(found, found, 0.0).reasons[0]


def test_heat_alone_is_no_reason_where_the_bits_are_clear(tmp_path: Path) -> None:
    """A hot board whose firmware says that it kept its clock is trusted."""
    found = state(tmp_path, throttled="0", temperature="84000")
    assert judge(found, found, 0.0).valid


def test_bits_that_vanish_are_unknown(tmp_path: Path) -> None:
    """Bits read before but not after prove nothing."""
    first, last = state(tmp_path / "a", throttled="0"), state(tmp_path / "b", throttled="")
    verdict = judge(first, last, 0.0)
    assert verdict.valid
    assert "throttling is unknown" in verdict.notes[0]


@pytest.mark.parametrize(
    "place",
    [
        "sys/devices/platform/axi/axi:firmware/get_throttled",
        "sys/firmware/devicetree/base/soc/firmware/get_throttled",
    ],
)
def test_bits_are_found_where_other_kernels_show_them(tmp_path: Path, place: str) -> None:
    """A place that is absent is passed over."""
    assert board(tree(tmp_path, {place: "50005\n"}))["throttled"] == "50005"


@pytest.mark.parametrize(("more", "code"), [([], 3), (["--allow-throttled"], 0)])
def test_a_bench_on_a_throttled_board_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    code: int,
) -> None:
    """The exit code, the last line and the file tell the verdict; the figures stay."""
    slowed = state(tmp_path / "pi", throttled="20002")
    monkeypatch.setattr("edge_app.board.board", lambda: slowed)
    result = tmp_path / "result.json"
    quick = ["--variants", "int8", "--min-secs", "0.05", "--num-runs", "2", "--rounds", "1"]
    asked = ["bench", "--model", "mnist", *quick, "--quality-frames", "2", "--json", str(result)]
    assert main([*asked, *more]) == code
    assert "not valid: the board slowed itself down (clock capped" in capsys.readouterr().out
    found = json.loads(result.read_text())
    assert found["verdict"]["valid"] is False
    assert found["board"]["before"]["model"] == "Raspberry Pi 5 Model B Rev 1.0"
    assert found["variants"][0]["invoke_only"]["n"] >= 2


def test_several_reasons_stand_side_by_side(tmp_path: Path) -> None:
    """A throttled, crowded board on the lowest clock hears of all three."""
    found = state(tmp_path, throttled="4", governor="powersave", driver="cpufreq-dt")
    assert len(judge(found, found, 2.0).reasons) == 3


def test_heat_counts_where_bits_are_unknown(tmp_path: Path) -> None:
    """Without throttle bits a hot board is not trusted."""
    cool = state(tmp_path / "a", throttled="")
    hot = state(tmp_path / "b", throttled="", temperature="84000")
    assert "84 °C" in judge(cool, hot, 0.0).reasons[0]


@pytest.mark.parametrize(
    ("governor", "driver", "valid"),
    [
        ("ondemand", "cpufreq-dt", True),
        ("powersave", "cpufreq-dt", False),
        ("powersave", "intel_pstate", True),
    ],
)
def test_the_lowest_clock_is_not_measured(
    tmp_path: Path, governor: str, driver: str, *, valid: bool
) -> None:
    """Powersave holds the lowest clock, except in drivers where it follows the load."""
    found = state(tmp_path, throttled="0", governor=governor, driver=driver)
    assert judge(found, found, 0.0).valid is valid


@pytest.mark.parametrize(("others", "valid"), [(0.1, True), (1.0, False), (None, True)])
def test_others_at_work_make_a_run_invalid(
    tmp_path: Path, others: float | None, *, valid: bool
) -> None:
    """A core kept busy by others counts; an unknown load is noted."""
    found = state(tmp_path, throttled="0")
    verdict = judge(found, found, others)
    assert verdict.valid is valid
    assert bool(verdict.notes) == (others is None)


def test_the_firmware_is_asked_where_sysfs_is_silent(tmp_path: Path) -> None:
    """A vcgencmd in the tree answers instead; one that fails leaves it unknown."""
    tree(tmp_path, {"usr/bin/vcgencmd": "#!/bin/sh\necho throttled=0x50005\n"})
    program = tmp_path / "usr/bin/vcgencmd"
    program.chmod(0o755)
    found = board(tmp_path)
    assert found["throttled"] == "0x50005"
    assert found["throttled_now"] == ["under-voltage", "throttled"]
    program.write_text("#!/bin/sh\necho VCHI initialization failed\n")
    assert board(tmp_path)["throttled"] == UNKNOWN


def test_work_of_others_is_what_is_not_our_own(tmp_path: Path) -> None:
    """Busy and stolen time less this program's own, in cores."""
    assert read_cpu_usage(tmp_path) is None
    found = read_cpu_usage(tree(tmp_path, {"proc/stat": "cpu  100 0 50 800 50 0 0 10 0 0\n"}))
    assert found is not None
    assert (found.busy_s, found.stolen_s, found.idle_s) == (1.5, 0.1, 8.5)
    before, after = CpuUsage(0, 0, 0, 0), CpuUsage(3, 1, 2, 4)
    cores = board()["cores"]
    assert after.others_since(before) == pytest.approx(2 / 8 * cores)
    assert before.others_since(before) is None


def test_a_board_names_its_reference_file() -> None:
    """The file is named by the model, in letters and digits."""
    assert board_slug("Raspberry Pi 5 Model B Rev 1.0") == "raspberry-pi-5-model-b-rev-1-0"
