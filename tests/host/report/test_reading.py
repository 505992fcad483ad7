"""Results are read from files of every kind, and other files are refused with the reason."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import to_builtins

from edge_app.errors import SourceError
from edge_app.evaluate.evaluation_file import write_evaluation
from edge_app.labels import DIGITS
from edge_app.results.evaluation_result import (
    EVALUATION_NAME,
    DatasetInfo,
    EvaluationResult,
    PartialCounts,
    VariantScores,
)
from host_tools.report.merging import with_scores
from host_tools.report.reading import read_results
from tests.support.made_results import SIZES, bench, board, latency, summary, write


def read(tmp_path: Path, content: Any) -> Any:
    """Read the one result of some content."""
    (result,) = read_results(write(tmp_path / "x.json", content))
    return result


def test_a_bench_gives_every_figure(tmp_path: Path) -> None:
    """All that a bench measured of a variant is there, under the machine's own name."""
    result = read(tmp_path, bench())
    assert list(result.figures) == ["float32", "float16", "dynamic_range", "int8"]
    one = result.figures["int8"]
    assert (one.bytes, one.invoke_only.typical_ms, one.invoke_only.p90_ms) == (
        2_500_000,
        20.0,
        24.0,
    )
    assert (one.invoke_only_fps, one.end_to_end_fps, one.end_to_end.typical_ms) == (
        50.0,
        45.0,
        60.0,
    )
    assert (one.init_ms, one.peak_rss_mb, one.score) == (12.0, 120.5, None)
    assert result.machine == "Raspberry Pi 5 Model B Rev 1.0"
    assert (result.model, result.runtime, result.threads) == ("street", "LiteRT 2.3.0", 4)
    assert (result.how, result.source, result.warnings) == ("bench", "drive.mp4", ())


def test_a_run_gives_its_variant_and_score(tmp_path: Path) -> None:
    """A summary has one variant, its quality, and its runtime with a version."""
    result = read(tmp_path, summary())
    (one,) = result.figures.values()
    assert one.score.headline == ("mIoU", 0.810)
    assert one.score.per_class["train"] is None
    assert result.runtime == "LiteRT 2.3.0"
    assert result.origin == (f"{tmp_path.name}/x.json",)


def test_a_stage_that_did_not_happen_has_no_time(tmp_path: Path) -> None:
    """A run that drew nothing has no overlay of 0 ms, and says so."""
    result = read(tmp_path, summary())
    assert "overlay" not in result.figures["int8"].stages
    assert result.how == "run without drawing"


@pytest.mark.parametrize(
    ("offered", "shown", "counts"), [(25.0, 24.9, None), (25.0, 15.0, 15.0), (None, 15.0, 15.0)]
)
def test_a_paced_run_has_no_rate(
    tmp_path: Path, offered: float | None, shown: float, counts: float | None
) -> None:
    """Keeping the source's pace says nothing of what the machine could do."""
    rates = {"source": offered, "network": 50.0, "shown": shown}
    assert read(tmp_path, summary(fps=rates)).figures["int8"].end_to_end_fps == counts


def test_the_folder_of_a_summary_can_be_given(tmp_path: Path) -> None:
    """What --metrics was given can be given to the report as well."""
    write(tmp_path / "summary.json", summary())
    assert read_results(tmp_path)[0].model == "street"


def test_a_name_replaces_the_boards(tmp_path: Path) -> None:
    """The user's own name for a machine wins."""
    path = write(tmp_path / "x.json", bench())
    assert read_results(path, "Kitchen Pi")[0].machine == "Kitchen Pi"


def test_a_missing_value_is_none_and_never_zero(tmp_path: Path) -> None:
    """A bench that was stopped early has gaps."""
    content = bench(("int8",), status="interrupted")
    content["variants"][0] |= {"invoke_only": None, "invoke_only_fps": None, "end_to_end_fps": 0.0}
    content["variants"][0]["stages"] = {}
    result = read(tmp_path, content)
    one = result.figures["int8"]
    assert (one.invoke_only, one.invoke_only_fps, one.end_to_end_fps, one.end_to_end) == (
        None,
        None,
        None,
        None,
    )
    (warning,) = result.warnings
    assert warning.endswith(".json: the measuring was stopped early")


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ({}, {}, None),
        ({"throttled": "unknown"}, {"throttled": "unknown"}, None),
        ({"throttled": "0x50000"}, {"throttled": "0x50000"}, None),
        (
            {},
            {"throttled": "0x50005"},
            "(under-voltage, throttled; get_throttled 0x50005)",
        ),
        ({}, {"throttled": "throttled=0x20000"}, "(clock capped; get_throttled 0x20000)"),
        ({"load_1m": 3.1}, {}, "busy before the measurement (load 3.1 on 4 cores)"),
        ({"load_1m": "unknown"}, {"load_1m": 3.9}, None),
    ],
)
def test_a_bench_without_a_verdict_is_judged_by_its_board(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], why: str | None
) -> None:
    """A board that throttled or was busy warns; one that did before, and not now, does not."""
    boards = {"before": board(**before), "after": board(**after)}
    warnings = read(tmp_path, bench(board=boards, verdict=None)).warnings
    assert [why in text for text in warnings] == ([True] if why else [])


