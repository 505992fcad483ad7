"""The shipped files are found installed and in a checkout, and nothing else is taken for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app import paths
from edge_app.errors import EdgeError
from edge_app.paths import assets_dir, shipped_dir


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a package that is installed elsewhere."""
    folder = tmp_path / "site-packages" / "edge_app"
    folder.mkdir(parents=True)
    monkeypatch.setattr(paths, "_package", lambda: folder)
    return folder


def test_an_installed_package_has_its_assets_inside(package: Path) -> None:
    """A folder of the same name beside it belongs to another package."""
    beside = package.parent / "systemd"  # python-systemd installs one
    beside.mkdir()
    with pytest.raises(EdgeError, match=f"there is no {package / 'systemd'}; install"):
        shipped_dir("systemd")
    (package / "systemd").mkdir()
    assert shipped_dir("systemd") == package / "systemd"


def test_a_checkout_has_its_assets_beside_the_package(package: Path) -> None:
    """Without an installation, and with an editable one."""
    (package.parent / "setup.cfg").touch()
    with pytest.raises(EdgeError, match="checkout -- assets"):
        shipped_dir("assets")
    (package.parent / "assets").mkdir()
    assert shipped_dir("assets") == package.parent / "assets"


def test_other_assets_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EDGE_ASSETS names their folder, which must exist."""
    monkeypatch.setenv("EDGE_ASSETS", str(tmp_path))
    assert assets_dir() == tmp_path
    monkeypatch.setenv("EDGE_ASSETS", str(tmp_path / "nowhere"))
    with pytest.raises(EdgeError, match="EDGE_ASSETS is not a folder"):
        assets_dir()
