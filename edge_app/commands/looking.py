"""Read the options of the commands that look at the machine."""

from __future__ import annotations

from edge_app.commands.arg_types import Commands, add_command


def add_cameras(commands: Commands) -> None:
    """Add `edge-app cameras`."""
    parser = add_command(
        commands,
        "cameras",
        "list the cameras of this machine",
        "names what to give to `edge-app run`, the sizes, and who holds a camera\n",
    )
    parser.add_argument("--json", action="store_true", help="for a program to read")


def add_doctor(commands: Commands) -> None:
    """Add `edge-app doctor`."""
    parser = add_command(
        commands,
        "doctor",
        "examine this machine: what works, and what mends the rest",
        "examples:\n"
        "  edge-app doctor            a table, with a command for all that is not ok\n"
        "  edge-app doctor --json     for a program to read\n"
        "exit code: 1 where something fails, 0 otherwise\n",
    )
    parser.add_argument("--json", action="store_true", help="for a program to read")
