"""The service is installed by one command, reports its status, and is removed completely."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from edge_app.cli import PROGRAM
from edge_app.commands import service as command
from edge_app.commands.service import run_command, status_lines
from edge_app.errors import EdgeError, UsageError
from edge_app.service.install import install, installed, remove
from edge_app.service.service_paths import KIOSK, UNIT, ServicePaths, closed_folder, units_dir
from edge_app.service.service_status import read_status


class FakeSystemd:
    """Answer as systemd does, and record the commands; properties: of `systemctl show`."""

    def __init__(self, version: int = 257, properties: dict[str, str] | None = None) -> None:
        self.commands: list[str] = []
        self._version = version
        self._properties = properties or {}

    def __call__(self, command: Sequence[str]) -> str:
        self.commands.append(" ".join(command))
        if command[1] == "--version":
            return f"systemd {self._version} ({self._version}.1-1)\n+PAM"
        return "".join(f"{name}={value}\n" for name, value in self._properties.items())


@pytest.fixture
def paths(tmp_path: Path) -> ServicePaths:
    """Return the paths of a machine without a service."""
    return ServicePaths(tmp_path / "root")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Return a program that everybody can reach."""
    path = tmp_path / "venv" / "bin" / "edge-app"
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    return path


@pytest.fixture(autouse=True)
def _open_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept pytest's own folders, which are closed to other users."""
    monkeypatch.setattr("edge_app.service.install.closed_folder", lambda path: None)


