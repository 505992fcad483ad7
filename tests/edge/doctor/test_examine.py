"""The doctor finds what is wrong with a machine, and names the command that mends it."""

import argparse
import json
from pathlib import Path

import pytest

from edge_app.board import UNKNOWN
from edge_app.commands.doctor import run as doctor_command
from edge_app.doctor import condition
from edge_app.doctor.examine import examine
from edge_app.doctor.finding import FAIL, OK, WARN, Finding, split_advice, worst
from edge_app.doctor.machine import Machine
from edge_app.doctor.subprocess_check import CheckOutput
from edge_app.sinks import segments
from edge_app.sources import devices, holders
from tests.support.machines import MISSING, PI, patient, tell


@pytest.fixture(autouse=True)
def no_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take this machine's own cameras out of sight."""
    monkeypatch.setattr(devices, "DEV", tmp_path / "dev")
    monkeypatch.setattr(holders, "PROC", tmp_path / "nothing")


def found(machine: Machine) -> dict[str, Finding]:
    """Return the findings by name."""
    return {one.name: one for one in examine(machine)}


def bad(machine: Machine) -> list[tuple[str, str]]:
    """Return the name and state of all that is not well."""
    return [(one.name, one.state) for one in examine(machine) if one.state != OK]


def test_a_good_machine_is_well(tmp_path: Path) -> None:
    """Nothing is complained about where all is right, and everything is looked at."""
    machine = patient(tmp_path)
    assert bad(machine) == []
    names = set(found(machine))
    assert {"Python", "bits", "glibc", "numpy", "OpenCV", "picamera2", "runtime litert"} < names
    assert {"display", "picamera:0", "governor", "throttling", "temperature", "memory"} < names
    assert {f"disk {tmp_path}", "model street", "requirements"} < names


def test_numpy_2_with_tflite_runtime_is_named(tmp_path: Path) -> None:
    """The runtime fails, with the pip line; models are compared with their cards all the same."""
    fault = (
        "tflite-runtime 2.14.0 cannot work with numpy 2.4.6; run: pip install 'numpy<2' "
        "'opencv-python<4.12', or use --runtime litert"
    )
    sick = {
        ("runtime", "litert"): tell(state="missing"),
        ("runtime", "tflite-runtime"): tell(state="broken", fault=fault),
    }
    machine = patient(tmp_path, sick, pip="/v/bin/python -m pip")
    one = found(machine)["runtime tflite-runtime"]
    assert (one.state, one.said) == (FAIL, "tflite-runtime 2.14.0 cannot work with numpy 2.4.6")
    assert one.mend == "/v/bin/python -m pip install 'numpy<2' 'opencv-python<4.12'"
    model = found(machine)["model street"]
    assert (model.state, model.mend) == (WARN, one.mend)
    assert "not run" in model.said


def test_a_second_runtime_that_is_broken_is_a_warning(tmp_path: Path) -> None:
    """LiteRT is what would be used, so the old runtime's trouble stops nothing."""
    crash = CheckOutput(({"state": "begun"},), "crashed (SIGILL)")
    assert bad(patient(tmp_path, {("runtime", "tflite-runtime"): crash})) == [
        ("runtime tflite-runtime", WARN)
    ]


def test_no_display_is_told(tmp_path: Path) -> None:
    """A warning, with the browser instead; or the variable to set where a server runs."""
    reason = "there is no display (neither is set); start it from the desktop"
    sick = {("display",): tell(toolkit="QT5", usable=False, reason=reason)}
    one = found(patient(tmp_path, sick, env={}))["display"]
    assert (one.state, one.said) == (WARN, "there is no display (neither is set)")
    assert "--headless --serve" in one.mend
    (tmp_path / "tmp/.X11-unix").mkdir(parents=True)
    (tmp_path / "tmp/.X11-unix/X0").touch()
    assert found(patient(tmp_path, sick, env={}))["display"].mend == "export DISPLAY=:0"


