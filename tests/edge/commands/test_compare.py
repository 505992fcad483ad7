"""Two results are compared: different boards are refused, and noise is not taken for a loss."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from edge_app.bench.comparing import pairs_of
from edge_app.bench.result_file import read_result
from edge_app.bench.tables import pair_table
from edge_app.board import Verdict
from edge_app.cli import main
from tests.support.made_results import bench, board


@pytest.fixture
def files(tmp_path: Path) -> Any:
    """Return a function that writes a result with changes and returns its path."""

    def write(name: str, times: float = 1.0, spread: float = 0.01, **more: Any) -> str:
        content = json.loads(json.dumps(bench(("float32", "int8"), **more)))
        for one in content["variants"]:
            middle = one["invoke_only"]["p50_ms"] * times
            one["invoke_only"]["p50_ms"] = middle
            one["range_ms"] = [middle * (1 - spread), middle * (1 + spread)]
        path = tmp_path / name
        path.write_text(json.dumps(content))
        return str(path)

    return write


def test_ratios_have_ranges(files: Any) -> None:
    """The ratio is of the medians, its range the widest both intervals allow."""
    first, second = (read_result(Path(path)) for path in (files("a"), files("b", times=1.2)))
    pair = pairs_of(first, second)[1]
    assert pair.variant == "int8"
    assert pair.time == pytest.approx(1.2)
    assert pair.time_range == pytest.approx((1.2 * 0.99 / 1.01, 1.2 * 1.01 / 0.99))
    assert (pair.end_to_end, pair.memory, pair.size) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("points", "shown"),
    [(-0.00001, "0.00"), (0.00001, "0.00"), (-0.0123, "-1.23"), (0.0002, "+0.02")],
)
def test_no_difference_has_no_sign(files: Any, points: float, shown: str) -> None:
    """What rounds to nothing is neither a gain nor a loss."""
    pair = pairs_of(*(read_result(Path(files(name))) for name in "ab"))[0]
    text = io.StringIO()
    Console(file=text).print(pair_table(("a", "b"), [replace(pair, quality=points)], None))
    assert shown in text.getvalue().split()


@pytest.mark.parametrize(
    ("times", "spread", "code"),
    [(1.0, 0.01, 0), (1.04, 0.001, 0), (1.1, 0.01, 3), (1.1, 0.12, 0), (0.5, 0.01, 0)],
    ids=["same", "within", "slower", "noise", "faster"],
)
def test_the_limit_fails_only_beyond_noise(
    files: Any, times: float, spread: float, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 3 for more than the limit, beyond what the intervals explain."""
    second = files("b", times, spread)
    assert main(["compare", files("a"), second, "--fail-if-slower", "5%"]) == code
    printed = capsys.readouterr().out
    assert ("slower by more than 5 %: float32, int8" in printed) == (code == 3)


def test_different_boards_are_compared_only_with_an_option(
    files: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --across-boards the second board is named in an error."""
    state = board(model="Raspberry Pi 4")
    paths = [files("a"), files("b", board={"before": state, "after": state})]
    assert main(["compare", *paths]) == 2
    assert "Raspberry Pi 4" in capsys.readouterr().err
    assert main(["compare", *paths, "--across-boards"]) == 0


def test_results_without_a_meaningful_ratio_are_refused(
    files: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """These are results of other models, invalid ones, and boards without a reference."""
    assert main(["compare", files("a"), files("b", model="mnist")]) == 2
    assert "results of one model" in capsys.readouterr().err
    hot = {"valid": False, "reasons": ["too hot"]}
    assert main(["compare", files("a"), files("b", verdict=hot)]) == 2
    assert "too hot" in capsys.readouterr().err
    assert main(["compare", files("a"), files("b", verdict=hot), "--allow-invalid"]) == 0
    state = board(model="No Such Board")
    assert main(["compare", files("a", board={"before": state, "after": state})]) == 2
    assert "no-such-board.json" in capsys.readouterr().err


def test_one_result_is_compared_with_its_board_s_reference(
    files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference is found by the board's name."""
    state = board(model="Some Board 2")
    boards = {"before": state, "after": state}
    (tmp_path / "reference").mkdir()
    files("reference/some-board-2.json", board=boards)
    monkeypatch.setenv("EDGE_ASSETS", str(tmp_path))
    assert main(["compare", files("a", 1.3, board=boards), "--fail-if-slower", "0.05"]) == 3
    assert main(["compare", files("a", board=boards), "--fail-if-slower", "5%"]) == 0


def test_columns_name_the_two_files_and_a_legend_explains_them(
    files: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody has to know which of them is the first."""
    assert main(["compare", files("old.json"), files("new.json", times=1.2)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("new against old")
    heads = printed.splitlines()[1].split()
    assert heads[:2] == ["old", "new"]
    assert "Ratios are new / old: above 1 is slower, or larger." in printed
    hot = {"valid": False, "reasons": ["too hot"]}
    assert main(["compare", files("old.json"), files("new.json", verdict=hot)]) == 2
    assert "new is not valid (too hot)" in capsys.readouterr().err


def test_files_of_one_name_are_called_by_their_folders(
    files: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that both have tells nothing."""
    for folder in ("monday", "friday"):
        (tmp_path / folder).mkdir()
    assert main(["compare", files("monday/result.json"), files("friday/result.json")]) == 0
    assert capsys.readouterr().out.startswith("friday/result against monday/result")


def test_a_verdict_is_valid_without_reasons() -> None:
    """Notes do not count against figures."""
    assert Verdict((), ("unknown",)).valid
    assert not Verdict(("hot",)).valid
