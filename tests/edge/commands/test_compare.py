"""Two results stand side by side: unlike boards are refused, and the gate tells noise from loss."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge_app.bench.comparing import pairs_of
from edge_app.bench.result_file import as_json
from edge_app.board import Verdict
from edge_app.cli import main
from tests.edge.bench.test_result_file import result


@pytest.fixture
def files(tmp_path: Path) -> Any:
    """Return a function that writes a result with changes and returns its path."""

    def write(name: str, times: float = 1.0, spread: float = 0.01, **more: Any) -> str:
        content = json.loads(as_json(result(**more)))
        content["verdict"] = {"valid": True, "reasons": []} | more.get("verdict", {})
        for one in content["variants"]:
            middle = one["invoke_only"]["p50_ms"] * times
            one["invoke_only"]["p50_ms"] = middle
            one["range_ms"] = [middle * (1 - spread), middle * (1 + spread)]
        path = tmp_path / name
        path.write_text(json.dumps(content))
        return str(path)

    return write


def test_ratios_have_ranges(files: Any) -> None:
    """The ratio is of the medians, its range the widest both allow."""
    first, second = (
        json.loads(Path(path).read_text()) for path in (files("a"), files("b", times=1.2))
    )
    pair = pairs_of(first, second)[1]
    assert (pair.variant, pair.time) == ("int8", pytest.approx(1.2))
    assert pair.time_range == pytest.approx((1.2 * 0.99 / 1.01, 1.2 * 1.01 / 0.99))
    assert (pair.line, pair.memory, pair.size) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("times", "spread", "code"),
    [(1.0, 0.01, 0), (1.04, 0.001, 0), (1.1, 0.01, 3), (1.1, 0.12, 0), (0.5, 0.01, 0)],
    ids=["same", "within", "slower", "noise", "faster"],
)
def test_the_gate_fails_for_what_is_surely_slower(
    files: Any, times: float, spread: float, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """More than the limit, and beyond what the ranges explain."""
    second = files("b", times, spread)
    assert main(["compare", files("a"), second, "--fail-if-slower", "5%"]) == code
    said = capsys.readouterr().out
    assert ("slower by more than 5 %: float32, int8" in said) == (code == 3)


def test_unlike_boards_are_not_compared_silently(
    files: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """It takes an option to compare boards."""
    state = {**result()["board"]["before"], "model": "Raspberry Pi 4"}
    pair = [files("a"), files("b", board={"before": state, "after": state})]
    assert main(["compare", *pair]) == 2
    assert "Raspberry Pi 4" in capsys.readouterr().err
    assert main(["compare", *pair, "--across-boards"]) == 0


def test_what_says_nothing_is_refused(files: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Other models, results that are not valid, and boards without a reference."""
    assert main(["compare", files("a"), files("b", model="mnist")]) == 2
    assert "results of one model" in capsys.readouterr().err
    hot = {"valid": False, "reasons": ["too hot"]}
    assert main(["compare", files("a"), files("b", verdict=hot)]) == 2
    assert "too hot" in capsys.readouterr().err
    assert main(["compare", files("a"), files("b", verdict=hot), "--allow-invalid"]) == 0
    state = {**result()["board"]["before"], "model": "No Such Board"}
    assert main(["compare", files("a", board={"before": state, "after": state})]) == 2
    assert "no-such-board.json" in capsys.readouterr().err


def test_one_result_is_compared_with_its_board_s_reference(
    files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference is found by the board's name."""
    state = {**result()["board"]["before"], "model": "Some Board 2"}
    boards = {"before": state, "after": state}
    (tmp_path / "reference").mkdir()
    files("reference/some-board-2.json", board=boards)
    monkeypatch.setenv("EDGE_ASSETS", str(tmp_path))
    assert main(["compare", files("a", 1.3, board=boards), "--fail-if-slower", "0.05"]) == 3
    assert main(["compare", files("a", board=boards), "--fail-if-slower", "5%"]) == 0


def test_a_verdict_is_valid_without_reasons() -> None:
    """Notes do not count against figures."""
    assert Verdict((), ("unknown",)).valid
    assert not Verdict(("hot",)).valid
