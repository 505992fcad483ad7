"""An interrupted preset keeps what was measured."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from edge_app.bench import thesis
from edge_app.bench.quality_result import QualityResult
from edge_app.console import TextConsole
from edge_app.model.catalog import resolve_model


def test_an_impatient_end_keeps_the_variants_measured_before(
    assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second signal comes in the second variant; the rest is skipped, and all is written."""
    asked: list[str] = []

    def answer(request: Any, *_: object) -> QualityResult:
        asked.append(request.case.variant)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return QualityResult(frames=3, agreement=1.0, seconds=0.5)

    monkeypatch.setattr(thesis, "run_in_process", answer)
    digits = resolve_model(str(assets / "models" / "mnist"))
    options = thesis.ThesisOptions(digits, digits, json=tmp_path / "thesis.json")
    ended: list[bool] = []
    thesis.run_thesis(options, TextConsole(), threading.Event(), lambda: ended.append(True))
    assert len(asked) == 2
    assert ended
    tasks = json.loads((tmp_path / "thesis.json").read_text())["tasks"]
    assert list(tasks[digits.name]) == asked[:1]
