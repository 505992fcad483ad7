"""Result files have the described fields, and an error names the field that is wrong."""

import csv
import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from edge_app.bench.benchmark import Benchmark
from edge_app.bench.cases import Case, WorkerRequest
from edge_app.bench.result_file import make_result, read_result, to_csv, write_result
from edge_app.board import Verdict, WatchedBoard, board
from edge_app.errors import SinkError, SourceError
from edge_app.model.card import read_card
from edge_app.results.bench_result import (
    BenchResult,
    Budget,
    bench_to_json,
    parse_bench,
)
from edge_app.results.json_file import describe
from tests.support.made_results import trial


@pytest.fixture
def result(assets: Path) -> BenchResult:
    """Return the result of a benchmark of two variants, and a third that failed."""
    cases = [Case("float32"), Case("int8")]
    spec = read_card(assets / "models/mnist")
    request = WorkerRequest(spec, cases[0], "some/drive.mp4", Budget())
    benchmark = Benchmark(request, cases, board(), threading.Event())
    benchmark.trials = {cases[0]: [trial("float32", 20.0)], cases[1]: [trial("int8", 10.0)]}
    benchmark.failed = {Case("float16"): "damaged"}
    watched = WatchedBoard(board(), board(), 1.0, 0.1, Verdict(("hot",), ()))
    return make_result(benchmark, watched)


def test_a_result_is_the_same_after_reading_its_file(tmp_path: Path, result: BenchResult) -> None:
    """What is written is valid, and read back it is the same."""
    path = tmp_path / "new" / "r.json"
    write_result(path, bench_to_json(result))
    found = read_result(path)
    assert found == result
    assert found.source == "drive.mp4"
    assert found.verdict is not None
    assert found.verdict.reasons == ("hot",)


def test_the_file_has_the_fields_of_version_1(assets: Path, result: BenchResult) -> None:
    """A file written today has every field of the reference, which an old version wrote."""
    old = json.loads((assets / "reference" / "amd-epyc.json").read_text("utf-8"))
    new = json.loads(bench_to_json(result))
    assert new.keys() - old.keys() == {"kind"}
    assert old.keys() <= new.keys()
    assert new["variants"][0].keys() == old["variants"][0].keys()
    assert parse_bench(json.dumps(old).encode()).schema == 1


def test_the_reference_reads_without_loss(assets: Path) -> None:
    """Reading and writing the reference again changes no figure."""
    content = (assets / "reference" / "amd-epyc.json").read_bytes()
    old, new = json.loads(content), json.loads(bench_to_json(parse_bench(content)))
    assert {**new, **old} == new


def test_the_report_reads_it(tmp_path: Path, result: BenchResult) -> None:
    """The workstation's report finds variants, rates and stages in the same file."""
    reading = pytest.importorskip("host_tools.report.reading")
    path = tmp_path / "r.json"
    write_result(path, bench_to_json(result))
    (found,) = reading.read_results(path)
    assert list(found.figures) == ["float32", "int8"]
    assert found.figures["int8"].invoke_only_fps == pytest.approx(100)


def set_field(content: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the content with one field changed, or removed if the value is ...."""
    holder: Any = content
    *parents, name = [int(part) if part.isdigit() else part for part in path.split(".")]
    for parent in parents:
        holder = holder[parent]
    if value is ...:
        del holder[name]
    else:
        holder[name] = value
    return content


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("schema", 2, "schema: it is 2"),
        ("variants", [], "variants: expected array of length >= 1"),
        ("variants.1.bytes", "much", "variants[1].bytes: expected int | null, got str"),
        ("variants.1.bytes", True, "variants[1].bytes: expected int | null, got bool"),
        ("variants.0.first_ms", -1.0, "variants[0].first_ms: expected float >= 0"),
        (
            "variants.0.invoke_only.p50_ms",
            ...,
            "variants[0].invoke_only: required field p50_ms is missing",
        ),
        ("board.before.model", ..., "board: before.model has to be text"),
        ("status", None, "status: expected str, got null"),
    ],
)
def test_a_wrong_field_is_named(path: str, value: Any, fault: str, result: BenchResult) -> None:
    """The error begins with the field's place in the file."""
    content = set_field(json.loads(bench_to_json(result)), path, value)
    with pytest.raises(ValueError, match="^" + fault[:4]) as raised:
        parse_bench(json.dumps(content).encode())
    assert fault in str(raised.value)


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"schema": 1}'])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    """The message names the file and what to give instead."""
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(SourceError, match=r"r\.json.*edge-app bench --json"):
        read_result(path)
    with pytest.raises(SourceError, match="check the path"):
        read_result(tmp_path / "none.json")


def test_the_table_has_a_row_per_case(result: BenchResult) -> None:
    """Every case is a row; the interval and percentiles have columns."""
    first, second = csv.DictReader(io.StringIO(to_csv(result)))
    assert (first["variant"], second["variant"]) == ("float32", "int8")
    assert float(second["invoke_p50_ms"]) == 10.0
    assert float(second["invoke_low_ms"]) <= 10.0 <= float(second["invoke_high_ms"])
    assert (second["valid"], second["paced_p50_ms"]) == ("False", "")


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """A folder in the place of the file is an error with advice."""
    (tmp_path / "r.json").mkdir()
    with pytest.raises(SinkError, match="choose another file"):
        write_result(tmp_path / "r.json", "x")


def test_every_field_is_described_once(result: BenchResult) -> None:
    """Each field of a file has a description."""
    paths = [path for path, _, _ in describe(BenchResult)]
    assert len(set(paths)) == len(paths)
    assert all(text for path, _, text in describe(BenchResult) if ".quality." not in path)
    content = json.loads(bench_to_json(result))
    assert content.keys() <= set(paths)
    assert {f"variants[].{name}" for name in content["variants"][0]} <= set(paths)
