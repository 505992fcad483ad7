"""A session closes its sinks and writes its summary, whatever fails."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from edge_app.model.card import read_card
from edge_app.session import run_session as module
from edge_app.session.options import OutputOptions, RunOptions
from edge_app.session.tasks import TaskSpec
from edge_app.sinks.metrics_log import MetricsLog


def test_a_sink_that_breaks_at_its_end_leaves_the_summary(
    assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is raised after the summary is written, which names it."""

    def fail(_: MetricsLog) -> None:
        raise RuntimeError("the sink broke")

    monkeypatch.setattr(MetricsLog, "close", fail)
    monkeypatch.setattr(module, "prepare_process", lambda *_, **__: {})
    options = RunOptions(
        TaskSpec(read_card(assets / "models" / "street"), "synthetic:96x64"),
        "int8",
        OutputOptions(headless=True, keys=False, metrics=tmp_path),
        threads=1,
        max_frames=2,
        as_fast_as_possible=True,
    )
    with pytest.raises(RuntimeError, match="the sink broke"):
        module.run_session(options, Console(file=io.StringIO()))
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert (summary["status"], summary["reason"]) == ("failed", "the sink broke")
