"""Installing and removing the service's files, with systemd."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from edge_app.atomic import write_atomic
from edge_app.errors import EdgeError
from edge_app.service.service_paths import KIOSK, UNIT, ServicePaths, closed_folder

# The first version that knows RestartSteps; an older one warns of it at every start.
_RESTART_STEPS = 254


class RunCommand(Protocol):
    """Runs a command of the system and returns what it prints."""

    def __call__(self, command: Sequence[str]) -> str:
        """Run one command. Raises EdgeError if it fails."""
        ...


def install(
    paths: ServicePaths,
    units: Path,
    program: Path,
    run_command: RunCommand,
    *,
    kiosk_user: tuple[str, Path] | None = None,
    readable: Iterable[Path] = (),
    start: bool = True,
) -> list[str]:
    """Install the service and start it; return what was done, in lines. Safe to repeat.

    units: folder of the shipped unit files. program: what the service starts.
    kiosk_user: name and home of the desktop's user, for the full-screen service.
    readable: further paths that the service must be able to read.
    Raises EdgeError if a path is closed to the service, or a command fails.
    """
    name, other = (UNIT, KIOSK) if kiosk_user is None else (KIOSK, UNIT)
    if kiosk_user is None:
        for path in (program, program.resolve(), *readable):
            closed = closed_folder(path)
            if closed is not None:
                raise EdgeError(
                    f"the service's own user cannot enter {closed}, on the way to {path}; "
                    f"sudo chmod o+x {closed}, or move everything to /opt and run make pi there"
                )
    done = []
    paths.program.parent.mkdir(parents=True, exist_ok=True)
    # The venv's program, not what its links lead to: a venv is found by its own path.
    if paths.program.is_symlink() or not paths.program.exists():
        paths.program.unlink(missing_ok=True)
        paths.program.symlink_to(program)
    elif not paths.program.samefile(program):
        raise EdgeError(f"{paths.program} is another program; move it away and try again")
    _copy(units / "edge-app.sysusers", paths.sysusers)
    run_command(["systemd-sysusers", str(paths.sysusers)])
    if paths.settings.exists():
        _close(paths.settings)
        done.append(f"kept {paths.settings}")
    else:
        _copy(units / "edge-app.env", paths.settings)
        _close(paths.settings)
        done.append(f"wrote {paths.settings}: set your camera there")
    _copy(units / f"{name}.service", paths.unit(name))
    done.append(f"wrote {paths.unit(name)}")
    if _systemd_version(run_command) >= _RESTART_STEPS:
        _copy(units / "backoff.conf", paths.drop_ins(name) / "backoff.conf")
    if kiosk_user is not None:
        user, home = kiosk_user
        lines = ["[Service]", f"User={user}", f"Environment=XAUTHORITY={home}/.Xauthority", ""]
        _write(paths.drop_ins(name) / "user.conf", "\n".join(lines))
    run_command(["systemctl", "daemon-reload"])
    if paths.unit(other).exists():
        run_command(["systemctl", "disable", "--now", f"{other}.service"])
        done.append(f"stopped {other}: only one of the two can run")
    run_command(["systemctl", "enable", f"{name}.service"])
    if start:
        # A start waits for the first frame; the log says why if none comes.
        run_command(["systemctl", "restart", "--no-block", f"{name}.service"])
        done.append(f"started {name}, now and at every boot")
    return done


def remove(paths: ServicePaths, run_command: RunCommand, *, purge: bool = False) -> list[str]:
    """Stop the services and remove their files; return what was done. Safe to repeat.

    purge: whether to remove settings, state and logs, too.
    """
    done = []
    for name in (UNIT, KIOSK):
        if paths.unit(name).exists():
            run_command(["systemctl", "disable", "--now", f"{name}.service"])
            paths.unit(name).unlink()
            done.append(f"removed {name}")
        shutil.rmtree(paths.drop_ins(name), ignore_errors=True)
    paths.sysusers.unlink(missing_ok=True)
    if paths.program.is_symlink():
        paths.program.unlink()
    kept = [paths.settings, *paths.data(UNIT), *paths.data(KIOSK)]
    kept = [path for path in kept if path.exists()]
    if purge:
        for path in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            done.append(f"removed {path}")
    elif kept:
        done.append(f"kept {', '.join(map(str, kept))}; --purge removes them, too")
    run_command(["systemctl", "daemon-reload"])
    with suppress(EdgeError):  # nothing had failed
        run_command(["systemctl", "reset-failed", f"{UNIT}.service", f"{KIOSK}.service"])
    return done or ["no service was installed"]


def installed(paths: ServicePaths) -> list[str]:
    """Return the names of the installed services."""
    return [name for name in (UNIT, KIOSK) if paths.unit(name).exists()]


def _systemd_version(run_command: RunCommand) -> int:
    """Return the version of systemd, 0 if unknown."""
    parts = run_command(["systemctl", "--version"]).split()
    number = parts[1].partition(".")[0] if len(parts) > 1 else ""
    return int(number) if number.isdecimal() else 0


def _copy(origin: Path, target: Path) -> None:
    _write(target, origin.read_text("utf-8"))


def _close(path: Path) -> None:
    """Close a file to all but root and the service's group; systemd reads it as root."""
    path.chmod(0o640)
    with suppress(LookupError, PermissionError):  # no such group: root alone can read it
        shutil.chown(path, group=UNIT)


def _write(path: Path, text: str) -> None:
    """Write a file that everybody may read."""
    write_atomic(path, text)
    path.chmod(0o644)
