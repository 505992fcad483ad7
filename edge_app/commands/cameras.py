"""`edge-app cameras`: the cameras of this machine, their sizes, and what holds them."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from edge_app.sources import devices
from edge_app.sources.holders import Holder, holders

if TYPE_CHECKING:
    from rich.table import Table

EXAMPLES = """examples:
  edge-app cameras            the names to give to edge-app run, sizes, and what holds a camera
  edge-app cameras --json     for a program to read
"""
# A wedged camera stack must not hold the list for ever.
_ASK_S = 20
_MOST_SIZES = 4
_CHILD = "from edge_app.sources.picamera import tell_cameras; tell_cameras()"


@dataclass(frozen=True, slots=True)
class CameraEntry:
    """Hold one camera: what to give as a source, and what is known of it.

    source: for `edge-app run`. stable: a name of it that survives replugging.
    pictures: sizes by pixel format, largest first; empty where only opening it would tell.
    """

    source: str
    name: str
    kind: str
    stable: str | None = None
    pictures: dict[str, list[str]] = field(default_factory=dict)
    held_by: list[Holder] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `cameras`."""
    parser.add_argument("--json", action="store_true", help="print JSON (default: a table)")


def run(options: argparse.Namespace) -> int:
    """List the cameras; having none is not an error."""
    from rich.console import Console
    from rich.markup import escape

    console = Console()
    found, reason = _own_cameras()
    found += [_usb_camera(device) for device in devices.cameras()]
    if options.json:
        record = {"cameras": [asdict(one) for one in found], "picamera": reason}
        sys.stdout.write(json.dumps(record, indent=2) + "\n")
        return 0
    if found:
        console.print(_table(found))
    for camera in found:
        if camera.stable:  # below the table, where it is not broken and can be copied
            line = f"{camera.source} keeps the name [bold]{escape(camera.stable)}[/] when replugged"
            console.print(line, highlight=False, soft_wrap=True)
    for line in _advice(found, reason):
        console.print(line, highlight=False, soft_wrap=True)
    return 0


def _own_cameras() -> tuple[list[CameraEntry], str | None]:
    """Return the Pi's own cameras, or why there is none; asked in a child, for it may crash."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CHILD],
            capture_output=True,
            text=True,
            timeout=_ASK_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [], f"libcamera did not answer in {_ASK_S} s; restart the machine"
    try:
        answer: dict[str, Any] = json.loads("{" + done.stdout.rpartition("\n{")[2])
    except ValueError:
        return [], (
            f"asking libcamera ended with code {done.returncode}; "
            "`rpicam-hello --list-cameras` may say more"
        )
    nodes = [str(node) for kind in ("media", "video") for node in devices.DEV.glob(f"{kind}*")]
    found = [
        CameraEntry(f"picamera:{number}", str(model), "CSI", held_by=holders(nodes))
        for number, model in answer["cameras"]
    ]
    return found, answer["reason"]


def _usb_camera(device: devices.Device) -> CameraEntry:
    pictures = {
        one.fourcc: [f"{width}x{height}" for width, height in one.sizes_wh]
        for one in devices.pictures(device.path)
    }
    held = holders([device.path])
    return CameraEntry(device.path, device.name, device.driver, device.stable, pictures, held)


def _table(found: list[CameraEntry]) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Cameras", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))
    for column in ("source", "camera", "pictures", "held by"):
        table.add_column(column, no_wrap=column == "source")
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
    for fourcc, sizes in camera.pictures.items():
        more = f" and {len(sizes) - _MOST_SIZES} more" if len(sizes) > _MOST_SIZES else ""
        lines.append(f"{escape(fourcc)} {' '.join(sizes[:_MOST_SIZES])}{more}")
    return "\n".join(lines) or "[dim]any size up to the sensor's[/]"


def _advice(found: list[CameraEntry], reason: str | None) -> list[str]:
    """Return what to do next."""
    from rich.markup import escape

    lines = []
    if not found:
        lines.append("[yellow]no camera found[/]")
        lines.append(
            "on USB: plug it in anew, look for it with `lsusb`, and ask `ls -l /dev/video*`"
        )
    if reason:
        lines.append(f"[dim]the Pi's own camera: {escape(reason)}[/]")
    if found:
        lines.append(f"try one: edge-app run {found[0].source} --model street")
    else:
        lines.append("without one: edge-app run synthetic --model street")
    return lines
