"""Checks of Python and of the system below it."""

from __future__ import annotations

from pathlib import Path

from edge_app.doctor.finding import FAIL
from tests.support.machines import Outputs, findings, made_machine, reported


def test_a_32_bit_userland_fails(tmp_path: Path) -> None:
    """Also under a 64-bit kernel, and no wheel is recommended."""
    outputs: Outputs = {("runtime", "litert"): reported(state="missing")}
    found = findings(made_machine(tmp_path, outputs, bits=32))
    assert found["bits"].state == FAIL
    assert "32-bit userland on a 64-bit kernel" in found["bits"].message
    assert "64-bit Raspberry Pi OS" in found["bits"].fix
    assert "64-bit Raspberry Pi OS" in found["runtime"].fix
