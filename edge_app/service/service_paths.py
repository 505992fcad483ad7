"""Paths of an installed service, and of the files it is installed from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from edge_app.errors import EdgeError
from edge_app.paths import shipped_dir

UNIT, KIOSK = "edge-app", "edge-app-kiosk"


@dataclass(frozen=True, slots=True)
class ServicePaths:
    """Paths of an installed service; root: of the file system."""

    root: Path = Path("/")

    @property
    def settings(self) -> Path:
        """The user's settings, which an installation does not overwrite."""
        return self.root / "etc/default/edge-app"

    @property
    def program(self) -> Path:
        """The link to the program that the units start."""
        return self.root / "usr/local/bin/edge-app"

    @property
    def sysusers(self) -> Path:
        """The definition of the service's user."""
        return self.root / "etc/sysusers.d/edge-app.conf"

    def unit(self, name: str) -> Path:
        """Return the path of a unit."""
        return self.root / f"etc/systemd/system/{name}.service"

    def drop_ins(self, name: str) -> Path:
        """Return the folder of a unit's additions on this machine."""
        return self.root / f"etc/systemd/system/{name}.service.d"

    def data(self, name: str) -> tuple[Path, Path]:
        """Return the folders of a service's state and cache."""
        return self.root / "var/lib" / name, self.root / "var/cache" / name


def units_dir() -> Path:
    """Return the folder of the shipped unit files. Raises EdgeError if there is none."""
    return shipped_dir("systemd")


def program() -> Path:
    """Return the `edge-app` of this Python. Raises EdgeError if it is not installed.

    It is where pip put it: a venv's, a user's or Debian's /usr/local have different folders.
    """
    for package in distributions(name="edge-quant"):
        scripts = [file for file in package.files or () if file.name == "edge-app"]
        places = [Path(str(package.locate_file(file))) for file in scripts]
        # `pip install --target` moves what it recorded: the programs lie below the packages.
        places.append(Path(str(package.locate_file("bin/edge-app"))))
        for place in places:
            if place.is_file():
                return Path(os.path.normpath(place))
    raise EdgeError("there is no edge-app beside this package; install the package: make pi")


def closed_folder(path: Path) -> Path | None:
    """Return the first folder on the way to a path that other users cannot enter."""
    for folder in reversed(path.resolve().parents):
        if not folder.stat().st_mode & 0o001:
            return folder
    return None
