"""Result files are written as described, and a file that is not is refused by its field."""

import csv
import io
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from edge_app.bench.aggregate import aggregate
from edge_app.bench.cases import Budget, Case
from edge_app.bench.result_file import as_csv, as_json, make_result, read_result, write_text
from edge_app.bench.schema import FIELDS, check_result
from edge_app.board import Verdict, board
from edge_app.errors import SinkError, SourceError
from tests.edge.bench.test_benchmark import turn


def result(**more: Any) -> dict[str, Any]:
    """Return a bench's result of two variants."""
    state = board()
    made = make_result(
        model="street",
        source="some/drive.mp4",
        effort=Budget(),
        measured=[aggregate([turn("float32", 20.0)], 2), aggregate([turn("int8", 10.0)], 2)],
        failed={Case("float16"): "damaged"},
        states=(state, state),
        others_cores=0.1,
        verdict=Verdict(("hot",), ()),
        started_unix_s=1.0,
        interrupted=False,
    )
    return {**made, **more}


def test_a_result_is_as_described_and_survives_the_file(tmp_path: Path) -> None:
    """What is written is valid, and read back it is the same."""
    path = tmp_path / "new" / "r.json"
    write_text(path, as_json(result()))
    found = read_result(path)
    assert found["source"] == "drive.mp4"
    assert found["verdict"]["reasons"] == ["hot"]
    assert json.loads(as_json(result()))["variants"] == found["variants"]


def test_the_report_reads_it(tmp_path: Path) -> None:
    """The workstation's report finds variants, rates and stages in the same file."""
    reading = pytest.importorskip("host_tools.report.reading")
    path = tmp_path / "r.json"
    write_text(path, as_json(result()))
    (found,) = reading.read_results(path)
    assert list(found.figures) == ["float32", "int8"]
    assert found.figures["int8"].network_fps == pytest.approx(100)


def set_field(content: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the content with one field changed, or taken away where the value is ...."""
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
        ("variants", [], "variants: it names none"),
        ("variants.1.bytes", "much", "variants[1].bytes: it is no count"),
        ("variants.1.bytes", True, "variants[1].bytes: it is no count"),
        ("variants.0.first_ms", -1.0, "variants[0].first_ms: -1.0 is below zero"),
        ("variants.0.invoke_only.p50_ms", ..., "variants[0].invoke_only.p50_ms: it is missing"),
        ("board.before.model", ..., "board.before.model: it is missing"),
        ("status", None, "status: it is no text"),
    ],
)
def test_a_wrong_field_is_named(path: str, value: Any, fault: str) -> None:
    """The fault begins with the field's place in the file."""
    content = json.loads(as_json(result()))
    assert check_result(content) == []
    assert fault in check_result(set_field(deepcopy(content), path, value))[0]


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"schema": 1}'])
def test_files_that_are_no_result_are_refused(tmp_path: Path, text: str) -> None:
    """The message names the file and what to give instead."""
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(SourceError, match=r"r\.json.*edge-app bench --json"):
        read_result(path)
    with pytest.raises(SourceError, match="check the path"):
        read_result(tmp_path / "none.json")


def test_the_table_has_a_row_per_case() -> None:
    """Every case is a row; the range and percentiles have columns."""
    first, second = csv.DictReader(io.StringIO(as_csv(result())))
    assert (first["variant"], second["variant"]) == ("float32", "int8")
    assert float(second["invoke_p50_ms"]) == 10.0
    assert float(second["invoke_low_ms"]) <= 10.0 <= float(second["invoke_high_ms"])
    assert (second["valid"], second["paced_p50_ms"]) == ("False", "")


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder in the place of the file is a fault with advice."""
    (tmp_path / "r.json").mkdir()
    with pytest.raises(SinkError, match="name another file"):
        write_text(tmp_path / "r.json", "x")


def test_every_field_is_described_once() -> None:
    """No path stands twice, and each says what it means."""
    paths = [known.path for known in FIELDS]
    assert len(set(paths)) == len(paths)
    assert all(known.what for known in FIELDS)
