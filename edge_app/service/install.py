"""Install and remove the service's files, and have systemd take note of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from edge_app.errors import EdgeError
from edge_app.service.places import KIOSK, UNIT, Places, shut_to_others

# The first one that knows RestartSteps; an older one warns of it at every start.
_GROWING = 254


class InstallOptions(Protocol):
    """Run a system's command and return what it printed. Raises EdgeError where it fails."""

    def __call__(self, command: Sequence[str]) -> str:
        """Run one command."""
        ...


def install(
    places: Places,
    units: Path,
    program: Path,
    ask: InstallOptions,
    *,
    kiosk_user: tuple[str, Path] | None = None,
    needs: Iterable[Path] = (),
    start: bool = True,
) -> list[str]:
    """Install the service and start it; return what was done, in lines. Safe to repeat.

    kiosk_user: the name and home of who is logged in on the desktop, for the full-screen one.
    needs: what else the service has to be able to read.
    Raises EdgeError where something stands in the way.
    """
    name, other = (UNIT, KIOSK) if kiosk_user is None else (KIOSK, UNIT)
    if kiosk_user is None:
        for path in (program, program.resolve(), *needs):
            shut = shut_to_others(path)
            if shut is not None:
                raise EdgeError(
                    f"the service's own user cannot enter {shut}, on the way to {path}; "
                    f"sudo chmod o+x {shut}, or move everything to /opt and run make pi there"
                )
    done = []
    places.link.parent.mkdir(parents=True, exist_ok=True)
    # The venv's program, not what its links lead to: a venv is found by its own path.
    if places.link.is_symlink() or not places.link.exists():
        places.link.unlink(missing_ok=True)
        places.link.symlink_to(program)
    elif not places.link.samefile(program):
        raise EdgeError(f"{places.link} is another program; move it away and try again")
    _copy(units / "edge-app.sysusers", places.users)
    ask(["systemd-sysusers", str(places.users)])
    if places.env.exists():
        done.append(f"kept {places.env}")
    else:
        _copy(units / "edge-app.env", places.env)
        done.append(f"wrote {places.env}: name your camera there")
    _copy(units / f"{name}.service", places.unit(name))
    done.append(f"wrote {places.unit(name)}")
    if _version(ask) >= _GROWING:
        _copy(units / "backoff.conf", places.extras(name) / "backoff.conf")
    if kiosk_user is not None:
        user, home = kiosk_user
        lines = ["[Service]", f"User={user}", f"Environment=XAUTHORITY={home}/.Xauthority", ""]
        _write(places.extras(name) / "user.conf", "\n".join(lines))
    ask(["systemctl", "daemon-reload"])
    if places.unit(other).exists():
        ask(["systemctl", "disable", "--now", f"{other}.service"])
        done.append(f"stopped {other}: one of the two runs at a time")
    ask(["systemctl", "enable", f"{name}.service"])
    if start:
        # A start waits for the first frame; what keeps it from coming is in the log.
        ask(["systemctl", "restart", "--no-block", f"{name}.service"])
        done.append(f"started {name}, now and at every boot")
    return done


def remove(places: Places, ask: InstallOptions, *, purge: bool = False) -> list[str]:
    """Stop the services and take their files away; return what was done. Safe to repeat.

    purge: whether what they configured, kept and logged goes, too.
    """
    done = []
    for name in (UNIT, KIOSK):
        if places.unit(name).exists():
            ask(["systemctl", "disable", "--now", f"{name}.service"])
            places.unit(name).unlink()
            done.append(f"removed {name}")
        shutil.rmtree(places.extras(name), ignore_errors=True)
    places.users.unlink(missing_ok=True)
    if places.link.is_symlink():
        places.link.unlink()
    kept = [places.env, *places.kept(UNIT), *places.kept(KIOSK)]
    kept = [path for path in kept if path.exists()]
    if purge:
        for path in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            done.append(f"removed {path}")
    elif kept:
        done.append(f"kept {', '.join(map(str, kept))}; --purge removes them, too")
    ask(["systemctl", "daemon-reload"])
    with suppress(EdgeError):  # nothing had failed
        ask(["systemctl", "reset-failed", f"{UNIT}.service", f"{KIOSK}.service"])
    return done or ["no service was installed"]


def installed(places: Places) -> list[str]:
    """Return the names of the services that are installed."""
    return [name for name in (UNIT, KIOSK) if places.unit(name).exists()]


def _version(ask: InstallOptions) -> int:
    """Return the version of systemd, 0 where it does not say."""
    words = ask(["systemctl", "--version"]).split()
    number = words[1].partition(".")[0] if len(words) > 1 else ""
    return int(number) if number.isdecimal() else 0


def _copy(origin: Path, target: Path) -> None:
    _write(target, origin.read_text("utf-8"))


def _write(path: Path, text: str) -> None:
    """Write a file that everybody may read, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(text, "utf-8")
    draft.chmod(0o644)
    draft.replace(path)
