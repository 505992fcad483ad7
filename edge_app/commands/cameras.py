"""`edge-app cameras`: the cameras of this machine, their sizes, and what holds them."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from msgspec import Struct, field, to_builtins

from edge_app.doctor.subprocess_check import run_check
from edge_app.sources import devices
from edge_app.sources.holders import Holder, holders

if TYPE_CHECKING:
    from rich.table import Table

EXAMPLES = """examples:
  edge-app cameras            the names to give to edge-app run, sizes, and what holds a camera
  edge-app cameras --json     for a program to read
"""
_MOST_SIZES = 4


class CameraEntry(Struct, frozen=True):
    """One camera; also its record in `edge-app cameras --json`.

    source: name for `edge-app run`. stable: a name that does not change when it is replugged.
    image_sizes: by pixel format, largest first; empty if unknown until it is opened.
    held_by: programs that use it.
    """

    source: str
    name: str
    kind: str
    stable: str | None = None
    image_sizes: dict[str, list[str]] = field(name="pictures", default_factory=dict)
    held_by: list[Holder] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `cameras`."""
    parser.add_argument("--json", action="store_true", help="print JSON (default: a table)")


def run(options: argparse.Namespace) -> int:
    """List the cameras; having none is not an error."""
    from rich.markup import escape

    from edge_app.console import TextConsole, print_markup

    console = TextConsole()
    found, reason = _own_cameras()
    found += [_usb_camera(device) for device in devices.cameras()]
    if options.json:
        record = {"cameras": to_builtins(found), "picamera": reason}
        sys.stdout.write(json.dumps(record, indent=2) + "\n")
        return 0
    if found:
        console.print(_table(found))
    names = [  # below the table, where they are not wrapped and can be copied
        f"{camera.source} keeps the name [bold]{escape(camera.stable)}[/] when replugged"
        for camera in found
        if camera.stable
    ]
    for line in (*names, *_advice(found, reason)):
        print_markup(console, line)
    return 0


def _own_cameras() -> tuple[list[CameraEntry], str | None]:
    """Return the Pi's own cameras, or why there is none."""
    output = run_check("cameras")
    if output.failure or "cameras" not in output.all:
        return [], (
            f"listing them {output.failure or 'gave no output'}; "
            "`rpicam-hello --list-cameras` may show more"
        )
    nodes = [str(node) for kind in ("media", "video") for node in devices.DEV.glob(f"{kind}*")]
    found = [
        CameraEntry(f"picamera:{number}", str(model), "CSI", held_by=holders(nodes))
        for number, model in output.all["cameras"]
    ]
    return found, output.all["reason"]


def _usb_camera(device: devices.Device) -> CameraEntry:
    sizes = {
        one.fourcc: [f"{width}x{height}" for width, height in one.sizes_wh]
        for one in devices.pixel_formats(device.path)
    }
    held = holders([device.path])
    return CameraEntry(device.path, device.name, device.driver, device.stable, sizes, held)


def _table(found: list[CameraEntry]) -> Table:
    from rich.markup import escape

    from edge_app.console import text_table

    table = text_table("Cameras", ("source", "camera", "image sizes", "held by"))
    for camera in found:
        name = f"{escape(camera.name)}\n[dim]{camera.kind}[/]"
        source = f"[bold]{camera.source}[/]"
        held = "\n".join(escape(str(holder)) for holder in camera.held_by)
        table.add_row(
            source, name, _sizes(camera), f"[yellow]{held}[/]" if held else "[dim]nobody[/]"
        )
    return table


def _sizes(camera: CameraEntry) -> str:
    from rich.markup import escape

    lines = []
    for fourcc, sizes in camera.image_sizes.items():
        more = f" and {len(sizes) - _MOST_SIZES} more" if len(sizes) > _MOST_SIZES else ""
        lines.append(f"{escape(fourcc)} {' '.join(sizes[:_MOST_SIZES])}{more}")
    return "\n".join(lines) or "[dim]any size up to the sensor's[/]"


def _advice(found: list[CameraEntry], reason: str | None) -> list[str]:
    """Return what to do next."""
    from rich.markup import escape

    own = []
    if reason and devices.on_a_pi(reason):
        own = [f"[dim]the Pi's own camera: {escape(reason)}[/]"]
    if found:
        return [*own, f"try one: edge-app run {found[0].source} --model street"]
    return [
        "[yellow]no camera found[/]",
        "on USB: plug it in again, look for it with `lsusb`, and check `ls -l /dev/video*`",
        *(own or ["in a laptop: look for the switch, key or cover that turns its camera off"]),
        "without one: edge-app run synthetic --model street",
    ]
