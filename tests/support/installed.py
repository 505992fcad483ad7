"""The package as users install it: a wheel in a venv of its own, outside the checkout."""

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def build_wheel(folder: Path, source: Path = ROOT) -> Path:
    """Build a wheel of the checkout, or of a source distribution, in a folder."""
    command = [*PIP, "wheel", "--no-deps", "--wheel-dir", str(folder), str(source)]
    subprocess.run(command, check=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install_wheel(folder: Path) -> Path:
    """Build a wheel of the checkout, install it into a fresh venv; return its bin folder."""
    (folder / "wheels").mkdir()
    wheel = build_wheel(folder / "wheels")
    venv = make_venv(folder / "venv")
    pip_install(venv / "bin" / "python", "--no-deps", str(wheel))
    return venv / "bin"


def make_venv(venv: Path) -> Path:
    """Make a venv without the project and without pip; return its folder.

    The venv borrows the packages that the project depends on from the venv of the tests, but not
    its editable install of the project: a .pth file in a borrowed folder is not followed.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    paths = {"base": str(venv), "platbase": str(venv)}
    site = Path(sysconfig.get_path("purelib", scheme="venv", vars=paths))
    borrow_packages(site)
    return venv


def borrow_packages(site: Path) -> None:
    """Lend the packages of the tests' venv to the Python of a site-packages folder."""
    folders = [path for path in sys.path if path.endswith("site-packages")]
    (site / "borrowed.pth").write_text("\n".join(folders) + "\n", "utf-8")


def pip_install(python: Path, *arguments: str, cwd: Path | None = None) -> None:
    """Run `pip install` for another Python."""
    command = [*PIP, "--python", str(python), "install", *arguments]
    subprocess.run(command, check=True, cwd=cwd or python.parent)
