"""`edge-app service`: install, watch and remove the service."""

from __future__ import annotations

import argparse
import os
import pwd
import sys
from collections.abc import Sequence
from pathlib import Path
from subprocess import TimeoutExpired

from edge_app.child_process import python_path, run_program
from edge_app.commands.arg_types import OptionAdder, positive
from edge_app.errors import EdgeError, UsageError
from edge_app.paths import assets_dir
from edge_app.service.install import install, installed, remove
from edge_app.service.service_paths import KIOSK, UNIT, ServicePaths, program, units_dir
from edge_app.service.service_status import ServiceStatus, read_status
from edge_app.style import count, file_size

EXAMPLES = """examples:
  sudo edge-app service install                    headless, now and at every boot
  sudo edge-app service install --kiosk --user pi  full screen on the desktop of pi
  edge-app service status                          the last metrics, restarts, and why
  edge-app service logs --follow
  sudo edge-app service remove

/etc/default/edge-app has its settings; after a change: sudo systemctl restart edge-app
"""
# systemctl's exit code for a service that does not run.
_NOT_RUNNING = 3
# It waits for a service that stops, which systemd kills after 90 s.
_SYSTEMCTL_S = 180.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of `service`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = OptionAdder(actions.add_parser("install", help="install and start it; safe to repeat"))
    add.flag("--kiosk", "full screen on the desktop (default: headless)")
    add.value("--user", "NAME", "user of the desktop, for --kiosk (default: who called sudo)")
    add.flag("--no-start", "start it at the next boot (default: now, too)")
    actions.add_parser("status", help="show its state; exit code 3 if it does not run")
    add = OptionAdder(actions.add_parser("logs", help="show its messages"))
    add.value("--lines", "N", "newest lines to show (default: 50)", positive, 50)
    add.flag("--follow", "show new ones until Ctrl-C (default: stop)")
    add = OptionAdder(actions.add_parser("remove", help="stop and remove it"))
    add.flag("--purge", "also remove its settings, state and logs (default: keep them)")


def run(options: argparse.Namespace) -> int:
    """Run one of the actions; return 0, or 3 if the status is not that of a running service."""
    if not Path("/run/systemd/system").is_dir():
        raise EdgeError("systemd does not run on this machine; start `edge-app run` by hand")
    if options.action == "status":
        return _print_status(ServicePaths())
    if options.action == "logs":
        return _print_logs(ServicePaths(), options.lines, follow=options.follow)
    if os.geteuid() != 0:
        arguments = " ".join(sys.argv[1:]) or f"service {options.action}"
        program_path = Path(sys.argv[0]).resolve()
        raise EdgeError(f"this changes the system; run: sudo {program_path} {arguments}")
    if options.action == "remove":
        done = remove(ServicePaths(), run_command, purge=options.purge)
    else:
        done = install(
            ServicePaths(),
            units_dir(),
            program(),
            run_command,
            kiosk_user=_desktop_user(options.user) if options.kiosk else None,
            readable=[Path(__file__), assets_dir() / "models", Path(python_path()).resolve()],
            start=not options.no_start,
        )
        done.append("check it: edge-app service status")
    for line in done:
        sys.stdout.write(f"{line}\n")
    return 0


def run_command(command: Sequence[str]) -> str:
    """Run a command of the system; return what it prints. Raises EdgeError if it fails."""
    try:
        done = run_program(command, timeout_s=_SYSTEMCTL_S)
    except FileNotFoundError:
        raise EdgeError(f"there is no {command[0]} here; install systemd") from None
    except TimeoutExpired:
        raise EdgeError(
            f"`{' '.join(command)}` did not end within {_SYSTEMCTL_S:.0f} s; "
            "see: edge-app service logs"
        ) from None
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise EdgeError(f"`{' '.join(command)}` failed: {reason}; fix that and try again")
    return done.stdout


def _desktop_user(name: str | None) -> tuple[str, Path]:
    """Return the name and home of the desktop's user."""
    name = name or os.environ.get("SUDO_USER") or ""
    if not name or name == "root":
        raise UsageError("--kiosk needs --user, the name of the desktop's user")
    try:
        return name, Path(pwd.getpwnam(name).pw_dir)
    except KeyError:
        raise UsageError(f"there is no user {name}; give the desktop's user") from None


def _print_status(paths: ServicePaths) -> int:
    from edge_app.console import TextConsole, print_markup

    console, names = TextConsole(), installed(paths)
    if not names:
        print_markup(console, "no service is installed; sudo edge-app service install")
        return _NOT_RUNNING
    statuses = [read_status(name, run_command) for name in names]
    for status in statuses:
        for line in status_lines(status):
            print_markup(console, line)
    return 0 if any(status.is_running for status in statuses) else _NOT_RUNNING


def status_lines(status: ServiceStatus) -> list[str]:
    """Return a service's status, in lines for the terminal."""
    from rich.markup import escape

    waiting = status.state.startswith("activating")
    colour = "green" if status.is_running else "yellow" if waiting else "red"
    since = f" since {status.since}" if status.is_running and status.since else ""
    lines = [f"[bold]{status.name}[/]  [{colour}]{status.state}[/]{since}"]
    if status.text:
        lines.append(f"  {escape(status.text)}")
    if status.problem:
        lines.append(f"  [yellow]{status.problem}[/]")
    boot = "starts at boot" if status.at_boot else "does not start at boot"
    facts = f"{boot}; {count(status.restarts, 'restart')}"
    if status.memory_bytes is not None:
        facts += f", {file_size(status.memory_bytes)} of memory"
    lines.append(f"  [dim]{facts}[/]")
    if not status.is_running:
        lines.append("  see what happened: edge-app service logs")
    return lines


def _print_logs(paths: ServicePaths, lines: int, *, follow: bool) -> int:
    command = ["journalctl", "--no-pager", "--lines", str(lines)]
    for name in installed(paths) or (UNIT, KIOSK):
        command += ["--unit", f"{name}.service"]
    if follow:
        command.append("--follow")
    try:
        return run_program(command, timeout_s=None, capture=False).returncode
    except FileNotFoundError:
        raise EdgeError("there is no journalctl here; install systemd") from None
