"""The package as users install it: a wheel in a venv of its own, outside the checkout."""

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def install_wheel(folder: Path) -> Path:
    """Build a wheel of the checkout, install it into a fresh venv; return its bin folder.

    The venv borrows the packages that the project depends on from the venv of the tests, but not
    its editable install of the project: a .pth file in a borrowed folder is not followed.
    """
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    wheels = folder / "wheels"
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)],
        check=True,
        cwd=folder,
    )
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    paths = {"base": str(venv), "platbase": str(venv)}
    site = Path(sysconfig.get_path("purelib", scheme="venv", vars=paths))
    (site / "borrowed.pth").write_text("\n".join(_site_packages()) + "\n", "utf-8")
    (wheel,) = wheels.glob("*.whl")
    subprocess.run(
        [*pip, "--python", str(venv / "bin" / "python"), "install", "--no-deps", str(wheel)],
        check=True,
        cwd=folder,
    )
    return venv / "bin"


def _site_packages() -> list[str]:
    return [path for path in sys.path if path.endswith("site-packages")]
