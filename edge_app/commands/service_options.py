"""Read the options of `edge-app service`."""

from __future__ import annotations

import argparse

from edge_app.commands.arg_types import Commands, add_command, positive

_EXAMPLES = """examples:
  sudo edge-app service install                    headless, now and at every boot
  sudo edge-app service install --kiosk --user pi  full screen on the desktop of pi
  edge-app service status                          the last figures, restarts, and why
  edge-app service logs --follow
  sudo edge-app service remove

what it runs stands in /etc/default/edge-app; after a change: sudo systemctl restart edge-app
"""


def add_service(commands: Commands) -> None:
    """Add `service`."""
    parser = add_command(commands, "service", "run at every boot, under systemd", _EXAMPLES)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    install = actions.add_parser("install", help="install it and start it; safe to repeat")
    install.add_argument("--kiosk", action="store_true", help="full screen on the desktop")
    install.add_argument(
        "--user", metavar="NAME", help="of the desktop, for --kiosk (default: who called sudo)"
    )
    install.add_argument("--no-start", action="store_true", help="not before the next boot")
    actions.add_parser("status", help="how it stands; exit code 3 where it does not run")
    logs: argparse.ArgumentParser = actions.add_parser("logs", help="what it said")
    logs.add_argument("--lines", type=positive, default=50, metavar="N", help="(default: 50)")
    logs.add_argument("--follow", action="store_true", help="go on, until Ctrl-C")
    remove = actions.add_parser("remove", help="stop it and take it out")
    remove.add_argument("--purge", action="store_true", help="its settings, state and logs, too")
