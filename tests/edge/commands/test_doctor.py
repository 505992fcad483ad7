"""`edge-app doctor` prints its findings as a table or JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from edge_app.board import UNKNOWN
from edge_app.commands.doctor import run
from edge_app.doctor.finding import FAIL
from edge_app.sources import devices, holders
from tests.support.machines import PI, made_machine


@pytest.fixture(autouse=True)
def no_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide this machine's own cameras."""
    monkeypatch.setattr(devices, "DEV", tmp_path / "dev")
    monkeypatch.setattr(holders, "PROC", tmp_path / "nothing")


def test_the_table_fits_80_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Warnings exit with 0, failures with 1; commands are printed whole below the table."""
    monkeypatch.setenv("COLUMNS", "80")
    options = argparse.Namespace(json=False)
    assert run(options, made_machine(tmp_path)) == 0
    assert run(options, made_machine(tmp_path, board={**PI, "governor": UNKNOWN})) == 0
    capsys.readouterr()
    assert run(options, made_machine(tmp_path, bits=32)) == 1
    table, _, below = capsys.readouterr().out.partition("How to fix it")
    assert max(map(len, table.splitlines())) <= 80
    assert "write the 64-bit Raspberry Pi OS" in below
    assert "1 fail" in below


def test_json_has_all_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads the verdict, and each finding with its fix."""
    assert run(argparse.Namespace(json=True), made_machine(tmp_path, bits=32)) == 1
    record = json.loads(capsys.readouterr().out)
    assert (record["schema"], record["verdict"]) == (1, FAIL)
    fields = {"name", "state", "said", "mend"}
    assert all(set(finding) == fields for finding in record["findings"])
