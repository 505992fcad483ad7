"""The units have only lines that systemd knows, and options that the program takes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from edge_app.cli import PROGRAM
from edge_app.commands.run import run_options
from edge_app.service.service_paths import units_dir

UNITS = ("edge-app", "edge-app-kiosk")
MAX_EXPOSURE = 1.9
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze"
)


def text_of(unit: str) -> str:
    """Return a unit with its continued lines joined."""
    return (units_dir() / f"{unit}.service").read_text("utf-8").replace("\\\n", " ")


def settings() -> dict[str, str]:
    """Return the shipped settings."""
    lines = (units_dir() / "edge-app.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def unit_of_true(unit: str, folder: Path) -> Path:
    """Write a unit whose program is one that every machine has."""
    path = folder / f"{unit}.service"
    path.write_text(text_of(unit).replace("/usr/local/bin/edge-app", "/bin/true"), "utf-8")
    return path


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_knows_every_line(unit: str, tmp_path: Path) -> None:
    """Unknown keys do not change the exit code of verify, so it must print nothing."""
    done = subprocess.run(
        ["systemd-analyze", "verify", unit_of_true(unit, tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    printed = [line for line in done.stderr.splitlines() if unit in line]
    assert (done.returncode, printed) == (0, [])


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_sandboxed(unit: str, tmp_path: Path) -> None:
    """The exposure level that systemd computes is 1.9 of 10 at most."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", unit_of_true(unit, tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    level = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert level, done.stderr
    assert float(level[1]) <= MAX_EXPOSURE


@pytest.mark.parametrize("unit", UNITS)
def test_the_program_takes_the_units_options(unit: str) -> None:
    """The command line with the shipped settings is valid."""
    command = re.search(r"^ExecStart=(.*)$", text_of(unit), re.MULTILINE)
    assert command
    line = re.sub(r"\$\{?(\w+)\}?", lambda name: settings()[name[1]], command[1])
    command_line = shlex.split(line.replace("%S", "/var/lib"))
    assert command_line[0] == "/usr/local/bin/edge-app"
    options = run_options(PROGRAM.parse(command_line[1:]))
    assert options.loop
    assert options.outputs.metrics_max_mb == 100
    assert options.outputs.kiosk != options.outputs.headless
    assert options.outputs.kiosk == (unit == "edge-app-kiosk")


@pytest.mark.parametrize("unit", UNITS)
def test_no_secret_is_on_the_command_line(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source and token come from the settings, as variables."""
    assert "EDGE_SOURCE" in settings()
    assert "EDGE_SERVE_TOKEN" in settings()
    command = re.search(r"^ExecStart=(.*)$", text_of(unit), re.MULTILINE)
    assert command
    assert "EDGE_SOURCE" not in command[1]
    assert "TOKEN" not in command[1]
    monkeypatch.setenv("EDGE_SOURCE", "rtsp://me:secret@host/a b")
    monkeypatch.setenv("EDGE_SERVE_TOKEN", "long-enough")
    options = run_options(PROGRAM.parse(["run", "--model", "mnist", "--serve", "0"]))
    assert options.task.source == "rtsp://me:secret@host/a b"
    assert options.outputs.serve_token == "long-enough"  # noqa: S105


@pytest.mark.parametrize("unit", UNITS)
def test_a_run_that_hangs_is_restarted(unit: str) -> None:
    """The watchdog is on, and longer than the attempts to reach an unplugged camera."""
    section = _service(unit)
    assert section["Type"] == "notify"
    assert float(section["WatchdogSec"]) >= 60
    assert section["Restart"] == "on-failure"
    assert "StartLimitIntervalSec=0" in text_of(unit)


def test_the_two_have_state_folders_of_their_own() -> None:
    """They run as different users, who could not read each other's files."""
    folders = [_service(unit)["StateDirectory"] for unit in UNITS]
    assert folders == list(UNITS)


def _service(unit: str) -> dict[str, str]:
    """Return a unit's service section; of a key given more than once, the last value."""
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text_of(unit))
    return dict(parser["Service"])


LOCKS = ("pi-bookworm", "pi-trixie", "container")


def _setup() -> ConfigParser:
    setup = ConfigParser(interpolation=None)
    setup.read(units_dir().parent / "setup.cfg", "utf-8")
    return setup


def _pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==([\w.]+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned(name: str) -> None:
    """Every requirement is pinned, and numpy to 1 if picamera2 was built for it."""
    pins = _pins((units_dir() / f"{name}.in").read_text("utf-8"))
    wanted = _setup()["options"]["install_requires"].split()
    assert {re.split("[<>=]", line)[0] for line in wanted} <= set(pins)
    assert pins["numpy"].startswith("2." if name == "pi-trixie" else "1.")


@pytest.mark.parametrize("name", LOCKS)
def test_no_pin_is_a_release_with_known_holes(name: str) -> None:
    """The floors of setup.cfg hold for what a Pi and the image get."""
    pins = _pins((units_dir() / f"{name}.in").read_text("utf-8"))
    setup = _setup()
    lines = f"{setup['options']['install_requires']}\n{setup['options.extras_require']['serve']}"
    for requirement in map(Requirement, filter(None, lines.splitlines())):
        assert requirement.specifier.contains(pins[requirement.name]), requirement.name


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_wheel_has_hashes(name: str) -> None:
    """`make lock` was run after the last change, and pip can check whatever it installs."""
    text = (units_dir() / f"{name}.txt").read_text("utf-8")
    locked = _pins(text)
    pins = _pins((units_dir() / f"{name}.in").read_text("utf-8"))
    assert {package: locked.get(package) for package in pins} == pins
    parts = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert len(parts) == len(locked)
    without = [part for part in parts if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", part)]
    assert without == []
    assert "://" not in text  # no index of the machine that made it


def test_a_pi_and_the_image_install_by_hash_alone() -> None:
    """And the app itself without downloading what builds it."""
    for path in (units_dir() / "pi.sh", units_dir().parent / "Dockerfile.arm64"):
        commands = path.read_text("utf-8").replace("\\\n", " ")
        installs = [line for line in commands.splitlines() if "pip install" in line]
        assert installs
        for line in installs:
            assert "--require-hashes" in line or "--no-deps --no-build-isolation" in line, line


def test_the_installer_is_a_shell_script() -> None:
    """A mistake in it would show on a board only."""
    done = subprocess.run(
        ["sh", "-n", units_dir() / "pi.sh"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
