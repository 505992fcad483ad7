"""The service goes in with one command, says how it stands, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from edge_app.cli import PROGRAM
from edge_app.commands import service as commands
from edge_app.commands.service import lines_of
from edge_app.errors import EdgeError, UsageError
from edge_app.service.install import install, installed, remove
from edge_app.service.places import KIOSK, UNIT, Places, shut_to_others, units_dir
from edge_app.service.service_status import standing


class System:
    """Answer as systemd does, and note what it was asked."""

    def __init__(self, version: int = 257, **facts: str) -> None:
        self.asked: list[str] = []
        self._version = version
        self._facts = facts

    def __call__(self, command: Sequence[str]) -> str:
        self.asked.append(" ".join(command))
        if command[1] == "--version":
            return f"systemd {self._version} ({self._version}.1-1)\n+PAM"
        return "".join(f"{name}={value}\n" for name, value in self._facts.items())


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Return the places of a machine that has nothing yet."""
    return Places(tmp_path / "root")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Return a program that everybody can reach."""
    path = tmp_path / "venv" / "bin" / "edge-app"
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    return path


@pytest.fixture(autouse=True)
def _open_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pytest's own folders are shut to others."""
    monkeypatch.setattr("edge_app.service.install.shut_to_others", lambda path: None)


def files_of(places: Places) -> set[str]:
    """Return the files below a machine's root."""
    return {
        str(path.relative_to(places.root))
        for path in places.root.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_an_installed_service_starts_now_and_at_boot(places: Places, program: Path) -> None:
    """All its files are there, its user is made first, and systemd is told."""
    system = System()
    done = install(places, units_dir(), program, system)
    assert files_of(places) == {
        "etc/default/edge-app",
        "etc/sysusers.d/edge-app.conf",
        "etc/systemd/system/edge-app.service",
        "etc/systemd/system/edge-app.service.d/backoff.conf",
        "usr/local/bin/edge-app",
    }
    assert places.link.resolve() == program
    assert [line.partition(" /")[0] for line in system.asked] == [
        "systemd-sysusers",
        "systemctl --version",
        "systemctl daemon-reload",
        "systemctl enable edge-app.service",
        "systemctl restart --no-block edge-app.service",
    ]
    assert any("name your camera" in line for line in done)
    assert installed(places) == [UNIT]


def test_what_the_user_configured_survives_a_second_installation(
    places: Places, program: Path
) -> None:
    """The unit is renewed, the settings stay."""
    install(places, units_dir(), program, System())
    places.env.write_text("EDGE_SOURCE=picamera\n")
    places.unit(UNIT).write_text("old\n")
    install(places, units_dir(), program, System())
    assert places.env.read_text() == "EDGE_SOURCE=picamera\n"
    assert "ExecStart=" in places.unit(UNIT).read_text()


def test_a_moved_program_is_found_again(places: Places, program: Path, tmp_path: Path) -> None:
    """The link of an older place is renewed; a program of somebody else's stays."""
    places.link.parent.mkdir(parents=True)
    places.link.symlink_to(tmp_path / "gone")
    install(places, units_dir(), program, System())
    assert places.link.resolve() == program
    places.link.unlink()
    places.link.write_text("another\n")
    with pytest.raises(EdgeError, match="another program"):
        install(places, units_dir(), program, System())
    assert places.link.read_text() == "another\n"


def test_an_old_systemd_is_not_given_what_it_does_not_know(places: Places, program: Path) -> None:
    """Debian 12 warns of growing waits, so it gets none."""
    install(places, units_dir(), program, System(version=252))
    assert not places.extras(UNIT).exists()


def test_the_full_screen_service_runs_as_the_one_on_the_desktop(
    places: Places, program: Path
) -> None:
    """It knows that user's display, and the headless one makes way."""
    install(places, units_dir(), program, System())
    system = System()
    user = ("ada", Path("/home/ada"))
    install(places, units_dir(), program, system, kiosk_user=user, start=False)
    text = (places.extras(KIOSK) / "user.conf").read_text()
    assert text.splitlines() == [
        "[Service]",
        "User=ada",
        "Environment=XAUTHORITY=/home/ada/.Xauthority",
    ]
    assert "systemctl disable --now edge-app.service" in system.asked
    assert not any("restart" in line for line in system.asked)


def test_removal_leaves_the_settings_unless_told(places: Places, program: Path) -> None:
    """A service that is put in again goes on as configured."""
    install(places, units_dir(), program, System())
    for folder in places.kept(UNIT):
        folder.mkdir(parents=True)
    done = remove(places, System())
    assert files_of(places) == {"etc/default/edge-app"}
    assert any("--purge" in line for line in done)
    done = remove(places, System(), purge=True)
    assert files_of(places) == set()
    assert not any(folder.exists() for folder in places.kept(UNIT))
    assert remove(places, System()) == ["no service was installed"]


def test_a_closed_home_is_told_of_before_anything_is_written(
    places: Places, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home folder is shut on Debian 12: the service's user could not read the program."""
    program.parent.chmod(0o700)
    monkeypatch.setattr("edge_app.service.install.shut_to_others", shut_to_others)
    with pytest.raises(EdgeError, match=r"cannot enter .*sudo chmod o\+x"):
        install(places, units_dir(), program, System())
    assert not places.root.exists()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {
                "ActiveState": "active",
                "SubState": "running",
                "StatusText": "Street int8: frame 9, 31.0 frames per second",
                "NRestarts": "1",
                "Result": "success",
                "UnitFileState": "enabled",
                "MemoryCurrent": "181000000",
                "ActiveEnterTimestamp": "Thu 2026-01-01 10:00:00 UTC",
            },
            "31.0 frames per second; starts at boot; 1 restart, 181.00 MB; since Thu",
        ),
        (
            {
                "ActiveState": "activating",
                "SubState": "auto-restart",
                "Result": "watchdog",
                "NRestarts": "3",
                "MemoryCurrent": "18446744073709551615",
            },
            "no frame came through; 3 restarts; edge-app service logs",
        ),
        ({"ActiveState": "failed", "Result": "exit-code"}, "the log tells; does not start at boot"),
        ({}, "unknown"),
    ],
)
def test_the_status_says_what_goes_on_in_words(facts: dict[str, str], words: str) -> None:
    """A running service tells its rate, another one what ended it."""
    one = standing(UNIT, System(**facts))
    text = "\n".join(lines_of(one))
    for part in words.split("; "):
        assert part in text
    assert one.runs == (facts.get("ActiveState") == "active")