def test_headless_opencv_is_told(tmp_path: Path) -> None:
    """An OpenCV without windows comes with the line that swaps it."""
    sick = {("display",): tell(toolkit="NONE", usable=False, reason="without windows")}
    one = found(patient(tmp_path, sick))["display"]
    assert one.state == WARN
    assert "uninstall -y opencv-python-headless" in one.mend
    assert one.mend.endswith("install --force-reinstall opencv-python")


def test_missing_libcamera_is_told(tmp_path: Path) -> None:
    """From apt, or by a venv that sees what apt brought."""
    sick = {("import", "libcamera"): tell(**MISSING)}
    one = found(patient(tmp_path, sick))["picamera2"]
    assert (one.state, one.mend) == (FAIL, "sudo apt install python3-picamera2")
    (tmp_path / "usr/lib/python3/dist-packages/libcamera").mkdir(parents=True)
    one = found(patient(tmp_path, sick))["picamera2"]
    assert one.mend == f"/usr/bin/python3 -m venv --system-site-packages {tmp_path / 'venv'}"
    laptop = patient(tmp_path, sick, board={**PI, "model": "Some CPU"})
    assert found(laptop)["picamera2"].state == OK
    unknown = patient(tmp_path, sick, board={**PI, "model": UNKNOWN})
    assert found(unknown)["picamera2"].state == WARN


def test_a_numpy_that_hides_the_systems_is_named(tmp_path: Path) -> None:
    """Both versions and places are told where picamera2 was built for the other."""
    copies = [["numpy", "2.4.6", "/v/site-packages"], ["numpy", "1.24.2", "/usr/lib/python3"]]
    fault = "ValueError: numpy.dtype size changed, may indicate binary incompatibility"
    sick = {("import", "picamera2"): tell(copies=copies, state="broken", fault=fault)}
    one = found(patient(tmp_path, sick))["picamera2"]
    assert "numpy 2.4.6 in /v/site-packages hides 1.24.2 in /usr/lib/python3" in one.said
    assert one.mend == "pip install 'numpy<2' 'opencv-python<4.12'"


def test_a_32_bit_userland_is_refused(tmp_path: Path) -> None:
    """It is told so under a 64-bit kernel too, and no wheel is promised."""
    sick = {("runtime", "litert"): tell(state="missing")}
    machine = patient(tmp_path, sick, bits=32)
    one = found(machine)["bits"]
    assert (one.state, "32-bit userland on a 64-bit kernel" in one.said) == (FAIL, True)
    assert "64-bit Raspberry Pi OS" in one.mend
    assert "64-bit Raspberry Pi OS" in found(machine)["runtime"].mend


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """Below what a recording leaves free it fails; below 1 GB it warns."""
    for free, state in ((0, FAIL), (100_000_000, FAIL), (700_000_000, WARN), (2 * 10**9, OK)):

        def space(_folder: Path, free: int = free) -> tuple[int, int]:
            return 32 * 10**9, free

        one = found(patient(tmp_path, space=space))[f"disk {tmp_path}"]
        assert (one.state, bool(one.mend)) == (state, state != OK)
    assert (condition.LOW_BYTES, condition.LOW_SHARE) == (segments.LOW_BYTES, segments.LOW_SHARE)


def test_a_folder_that_takes_no_file_fails(tmp_path: Path) -> None:
    """Free bytes do not mean that it can be written to."""
    gone = tmp_path / "gone"
    assert found(patient(tmp_path, folders=(gone,)))[f"disk {gone}"].state == FAIL


def test_what_is_unknown_is_never_well(tmp_path: Path) -> None:
    """A machine that tells nothing of itself has no good marks for it."""
    machine = patient(tmp_path, board=dict.fromkeys(PI, UNKNOWN), libc=("", ""))
    (tmp_path / "proc/meminfo").unlink()
    marks = found(machine)
    for name in ("board", "glibc", "governor", "throttling", "temperature", "memory"):
        assert marks[name].state == WARN
        assert marks[name].mend


