"""Every command takes variants of any name, and shows and writes them as the canonical ones."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from edge_app.bench.cases import Case, WorkerRequest
from edge_app.bench.quality_result import measure_quality
from edge_app.bench.trial import measure_trial
from edge_app.cli import main
from edge_app.doctor.proof_check import links_here
from edge_app.doctor.variant_check import PASSED, check_variant
from edge_app.evaluate.evaluation_file import quality_of_variant
from edge_app.model import catalog
from edge_app.model.card import ModelSpec, read_card
from edge_app.results.bench_result import Budget
from edge_app.results.evaluation_result import parse_evaluation
from tests.support.named_bundle import NAMED, RECIPES, iou_of, write_bundle, write_fields

IMAGES = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a model of named variants, images and truth."""
    folder = tmp_path_factory.mktemp("named")
    write_bundle(folder / "fields", ("float32", *NAMED))
    write_fields(folder, IMAGES)
    return folder


@pytest.fixture
def spec(folder: Path) -> ModelSpec:
    """Return the card as it is read."""
    return read_card(folder / "fields")


def test_the_check_covers_each(
    spec: ModelSpec, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hash, golden image and proof chain; a changed file of one is found."""
    assert {name: spec.variants[name].recipe for name in NAMED} == RECIPES
    for variant in spec.variants.values():
        check = check_variant(spec, variant, threads=1)
        assert (check.state, "golden image correct" in check.message) == (PASSED, True)
        links = links_here(spec, variant, threads=1)
        assert {link.link for link in links} >= {"board", "delegate"}
        assert {link.variant for link in links} == {variant.name}
        assert not any(link.note for link in links)
    assert main(["models", "check", str(folder / "fields"), "--threads", "1"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in spec.variants)


def test_the_list_has_each(
    spec: ModelSpec,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
) -> None:
    """With its size and quality, after the canonical ones."""
    monkeypatch.setattr(catalog, "shipped_models", lambda: [folder / "fields"])
    assert main(["models", "list"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    shown = [name for row in rows for name in row if name in spec.variants]
    assert shown == ["float32", *NAMED]
    assert any("int4" in row and ".600" in row for row in rows)


def test_an_evaluation_counts_each(folder: Path, spec: ModelSpec, tmp_path: Path) -> None:
    """Those that are asked for, with the scores that each has alone."""
    data = f"numbered:{folder / 'images'},{folder / 'truth'}"
    words = ["--model", str(folder / "fields"), "--variants", "int4,int8-mixed", "--threads", "1"]
    assert main(["evaluate", "--dataset", data, *words, "--out", str(tmp_path)]) == 0
    written = json.loads((tmp_path / "evaluation.json").read_text("utf-8"))
    assert list(written["variants"]) == ["int4", "int8-mixed"]
    assert (tmp_path / "confusion-int8-mixed.png").is_file()
    result = parse_evaluation((tmp_path / "evaluation.json").read_bytes())
    for name in ("int4", "int8-mixed"):
        assert quality_of_variant(result, name).miou == pytest.approx(iou_of(spec, name, IMAGES))


def test_a_benchmark_measures_each(folder: Path, spec: ModelSpec) -> None:
    """Under its own name, with what the file is, its quality, and its agreement with float32."""
    request = WorkerRequest(
        spec,
        Case("int4", threads=1),
        str(folder / "images"),
        Budget(min_secs=0.02, num_runs=2, warmup_runs=1, rounds=1),
        truth=str(folder / "truth"),
        truth_labels="numbered",
    )
    one = measure_trial(request, threading.Event(), lambda _: None)
    assert (one.setup.variant, one.kind) == ("int4", "float32")  # as these files are made
    answers = measure_quality(request, threading.Event(), lambda _: None)
    assert answers.quality is not None
    assert answers.quality.miou == pytest.approx(iou_of(spec, "int4", IMAGES))
    assert 0 < (answers.agreement or 0) < 1
