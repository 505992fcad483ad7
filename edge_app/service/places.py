"""Say where the parts of the service come from and go to."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from edge_app.errors import EdgeError

UNIT, KIOSK = "edge-app", "edge-app-kiosk"


@dataclass(frozen=True, slots=True)
class Places:
    """Hold the paths that an installed service consists of; root: of the file system."""

    root: Path = Path("/")

    @property
    def env(self) -> Path:
        """What the user configures; kept when it is there."""
        return self.root / "etc/default/edge-app"

    @property
    def link(self) -> Path:
        """The program, by the name that the units start it by."""
        return self.root / "usr/local/bin/edge-app"

    @property
    def users(self) -> Path:
        """Who the service runs as."""
        return self.root / "etc/sysusers.d/edge-app.conf"

    def unit(self, name: str) -> Path:
        """Return where a unit stands."""
        return self.root / f"etc/systemd/system/{name}.service"

    def extras(self, name: str) -> Path:
        """Return the folder of what is added to a unit on this machine."""
        return self.root / f"etc/systemd/system/{name}.service.d"

    def kept(self, name: str) -> tuple[Path, Path]:
        """Return the folders of a service's state and cache."""
        return self.root / "var/lib" / name, self.root / "var/cache" / name


def units_dir() -> Path:
    """Return the folder of the unit files; raise EdgeError where there is none."""
    checkout = Path(__file__).resolve().parents[2] / "systemd"
    installed = Path(sys.prefix) / "share" / "edge-app" / "systemd"
    for folder in (checkout, installed):
        if (folder / f"{UNIT}.service").is_file():
            return folder
    raise EdgeError(
        f"the unit files are neither in {checkout} nor in {installed}; install the package again"
    )


def program() -> Path:
    """Return the `edge-app` of this Python; raise EdgeError where it was not installed."""
    found = Path(sys.prefix) / "bin" / "edge-app"
    if not found.is_file():
        raise EdgeError(f"there is no {found}; install the package: make pi")
    return found


def shut_to_others(path: Path) -> Path | None:
    """Return the first folder on the way to a path that other users cannot enter."""
    for folder in reversed(path.resolve().parents):
        if not folder.stat().st_mode & 0o001:
            return folder
    return None