def test_a_failed_run_says_why(tmp_path: Path) -> None:
    """The reason is carried over."""
    result = read(tmp_path, summary(status="failed", reason="the disk is full", quality=None))
    (warning,) = result.warnings
    assert warning.endswith(".json: the measuring failed: the disk is full")


def test_facts_of_a_machine_are_kept_apart_from_its_state(tmp_path: Path) -> None:
    """What a board is stays; how it was doing belongs to the file."""
    result = read(tmp_path, bench())
    assert result.facts["features"] == "asimd, asimddp"
    ((file, state),) = result.states
    assert file == "x.json"
    assert state["temperature"] == "50.0 °C before, 61.5 °C after"


def test_the_reference_has_its_published_figures(assets: Path) -> None:
    """The figures are those of its author, on both machines."""
    results = read_results(assets / "reference" / "thesis.json")
    by_key = {(result.machine.split(" (")[0], result.model): result for result in results}
    assert all(result.published for result in results)
    expected = {
        ("Laptop", "mnist"): ((84452, 44272, 23840, 24720), 10_000, (1.14, 1.037, 1.083, 3.244)),
        ("Raspberry Pi 4", "mnist"): (
            (84452, 44272, 23840, 24720),
            10_000,
            (4.059, 4.052, 4.14, 2.803),
        ),
        ("Laptop", "deeplab 1025x2049"): (
            (8_400_000, 4_200_000, 2_200_000, 2_700_000),
            60,
            (406.5, 486.9, 1116.3, 18378.8),
        ),
        ("Raspberry Pi 4", "deeplab 1025x2049"): (
            (8_400_000, 4_200_000, 2_200_000, 2_700_000),
            60,
            (2179.4, 2588.1, 4063.9, 2674.7),
        ),
    }
    assert by_key.keys() == expected.keys()
    for key, (sizes, frames, seconds) in expected.items():
        figures = by_key[key].figures.values()
        assert tuple(one.bytes for one in figures) == sizes
        took = [frames / one.end_to_end_fps for one in figures if one.end_to_end_fps]
        assert took == pytest.approx(seconds)
        assert all(
            one.end_to_end and one.end_to_end.is_mean and one.invoke_only is None for one in figures
        )
    digits = [one.score.top1 for one in by_key["Laptop", "mnist"].figures.values() if one.score]
    streets = by_key["Raspberry Pi 4", "deeplab 1025x2049"].figures.values()
    assert digits == [0.9795, 0.9795, 0.9801, 0.9792]
    assert [one.score.miou for one in streets if one.score] == [0.2922, 0.2922, 0.2903, 0.2889]
    pixels = [one.score.pixel_accuracy for one in streets if one.score]
    assert pixels == [0.768, 0.768, 0.773, 0.766]


def changed(**more: Any) -> dict[str, Any]:
    """Return a bench of one variant with some of its fields changed."""
    content = bench(("int8",))
    content["variants"][0] |= more
    return content


