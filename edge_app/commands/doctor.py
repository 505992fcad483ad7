"""`edge-app doctor`: what works on this machine, and what fixes the rest.

Nothing is imported that is not part of Python, for it must run before anything is installed.
"""

from __future__ import annotations

import argparse
import json
import sys

from edge_app.doctor.examine import examine
from edge_app.doctor.finding import FAIL, STATES, Finding, worst
from edge_app.doctor.machine import Machine, this_machine

EXAMPLES = """examples:
  edge-app doctor            a table, and a command for everything that can be fixed
  edge-app doctor --json     for a program to read

exit code: 1 if something fails, else 0
"""
_COLOURS = {"ok": "green", "info": "cyan", "warn": "yellow", "fail": "bold red"}


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
        record = {
            "schema": 1,
            "verdict": worst(found),
            "findings": [one.to_json() for one in found],
        }
        sys.stdout.write(json.dumps(record, indent=2) + "\n")
    else:
        found = _print_findings(machine)
    return 1 if worst(found) == FAIL else 0


def _print_findings(machine: Machine) -> list[Finding]:
    """Examine the machine and print the findings; in plain lines if even rich is broken."""
    try:
        from rich.markup import escape

        from edge_app.console import TextConsole, text_table
    except ImportError:
        found = examine(machine)
        for one in found:
            fix = f"\n      {one.fix}" if one.fix else ""
            sys.stdout.write(f"{one.state:<5} {one.name}: {one.message}{fix}\n")
        return found
    console = TextConsole()
    with console.status("checking this machine") as status:
        found = examine(machine, lambda group: status.update(f"checking: {group}"))
    table = text_table("This machine", ("", "checked", "found"))
    for one in found:
        colour = _COLOURS[one.state]
        table.add_row(f"[{colour}]{one.state}[/]", escape(one.name), escape(one.message))
    console.print(table)
    wrong = [one for one in found if one.fix]
    wrong.sort(key=lambda one: STATES.index(one.state), reverse=True)
    if wrong:  # below the table, where commands are not broken and can be copied
        console.print("[bold]How to fix it, or see more[/]")
    for one in wrong:
        colour = _COLOURS[one.state]
        console.print(f"[{colour}]{one.state}[/] {escape(one.name)}", highlight=False)
        console.print(f"     {escape(one.fix)}", highlight=False, soft_wrap=True)
    count = {state: sum(one.state == state for one in found) for state in _COLOURS}
    message = ", ".join(f"{number} {state}" for state, number in count.items())
    console.print(f"\n{message}", highlight=False)
    return found