def test_silent_children_are_never_well(tmp_path: Path) -> None:
    """Where every child dies before it says a word, nothing it was asked for is well."""

    class Dead:
        def __call__(self, *question: str) -> CheckOutput:
            return CheckOutput((), "crashed (SIGSEGV)")

    asked = ("numpy", "OpenCV", "requirements", "runtime litert", "display", "picamera2")
    marks = found(patient(tmp_path, ask=Dead()))
    assert {name for name in (*asked, "model street") if marks[name].state == OK} == set()


@pytest.mark.parametrize(
    ("state", "name", "mark"),
    [
        ({"governor": "powersave"}, "governor", WARN),
        ({"throttled_now": ["under-voltage"]}, "throttling", FAIL),
        ({"throttled_since_boot": ["throttled"]}, "throttling", WARN),
        ({"temperature_c": 84.0}, "temperature", WARN),
    ],
)
def test_the_boards_state_is_judged(
    tmp_path: Path, state: dict[str, object], name: str, mark: str
) -> None:
    """Each trouble is told under its own name, alone."""
    assert bad(patient(tmp_path, board={**PI, **state})) == [(name, mark)]


def test_a_changed_or_crashing_model_is_named(tmp_path: Path) -> None:
    """Only the variants that are wrong have lines of their own."""
    one = {"variant": "int8", "file": "/a/int8.tflite", "state": "changed", "said": "sha256; x"}
    two = {"variant": "float32", "file": "/a/float32.tflite", "state": "begun"}
    machine = patient(tmp_path, {("model",): CheckOutput((one, two), "crashed (SIGSEGV)")})
    assert bad(machine) == [("model street int8", FAIL), ("model street float32", FAIL)]
    assert "crashed (SIGSEGV)" in found(machine)["model street float32"].said


def test_conflicts_of_the_apps_packages_are_told(tmp_path: Path) -> None:
    """Of what pip complains about, only what the app is built on counts."""
    lines = [
        "other 1 requires thing, which is not installed.",
        "opencv-python 4.12 has requirement numpy<2.3,>=2, but you have numpy 1.26.",
    ]
    machine = patient(tmp_path, {("conflicts",): tell(code=1, lines=lines)})
    one = found(machine)["requirements"]
    assert (one.state, one.mend) == (WARN, "pip install 'numpy<2.3,>=2'")
    machine = patient(tmp_path, {("conflicts",): tell(code=1, lines=lines[:1])})
    assert bad(machine) == []


def test_the_table_fits_and_the_code_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Warnings end with 0, failures with 1; commands stand whole below an 80-column table."""
    monkeypatch.setenv("COLUMNS", "80")
    options = argparse.Namespace(json=False)
    assert doctor_command(options, patient(tmp_path)) == 0
    assert doctor_command(options, patient(tmp_path, board={**PI, "governor": UNKNOWN})) == 0
    capsys.readouterr()
    assert doctor_command(options, patient(tmp_path, bits=32)) == 1
    table, _, below = capsys.readouterr().out.partition("What mends it")
    assert max(map(len, table.splitlines())) <= 80
    assert "write the 64-bit Raspberry Pi OS" in below
    assert "1 fail" in below


def test_json_holds_all_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads the verdict and each finding with its remedy."""
    assert doctor_command(argparse.Namespace(json=True), patient(tmp_path, bits=32)) == 1
    record = json.loads(capsys.readouterr().out)
    assert (record["schema"], record["verdict"]) == (1, FAIL)
    fields = {"name", "state", "said", "mend"}
    assert all(set(one) == fields for one in record["findings"])


def test_a_complaint_needs_a_remedy() -> None:
    """A finding that is not well cannot be made without a command."""
    with pytest.raises(ValueError, match="memory"):
        Finding("memory", WARN, "unknown")
    assert worst([]) == OK
    assert split_advice("it is broken; run: pip install x, or wait") == (
        "it is broken",
        "pip install x",
    )
    assert split_advice("no words") == ("no words", "")