FAULTS = {
    "not JSON": (b"{", "invalid JSON"),
    "empty": (b"", "is empty"),
    "binary": (b"\xff\xfe\x00", "invalid JSON"),
    "deep": (b"[" * 100_000, "expected object, got array"),
    "NaN": (json.dumps(bench()).replace("12.0", "NaN").encode(), "invalid JSON (JSON is malformed"),
    "a list": ([], "expected object, got array"),
    "another object": ({"a": 1}, "it has neither variants nor stages"),
    "another kind": ({**bench(), "kind": "thesis"}, "its kind is thesis"),
    "another version": (bench(schema=9), "schema: it is 9, this program reads 1"),
    "no variants": (bench(()), "variants: expected array of length >= 1"),
    "variants of a wrong kind": (
        {**bench(), "variants": {"a": 1}},
        "variants: expected array, got object",
    ),
    "a variant without a name": (
        changed(variant=None),
        "variants[0].variant: expected str, got null",
    ),
    "a variant twice": (bench(("int8", "int8")), "variants: a variant occurs twice"),
    "a size as text": (changed(bytes="2 MB"), "variants[0].bytes: expected int | null, got str"),
    "half a byte": (changed(bytes=1.5), "variants[0].bytes: expected int | null, got float"),
    "time below zero": (changed(init_ms=-1), "variants[0].init_ms: expected float >= 0"),
    "true as a number": (changed(peak_rss_mb=True), "peak_rss_mb: expected float | null, got bool"),
    "a latency without a median": (
        changed(invoke_only={"p90_ms": 3}),
        "variants[0].invoke_only: required field n is missing",
    ),
    "a stage as text": (
        summary(stages={"invoke": "fast"}),
        "stages.invoke: expected object, got str",
    ),
    "a score above 1": (
        summary(quality={"miou": 81.3}),
        "quality.miou: expected float <= 1",
    ),
    "a class above 1": (
        summary(quality={"miou": 0.5, "per_class": {"road": 2}}),
        "quality.per_class.road: expected float <= 1",
    ),
    "a board as text": (summary(board="Pi"), "board: expected object, got str"),
    "no model": (summary(model=None), "model: expected str, got null"),
    "published without frames": (
        {
            "schema": 1,
            "published": {"title": "t", "where": "w"},
            "results": [{"machine": "m", "model": "x", "on": "y", "variants": {}}],
        },
        "results[0]: required field frames is missing",
    ),
}


@pytest.mark.parametrize(("content", "why"), FAULTS.values(), ids=FAULTS)
def test_an_error_is_one_line(tmp_path: Path, content: Any, why: str) -> None:
    """The file and the field are named, and what to give instead."""
    path = tmp_path / "x.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(SourceError) as raised:
        read_results(path)
    message = str(raised.value)
    assert str(path) in message
    assert why in message
    assert message.endswith(
        "give files of edge-app bench --json, evaluation.json files of edge-app evaluate, "
        "or summary.json files of edge-app run --metrics"
    )
    assert "\n" not in message


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """The path is named."""
    with pytest.raises(SourceError, match=r"No such file or directory.; check the path"):
        read_results(tmp_path / "none.json")


def test_latency_of_zero_is_no_time(tmp_path: Path) -> None:
    """Nothing takes no time at all."""
    assert (
        read(tmp_path, changed(invoke_only=to_builtins(latency(0.0)), stages={}))
        .figures["int8"]
        .invoke_only
        is None
    )


def test_cases_of_one_file_stand_apart(tmp_path: Path) -> None:
    """Each runtime with each number of threads is a result of its own."""
    content = bench()
    more = [{**entry, "threads": 1, "why": ["one partition"]} for entry in content["variants"]]
    content["variants"] += more
    first, second = read_results(write(tmp_path / "x.json", content))
    assert (first.threads, second.threads) == (4, 1)
    assert list(first.figures) == list(second.figures)
    assert second.figures["int8"].why == ("one partition",)
    spread = second.figures["int8"].invoke_only
    assert spread is not None
    assert (spread.p99_ms, spread.max_ms) == (28.0, 30.0)


def test_the_verdict_of_a_bench_is_kept(tmp_path: Path) -> None:
    """The reasons of the bench are the warnings."""
    verdict = {"valid": False, "reasons": ["it was throttled"], "notes": []}
    (one,) = read_results(write(tmp_path / "x.json", bench(verdict=verdict)))
    assert one.warnings == ("x.json: the result is not valid: it was throttled",)
    assert one.invalid


def test_an_evaluation_is_a_score_without_times(tmp_path: Path) -> None:
    """Its figures come from the counts, and lend themselves to a bench of the same files."""
    counts = 9 * np.eye(10, dtype=np.int64)
    counts[:, 0] += 1
    part = PartialCounts(
        counts=counts, missed=np.zeros(10, np.int64), spans=((0, 100),), frames=100
    )
    result = EvaluationResult(
        model="street",
        task="classification",
        labels="digits",
        classes=DIGITS.names,
        datasets={"abc": DatasetInfo("idx/digits", 100)},
        variants={"int8": VariantScores(sha256="f" * 64, bytes=SIZES["int8"], parts={"abc": part})},
        boards=(board(),),
    )
    write_evaluation(result, tmp_path)
    (scored,) = read_results(tmp_path / EVALUATION_NAME)
    score = scored.figures["int8"].score
    assert score is not None
    assert (score.top1, score.frames, score.on) == (0.91, 100, "idx/digits")
    assert scored.figures["int8"].invoke_only is None
    (timed,) = read_results(write(tmp_path / "x.json", bench()))
    filled = with_scores([timed, scored])[0]
    assert filled.figures["int8"].score == score
