"""summary.json has the fields of its struct, as a run writes it."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert, to_builtins

from edge_app.cli import main
from edge_app.quality import Quality
from edge_app.results.json_file import parse_json, to_json
from edge_app.results.run_summary import RecordingSummary, RunSummary


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, assets: Path) -> Path:
    """Return the folder of a scored and recorded run of twenty digits."""
    out = tmp_path_factory.mktemp("run")
    samples = assets / "samples"
    arguments = [
        "run", str(samples / "digits-images-idx3-ubyte.gz"),
        "--truth", str(samples / "digits-labels-idx1-ubyte.gz"), "--model", "mnist",
        "--headless", "--as-fast-as-possible", "--max-frames", "20",
        "--metrics", str(out), "--record", str(out / "digits.mp4"),
    ]  # fmt: skip
    assert main(arguments) == 0
    return out


def keys_of(value: Any, prefix: str = "") -> set[str]:
    """Return the paths of all fields of a JSON object."""
    if not isinstance(value, dict):
        return set()
    return {prefix + name for name in value}.union(
        *(keys_of(inner, f"{prefix}{name}.") for name, inner in value.items())
    )


def test_reading_a_summary_loses_nothing(folder: Path) -> None:
    """Each field that a run writes is one of the struct."""
    content = (folder / "summary.json").read_bytes()
    written = json.loads(content)
    read = to_builtins(parse_json(content, RunSummary))
    assert keys_of(written) == keys_of(read)
    assert written == json.loads(to_json(read))


def test_a_summary_has_the_fields_that_scripts_read(folder: Path) -> None:
    """The fields of summary.json are a contract, so none may be removed."""
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert {
        "frames", "dropped", "damaged", "task", "model", "variant", "bytes", "runtime", "threads",
        "policy", "fps", "stages", "quality", "delegation", "variants", "source", "recording",
        "board", "versions", "status", "reason",
    } <= summary.keys()  # fmt: skip
    assert summary["variants"]["int8"].keys() == {
        "frames", "model", "variant", "bytes", "runtime", "threads", "network_fps", "shown_fps",
        "stages", "quality", "delegation",
    }  # fmt: skip
    assert summary["recording"].keys() == {"path", "frames", "seconds"}
    assert summary["quality"]["frames"] == 20


def test_the_report_reads_the_summary_of_a_run(folder: Path) -> None:
    """The workstation takes a summary for a run, not for a bench, though both have variants."""
    reading = pytest.importorskip("host_tools.report.reading")
    (result,) = reading.read_results(folder)
    assert (result.model, list(result.figures)) == ("mnist", ["int8"])


def test_a_recording_has_only_the_fields_that_apply() -> None:
    """One file that was not stopped early has no list of files and no reason."""
    one = convert({"path": "a.mp4", "frames": 1, "seconds": 0.1}, RecordingSummary)
    assert json.loads(to_json(one)) == {"path": "a.mp4", "frames": 1, "seconds": 0.1}


def test_a_score_is_the_same_after_its_record() -> None:
    """A class that never occurred is null in files."""
    quality = Quality(9, 0.5, 0.25, {"road": 0.5, "train": None})
    written = json.loads(to_json(quality))
    assert written["per_class"] == {"road": 0.5, "train": None}
    assert convert(written, Quality) == quality
