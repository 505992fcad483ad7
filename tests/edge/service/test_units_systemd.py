"""The units hold what systemd knows, and what the program takes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from edge_app.cli import PROGRAM
from edge_app.commands.run import run_options
from edge_app.service.places import units_dir
from edge_app.session.options import check

UNITS = ("edge-app", "edge-app-kiosk")
WORST = 3.0
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze"
)


def text_of(unit: str) -> str:
    """Return a unit with its continued lines joined."""
    return (units_dir() / f"{unit}.service").read_text("utf-8").replace("\\\n", " ")


def settings() -> dict[str, str]:
    """Return the variables of the configuration as it ships."""
    lines = (units_dir() / "edge-app.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def stand_in(unit: str, folder: Path) -> Path:
    """Write a unit whose program is one that every machine has."""
    path = folder / f"{unit}.service"
    path.write_text(text_of(unit).replace("/usr/local/bin/edge-app", "/bin/true"), "utf-8")
    return path


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_knows_every_line(unit: str, tmp_path: Path) -> None:
    """Unknown keys do not change the exit code of verify, so nothing at all may be said."""
    done = subprocess.run(
        ["systemd-analyze", "verify", stand_in(unit, tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if unit in line]
    assert (done.returncode, said) == (0, [])


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_shut_in(unit: str, tmp_path: Path) -> None:
    """Systemd's own measure of exposure stays at 3 of 10 or better."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", stand_in(unit, tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    level = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert level, done.stderr
    assert float(level[1]) <= WORST


@pytest.mark.parametrize("unit", UNITS)
def test_the_program_takes_what_the_unit_gives_it(unit: str) -> None:
    """The command line, with the configuration that ships, is one that runs."""
    command = re.search(r"^ExecStart=(.*)$", text_of(unit), re.MULTILINE)
    assert command
    line = re.sub(r"\$\{?(\w+)\}?", lambda name: settings()[name[1]], command[1])
    words = shlex.split(line.replace("%S", "/var/lib"))
    assert words[0] == "/usr/local/bin/edge-app"
    order = run_options(PROGRAM.parse(words[1:]))
    check(order)
    assert order.loop
    assert order.metrics_max_mb == 100
    assert order.kiosk != order.headless
    assert order.kiosk == (unit == "edge-app-kiosk")


@pytest.mark.parametrize("unit", UNITS)
def test_a_stuck_run_is_ended_and_started_anew(unit: str) -> None:
    """The watchdog is armed and gives an unplugged camera's attempts their time."""
    section = _service(unit)
    assert section["Type"] == "notify"
    assert float(section["WatchdogSec"]) >= 60
    assert section["Restart"] == "on-failure"
    assert "StartLimitIntervalSec=0" in text_of(unit)


def test_the_two_keep_their_state_apart() -> None:
    """They run as different users, one of whom could not read what the other wrote."""
    folders = [_service(unit)["StateDirectory"] for unit in UNITS]
    assert folders == list(UNITS)


def _service(unit: str) -> dict[str, str]:
    """Return a unit's service section; of a key given more than once, the last value."""
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text_of(unit))
    return dict(parser["Service"])


@pytest.mark.parametrize("name", ["pi-bookworm", "pi-trixie", "container"])
def test_every_library_has_a_tested_version_there(name: str) -> None:
    """What the program needs is pinned, and where picamera2 was built for numpy 1, numpy is."""
    lines = (units_dir() / f"{name}.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    setup = ConfigParser(interpolation=None)
    setup.read(units_dir().parent / "setup.cfg", "utf-8")
    wanted = setup["options"]["install_requires"].split()
    assert {re.split("[<>=]", line)[0] for line in wanted} <= set(pins)
    assert pins["numpy"].startswith("2." if name == "pi-trixie" else "1.")


def test_the_installer_is_a_shell_script() -> None:
    """A mistake in it would show on the board alone."""
    done = subprocess.run(
        ["sh", "-n", units_dir() / "pi.sh"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
