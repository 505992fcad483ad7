"""`edge-app service`: install, watch and remove the service."""

from __future__ import annotations

import argparse
import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.commands.arg_types import positive
from edge_app.errors import EdgeError, UsageError
from edge_app.paths import assets_dir
from edge_app.service.install import install, installed, remove
from edge_app.service.places import KIOSK, UNIT, Places, program, units_dir
from edge_app.service.service_status import Standing, standing
from edge_app.style import count, file_size

if TYPE_CHECKING:
    from rich.console import Console

EXAMPLES = """examples:
  sudo edge-app service install                    headless, now and at every boot
  sudo edge-app service install --kiosk --user pi  full screen on the desktop of pi
  edge-app service status                          the last figures, restarts, and why
  edge-app service logs --follow
  sudo edge-app service remove

/etc/default/edge-app holds its options; after a change: sudo systemctl restart edge-app
"""
# As systemctl has it for a service that does not run.
_NOT_RUNNING = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of `service`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    install = actions.add_parser("install", help="install and start it; safe to repeat")
    install.add_argument(
        "--kiosk", action="store_true", help="full screen on the desktop (default: headless)"
    )
    install.add_argument(
        "--user",
        metavar="NAME",
        help="user of the desktop, for --kiosk (default: who called sudo)",
    )
    install.add_argument(
        "--no-start", action="store_true", help="start it at the next boot (default: now, too)"
    )
    actions.add_parser("status", help="show its state; exit code 3 if it does not run")
    logs = actions.add_parser("logs", help="show its messages")
    logs.add_argument(
        "--lines", type=positive, default=50, metavar="N", help="newest lines to show (default: 50)"
    )
    logs.add_argument(
        "--follow", action="store_true", help="show new ones until Ctrl-C (default: stop)"
    )
    remove = actions.add_parser("remove", help="stop and remove it")
    remove.add_argument(
        "--purge",
        action="store_true",
        help="also remove its settings, state and logs (default: keep them)",
    )


def run(options: argparse.Namespace) -> int:
    """Carry out one of the four; return 0, or 3 where the status is not a running service."""
    from rich.console import Console
    from rich.markup import escape

    from edge_app.console import tell

    console, places = Console(), Places()
    if not Path("/run/systemd/system").is_dir():
        raise EdgeError("this machine was not started by systemd; start `edge-app run` by hand")
    if options.action == "status":
        return _status(places, console)
    if options.action == "logs":
        return _logs(places, options)
    if os.geteuid() != 0:
        words = " ".join(sys.argv[1:]) or f"service {options.action}"
        raise EdgeError(f"this changes the system; run: sudo {Path(sys.argv[0]).resolve()} {words}")
    if options.action == "remove":
        done = remove(places, ask, purge=options.purge)
    else:
        done = install(
            places,
            units_dir(),
            program(),
            ask,
            kiosk_user=_desktop_user(options.user) if options.kiosk else None,
            needs=[Path(__file__), assets_dir() / "models", Path(sys.executable).resolve()],
            start=not options.no_start,
        )
        done.append("see it run: edge-app service status")
    for line in done:
        tell(console, escape(line))
    return 0


def ask(command: Sequence[str]) -> str:
    """Run a command of the system; return what it prints. Raises EdgeError."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise EdgeError(f"there is no {command[0]} here; install systemd") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()
        raise EdgeError(f"`{' '.join(command)}` failed: {said[-1]}; mend that and try again")
    return done.stdout


def _desktop_user(named: str | None) -> tuple[str, Path]:
    """Return the name and home of who is logged in on the desktop."""
    name = named or os.environ.get("SUDO_USER") or ""
    if not name or name == "root":
        raise UsageError("--kiosk needs --user, the one who is logged in on the desktop")
    try:
        return name, Path(pwd.getpwnam(name).pw_dir)
    except KeyError:
        raise UsageError(f"there is no user {name}; name the one of the desktop") from None


def _status(places: Places, console: Console) -> int:
    from edge_app.console import tell

    names = installed(places)
    if not names:
        tell(console, "no service is installed; sudo edge-app service install")
        return _NOT_RUNNING
    stands = [standing(name, ask) for name in names]
    for one in stands:
        for line in lines_of(one):
            tell(console, line)
    return 0 if any(one.runs for one in stands) else _NOT_RUNNING


def lines_of(one: Standing) -> list[str]:
    """Return the state of a service, in lines for the terminal."""
    from rich.markup import escape

    colour = "green" if one.runs else "yellow" if one.state.startswith("activating") else "red"
    since = f" since {one.since}" if one.runs and one.since else ""
    lines = [f"[bold]{one.name}[/]  [{colour}]{one.state}[/]{since}"]
    if one.says:
        lines.append(f"  {escape(one.says)}")
    if one.trouble:
        lines.append(f"  [yellow]{one.trouble}[/]")
    memory = "" if one.memory_bytes is None else f", {file_size(one.memory_bytes)} of memory"
    boot = "starts at boot" if one.at_boot else "does not start at boot"
    lines.append(f"  [dim]{boot}; {count(one.restarts, 'restart')}{memory}[/]")
    if not one.runs:
        lines.append("  what happened: edge-app service logs")
    return lines


def _logs(places: Places, options: argparse.Namespace) -> int:
    names = installed(places) or [UNIT, KIOSK]
    command = ["journalctl", "--no-pager", "--lines", str(options.lines)]
    for name in names:
        command += ["--unit", f"{name}.service"]
    if options.follow:
        command.append("--follow")
    try:
        return subprocess.run(command, check=False).returncode
    except FileNotFoundError:
        raise EdgeError("there is no journalctl here; install systemd") from None
