"""`edge-app doctor`: what works on this machine, and what fixes the rest.

Nothing is imported that is not part of Python, for it must run before anything is installed.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from edge_app.doctor.examine import examine
from edge_app.doctor.finding import FAIL, OK, Finding, worst
from edge_app.doctor.machine import Machine, this_machine

EXAMPLES = """examples:
  edge-app doctor            a table, and a command for everything that is not ok
  edge-app doctor --json     for a program to read

exit code: 1 if something fails, else 0
"""
_COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `doctor`."""
    parser.add_argument("--json", action="store_true", help="print JSON (default: a table)")


def run(options: argparse.Namespace, machine: Machine | None = None) -> int:
    """Check the machine; return 1 if something fails.

    machine: this one, unless a test gives another.
    """
    machine = machine or this_machine()
    if options.json:
        found = examine(machine)
        record = {"schema": 1, "verdict": worst(found), "findings": [asdict(one) for one in found]}
        sys.stdout.write(json.dumps(record, indent=2) + "\n")
    else:
        found = _shown(machine)
    return 1 if worst(found) == FAIL else 0


def _shown(machine: Machine) -> list[Finding]:
    """Examine the machine and print what was found; plain lines where even rich is broken."""
    try:
        from rich import box
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table
    except ImportError:
        found = examine(machine)
        for one in found:
            mend = f"\n      {one.mend}" if one.mend else ""
            sys.stdout.write(f"{one.state:<5} {one.name}: {one.said}{mend}\n")
        return found
    console = Console()
    with console.status("looking at this machine") as status:
        found = examine(machine, lambda what: status.update(f"looking at: {what}"))
    table = Table(title="This machine", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))
    for column in ("", "what", "found"):
        table.add_column(column, no_wrap=not column, overflow="fold")
    for one in found:
        colour = _COLOURS[one.state]
        table.add_row(f"[{colour}]{one.state}[/]", escape(one.name), escape(one.said))
    console.print(table)
    wrong = sorted((one for one in found if one.state != OK), key=lambda one: one.state)
    if wrong:  # below the table, where commands are not broken and can be copied
        console.print("[bold]What mends it, or tells more[/]")
    for one in wrong:
        colour = _COLOURS[one.state]
        console.print(f"[{colour}]{one.state}[/] {escape(one.name)}", highlight=False)
        console.print(f"     {escape(one.mend)}", highlight=False, soft_wrap=True)
    count = {state: sum(one.state == state for one in found) for state in _COLOURS}
    said = ", ".join(f"{number} {state}" for state, number in count.items())
    console.print(f"\n{said}", highlight=False)
    return found