def test_commands_of_the_system_say_why_they_failed() -> None:
    """Their last line is part of the message; a missing one is named."""
    with pytest.raises(EdgeError, match="no such thing; mend that"):
        commands.ask(["sh", "-c", "echo no such thing >&2; exit 1"])
    with pytest.raises(EdgeError, match="there is no nothing-like-it"):
        commands.ask(["nothing-like-it"])
    assert commands.ask(["echo", "fine"]) == "fine\n"


def test_a_desktop_needs_somebody_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root has no desktop, and a name must be known."""
    monkeypatch.setenv("SUDO_USER", "root")
    with pytest.raises(UsageError, match="--user"):
        commands._desktop_user(None)
    with pytest.raises(UsageError, match="no user nobody-of-this-name"):
        commands._desktop_user("nobody-of-this-name")
    assert commands._desktop_user("daemon") == ("daemon", Path("/usr/sbin"))


def test_the_four_actions_are_on_the_command_line() -> None:
    """Each is read with its own options."""
    asked = PROGRAM.parse(["service", "install", "--kiosk", "--user", "ada", "--no-start"])
    assert (asked.action, asked.kiosk, asked.user, asked.no_start) == ("install", True, "ada", True)
    assert PROGRAM.parse(["service", "status"]).action == "status"
    assert PROGRAM.parse(["service", "logs", "--lines", "9", "--follow"]).lines == 9
    assert PROGRAM.parse(["service", "remove", "--purge"]).purge
