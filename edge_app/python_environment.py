"""The Python that runs, and the command that installs a package into it.

Messages name this command, so that it can be copied: `pip` alone may be another Python's, and a
system's own Python refuses it.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edge_app.paths import checkout_dir, current_folder

# Debian's package of each, and the first release in which it is new enough for this app (seen
# with apt-cache policy in Debian 12 and 13: 12 has aiohttp 3.8, numpy 1.24, matplotlib 3.6).
_DEBIAN = {
    "aiohttp": ("python3-aiohttp", 13),
    "jinja2": ("python3-jinja2", 12),
    "matplotlib": ("python3-matplotlib", 13),
    "msgspec": ("python3-msgspec", 13),
    "numpy": ("python3-numpy", 13),
    "opencv-python": ("python3-opencv", 13),
    "pillow": ("python3-pil", 13),
    "pooch": ("python3-pooch", 13),
    "rich": ("python3-rich", 12),
}
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")


@dataclass(frozen=True, slots=True)
class PythonEnvironment:
    """What decides how a package gets into a Python.

    python: the command that starts it. pip, ensurepip: whether it has these modules.
    managed: whether it is a system's own, which pip refuses (PEP 668). debian: release, 0 if none.
    container: whether it is in a container. uv: whether its venv was made by uv, without pip.
    checkout: the clone this app runs from, None if there is none. installed: whether pip knows it.
    """

    python: str = "python3"
    pip: bool = True
    ensurepip: bool = True
    managed: bool = False
    debian: int = 0
    container: bool = False
    uv: bool = False
    checkout: Path | None = None
    installed: bool = True

    @property
    def pip_command(self) -> str:
        """The command of this Python's pip."""
        return f"{self.python} -m pip"

    def install(self, *requirements: str, options: str = "") -> str:
        """Return the command that installs packages; requirements: as pip takes them.

        options: of pip, such as --force-reinstall.
        """
        if self.managed and self.checkout and not self.installed:
            return "make demo"  # makes a venv; the system's Python need not change
        packages = self._debian_packages(requirements) if self.managed and not options else []
        if packages:
            return f"sudo apt install {' '.join(packages)}"
        words = [*([options] if options else []), *map(shlex.quote, requirements)]
        return self._pip_install(" ".join(words))

    def install_extra(self, name: str) -> str:
        """Return the command that installs one of the app's extras beside it."""
        if not self.checkout:
            # It is installed, so that pip looks for nothing but what the extra adds.
            return self._pip_install(shlex.quote(f"edge-quant[{name}]"))
        folder = "." if self.checkout == current_folder() else str(self.checkout)
        # Without --editable, pip would replace the editable install by a copy.
        arguments = f"--editable {shlex.quote(f'{folder}[{name}]')}"
        if self.managed:
            venv = "python3 -m venv .venv && .venv/bin/python -m pip install"
            return f"{venv} {arguments}"
        return self._pip_install(arguments)

    def uninstall(self, *packages: str) -> str:
        """Return the command that removes packages."""
        force = "--break-system-packages " if self.managed else ""
        return f"{self.pip_command} uninstall -y {force}{' '.join(packages)}"

    def _pip_install(self, arguments: str) -> str:
        if self.managed:
            arguments = f"--break-system-packages {arguments}"
        command = f"{self.pip_command} install {arguments}"
        if self.pip:
            return command
        if self.uv:
            return f"uv pip install --python {self.python} {arguments}"
        if self.ensurepip and not self.managed:  # Debian turns it off for its own Python
            return f"{self.python} -m ensurepip && {command}"
        if self.container:  # the image leaves pip out on purpose
            return (
                f"docker build -f Dockerfile.arm64 .  # with {arguments} in container.in, make lock"
            )
        return f"sudo apt install python3-pip && {command}"

    def _debian_packages(self, requirements: Iterable[str]) -> list[str]:
        """Return Debian's packages of some requirements, none if one is missing or too old."""
        found = [_DEBIAN.get(one.lower(), ("", sys.maxsize)) for one in requirements]
        if not self.debian or any(self.debian < since for _, since in found):
            return []
        return [name for name, _ in found]


def this_environment() -> PythonEnvironment:
    """Return the environment of the Python that runs."""
    # --help, which imports the modules of messages, does not need these.
    import sysconfig
    from importlib.metadata import distributions

    checkout = checkout_dir()
    in_venv = sys.prefix != sys.base_prefix
    mark = Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED"
    return PythonEnvironment(
        python=_python(),
        pip=importlib.util.find_spec("pip") is not None,
        ensurepip=importlib.util.find_spec("ensurepip") is not None,
        managed=not in_venv and mark.exists(),
        debian=_debian_release(Path("/etc/os-release")),
        container=any(Path(path).exists() for path in _CONTAINER_MARKS),
        uv=shutil.which("uv") is not None and "\nuv = " in _text(Path(sys.prefix) / "pyvenv.cfg"),
        checkout=checkout,
        # A build leaves metadata in the clone, which `python3 -c` there would take for its own.
        installed=any(
            Path(str(one.locate_file(""))) != checkout for one in distributions(name="edge-quant")
        ),
    )


def _python() -> str:
    """Return the command of this Python, relative if it lies below the current folder."""
    from edge_app.child_process import python_path

    path = python_path() or "python3"
    folder, name = os.path.split(path)  # the link that makes it a venv's is not followed
    try:
        relative = Path(folder).resolve().relative_to(Path.cwd())
    except (ValueError, FileNotFoundError):  # it lies elsewhere; the current folder is deleted
        return shlex.quote(path)
    return shlex.quote(f"./{name}" if relative == Path() else str(relative / name))


def _debian_release(path: Path) -> int:
    """Return the release of Debian or Raspberry Pi OS by os-release, 0 for another system."""
    fields = dict(line.partition("=")[::2] for line in _text(path).splitlines())
    system, release = fields.get("ID", ""), fields.get("VERSION_ID", "").strip('"')
    return int(release) if system.strip('"') in {"debian", "raspbian"} and release.isdigit() else 0


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
