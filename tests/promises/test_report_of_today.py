"""The report reads what both programs write today: runs, benchmarks and evaluations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge_app.cli import main as edge
from host_tools.cli import main as host
from host_tools.report.reading import read_results
from tests.support.whole_runs import edge as edge_process
from tests.support.whole_runs import summary_of

pytest.importorskip("matplotlib", reason="the report draws with matplotlib")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, assets: Path) -> Path:
    """Write one file of each kind: two runs of the digits, a run of the street, and more."""
    out = tmp_path_factory.mktemp("written")
    digits = assets / "samples" / "digits-images-idx3-ubyte.gz"
    truth = assets / "samples" / "digits-labels-idx1-ubyte.gz"
    commands: list[tuple[object, ...]] = [
        *(
            ("run", "--model", "mnist", "--variant", variant, "--headless", "--max-frames", 200,
             "--as-fast-as-possible", "--metrics", out / variant)
            for variant in ("int8", "float32")
        ),
        ("run", "synthetic:640x360", "--model", "street", "--headless", "--max-frames", 3,
         "--metrics", out / "street", "--record", out / "street.mp4"),
        ("bench", "--model", "mnist", "--rounds", 1, "--min-secs", 0.05, "--allow-throttled",
         "--variants", "int8,float32", "--json", out / "bench.json"),
        ("evaluate", "--model", "mnist", "--dataset", f"idx:{digits},{truth}", "--frames", "0:200",
         "--variants", "int8", "--out", out / "evaluation"),
    ]  # fmt: skip
    for words in commands:
        done = edge_process(*words)
        assert done.returncode == 0, done.stderr
    return out


def content_of(path: Path) -> Any:
    """Read a result file."""
    return json.loads(path.read_text("utf-8"))


def test_every_result_names_its_kind(written: Path) -> None:
    """Readers need not guess by the fields."""
    assert content_of(written / "bench.json")["kind"] == "bench"
    assert content_of(written / "evaluation" / "evaluation.json")["kind"] == "evaluation"
    for run in ("int8", "float32", "street"):
        assert summary_of(written / run)["kind"] == "run"
        assert summary_of(written / run)["variants"]


def test_the_figures_are_those_of_the_files(written: Path) -> None:
    """Of a run: its variant, its network's time, its score."""
    for name in ("int8", "float32", "street"):
        summary = summary_of(written / name)
        (result,) = read_results(written / name / "summary.json")
        (figures,) = result.figures.values()
        assert figures.variant == summary["variant"]
        assert figures.invoke_only is not None
        assert figures.invoke_only.typical_ms == summary["stages"]["invoke"]["p50_ms"]
    (bench,) = read_results(written / "bench.json")
    assert list(bench.figures) == ["float32", "int8"]


def test_the_readmes_own_line_makes_a_page(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All files together are one page."""
    files = [*sorted(written.glob("*/summary.json")), *sorted(written.glob("**/evaluation.json"))]
    line = ["report", str(written / "bench.json"), *map(str, files), "--out", str(tmp_path)]
    assert host(line) == 0, capsys.readouterr().err
    page = (tmp_path / "index.html").read_text("utf-8")
    assert "int8" in page
    assert "float32" in page


def test_a_file_of_another_kind_is_named(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Comparing a run, or merging a benchmark, is answered with what to give."""
    summary, bench = str(written / "int8" / "summary.json"), str(written / "bench.json")
    assert edge(["compare", summary, bench]) == 1
    assert "the summary of a run; give a file of edge-app bench --json" in capsys.readouterr().err
    assert edge(["merge", bench, bench, "--out", str(tmp_path / "sum")]) == 1
    assert "it is a bench result; " in capsys.readouterr().err
