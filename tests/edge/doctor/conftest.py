"""The doctor's tests see no cameras of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.sources import devices, holders


@pytest.fixture(autouse=True)
def no_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide this machine's own cameras."""
    monkeypatch.setattr(devices, "DEV", tmp_path / "dev")
    monkeypatch.setattr(holders, "PROC", tmp_path / "nothing")