def files_of(paths: ServicePaths) -> set[str]:
    """Return the files below a machine's root."""
    return {
        str(path.relative_to(paths.root))
        for path in paths.root.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_an_installed_service_starts_now_and_at_boot(paths: ServicePaths, program: Path) -> None:
    """All its files are there, its user is made first, and systemd is reloaded."""
    systemd = FakeSystemd()
    done = install(paths, units_dir(), program, systemd)
    assert files_of(paths) == {
        "etc/default/edge-app",
        "etc/sysusers.d/edge-app.conf",
        "etc/systemd/system/edge-app.service",
        "etc/systemd/system/edge-app.service.d/backoff.conf",
        "usr/local/bin/edge-app",
    }
    assert paths.program.resolve() == program
    assert [line.partition(" /")[0] for line in systemd.commands] == [
        "systemd-sysusers",
        "systemctl --version",
        "systemctl daemon-reload",
        "systemctl enable edge-app.service",
        "systemctl restart --no-block edge-app.service",
    ]
    assert any("set your camera" in line for line in done)
    assert installed(paths) == [UNIT]


def test_settings_survive_a_second_installation(paths: ServicePaths, program: Path) -> None:
    """The unit is written again, the settings stay."""
    install(paths, units_dir(), program, FakeSystemd())
    paths.settings.write_text("EDGE_SOURCE=picamera\n")
    paths.unit(UNIT).write_text("old\n")
    install(paths, units_dir(), program, FakeSystemd())
    assert paths.settings.read_text() == "EDGE_SOURCE=picamera\n"
    assert "ExecStart=" in paths.unit(UNIT).read_text()


def test_settings_are_closed_to_other_users(
    paths: ServicePaths, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may have passwords: the service's group can read them, also those of before."""
    groups: list[tuple[Path, str]] = []
    monkeypatch.setattr(
        "edge_app.service.install.shutil.chown",
        lambda path, group: groups.append((path, group)),
    )
    install(paths, units_dir(), program, FakeSystemd())
    assert paths.settings.stat().st_mode & 0o777 == 0o640
    paths.settings.chmod(0o644)
    install(paths, units_dir(), program, FakeSystemd())
    assert paths.settings.stat().st_mode & 0o777 == 0o640
    assert groups == [(paths.settings, "edge-app")] * 2
    assert paths.unit(UNIT).stat().st_mode & 0o777 == 0o644


def test_without_the_group_the_settings_are_roots(
    paths: ServicePaths, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where systemd-sysusers has made none."""
    monkeypatch.setattr("edge_app.service.install.UNIT", "no-such-group")
    monkeypatch.setattr("edge_app.service.install.KIOSK", "edge-app-kiosk")
    paths.settings.parent.mkdir(parents=True)
    paths.settings.write_text("EDGE_SOURCE=\n")
    with pytest.raises(OSError, match="no-such-group"):  # there is no such unit to install either
        install(paths, units_dir(), program, FakeSystemd())
    assert paths.settings.stat().st_mode & 0o777 == 0o640


def test_a_moved_program_is_found_again(paths: ServicePaths, program: Path, tmp_path: Path) -> None:
    """The link to an older one is replaced; another program stays."""
    paths.program.parent.mkdir(parents=True)
    paths.program.symlink_to(tmp_path / "gone")
    install(paths, units_dir(), program, FakeSystemd())
    assert paths.program.resolve() == program
    paths.program.unlink()
    paths.program.write_text("another\n")
    with pytest.raises(EdgeError, match="another program"):
        install(paths, units_dir(), program, FakeSystemd())
    assert paths.program.read_text() == "another\n"


def test_an_old_systemd_gets_no_backoff(paths: ServicePaths, program: Path) -> None:
    """Debian 12 warns of RestartSteps at every start."""
    install(paths, units_dir(), program, FakeSystemd(version=252))
    assert not paths.drop_ins(UNIT).exists()


def test_the_kiosk_runs_as_the_desktops_user(paths: ServicePaths, program: Path) -> None:
    """It uses that user's display, and the headless service is stopped."""
    install(paths, units_dir(), program, FakeSystemd())
    systemd = FakeSystemd()
    user = ("ada", Path("/home/ada"))
    install(paths, units_dir(), program, systemd, kiosk_user=user, start=False)
    text = (paths.drop_ins(KIOSK) / "user.conf").read_text()
    assert text.splitlines() == [
        "[Service]",
        "User=ada",
        "Environment=XAUTHORITY=/home/ada/.Xauthority",
    ]
    assert "systemctl disable --now edge-app.service" in systemd.commands
    assert not any("restart" in line for line in systemd.commands)


def test_removal_keeps_the_settings_without_purge(paths: ServicePaths, program: Path) -> None:
    """A service that is installed again has its settings."""
    install(paths, units_dir(), program, FakeSystemd())
    for folder in paths.data(UNIT):
        folder.mkdir(parents=True)
    done = remove(paths, FakeSystemd())
    assert files_of(paths) == {"etc/default/edge-app"}
    assert any("--purge" in line for line in done)
    done = remove(paths, FakeSystemd(), purge=True)
    assert files_of(paths) == set()
    assert not any(folder.exists() for folder in paths.data(UNIT))
    assert remove(paths, FakeSystemd()) == ["no service was installed"]


def test_a_closed_home_is_refused_before_anything_is_written(
    paths: ServicePaths, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home folder is closed on Debian 12: the service's user could not read the program."""
    program.parent.chmod(0o700)
    monkeypatch.setattr("edge_app.service.install.closed_folder", closed_folder)
    with pytest.raises(EdgeError, match=r"cannot enter .*sudo chmod o\+x"):
        install(paths, units_dir(), program, FakeSystemd())
    assert not paths.root.exists()


@pytest.mark.parametrize(
    ("properties", "text"),
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
            "no frame came for a minute; 3 restarts; edge-app service logs",
        ),
        ({"ActiveState": "failed", "Result": "exit-code"}, "see the log; does not start at boot"),
        ({}, "unknown"),
    ],
)
def test_the_status_is_printed_in_plain_text(properties: dict[str, str], text: str) -> None:
    """A running service shows its rate, another one what ended it."""
    status = read_status(UNIT, FakeSystemd(properties=properties))
    lines = "\n".join(status_lines(status))
    for part in text.split("; "):
        assert part in lines
    assert status.is_running == (properties.get("ActiveState") == "active")


def test_failed_commands_give_their_reason() -> None:
    """Their last line is part of the message; a missing one is named."""
    with pytest.raises(EdgeError, match="no such thing; fix that"):
        run_command(["sh", "-c", "echo no such thing >&2; exit 1"])
    with pytest.raises(EdgeError, match="there is no nothing-like-it"):
        run_command(["nothing-like-it"])
    assert run_command(["echo", "fine"]) == "fine\n"


def test_a_kiosk_needs_a_desktop_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root has no desktop, and the name must exist."""
    monkeypatch.setenv("SUDO_USER", "root")
    with pytest.raises(UsageError, match="--user"):
        command._desktop_user(None)
    with pytest.raises(UsageError, match="no user nobody-of-this-name"):
        command._desktop_user("nobody-of-this-name")
    assert command._desktop_user("daemon") == ("daemon", Path("/usr/sbin"))


def test_the_four_actions_are_parsed() -> None:
    """Each has its own options."""
    options = PROGRAM.parse(["service", "install", "--kiosk", "--user", "ada", "--no-start"])
    assert (options.action, options.kiosk, options.user, options.no_start) == (
        "install",
        True,
        "ada",
        True,
    )
    assert PROGRAM.parse(["service", "status"]).action == "status"
    assert PROGRAM.parse(["service", "logs", "--lines", "9", "--follow"]).lines == 9
    assert PROGRAM.parse(["service", "remove", "--purge"]).purge
