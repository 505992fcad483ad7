"""A throttled, hot, slow or busy board makes figures invalid; what is unknown is noted."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.board import judge
from tests.support.boards import board_state


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("0", "0", ""),
        ("0", "20002", "clock capped"),
        ("0", "10000", "under-voltage"),
        ("4", "4", "throttled"),
        ("50000", "50000", ""),
        ("50000", "d0000", "soft temperature limit"),
        ("", "", ""),
    ],
    ids=["cool", "capped", "a dip", "all the time", "long ago", "again", "unknown"],
)
def test_throttling_makes_a_run_invalid(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    """Bits of now, and new bits of since boot, count; old ones are only noted."""
    verdict = judge(
        board_state(tmp_path / "a", throttled=before),
        board_state(tmp_path / "b", throttled=after),
        0.0,
    )
    assert verdict.valid is (reason == "")
    assert verdict.throttled is (reason != "")
    assert reason in " ".join(verdict.reasons)
    assert ("since boot" in " ".join(verdict.notes)) == (before == after == "50000")
    assert ("throttling is unknown" in " ".join(verdict.notes)) == (before == "")


def test_throttling_between_counts(tmp_path: Path) -> None:
    """If the bits since boot were set before, a state between shows what both ends do not."""
    old = board_state(tmp_path / "a", throttled="50000")
    hot = board_state(tmp_path / "b", throttled="50004")
    assert judge(old, old, 0.0).valid
    verdict = judge(old, old, 0.0, [old, hot, old])
    assert verdict.throttled
    assert "throttled; get_throttled 0x50004" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("bits", "advice"),
    [("1", "; fix the power supply"), ("8", "; cool the board"), ("f", "; cool the board")],
)
def test_the_advice_fits_the_cause(tmp_path: Path, bits: str, advice: str) -> None:
    """Under-voltage alone comes from the supply; every other bit has to do with heat."""
    state = board_state(tmp_path, throttled=bits)
    assert advice in judge(state, state, 0.0).reasons[0]


def test_heat_alone_counts_only_without_bits(tmp_path: Path) -> None:
    """A hot board whose firmware reports no throttling is valid."""
    state = board_state(tmp_path, throttled="0", temperature="84000")
    assert judge(state, state, 0.0).valid


def test_heat_counts_if_the_bits_are_unknown(tmp_path: Path) -> None:
    """Without throttle bits, a hot board is not valid."""
    cool = board_state(tmp_path / "a", throttled="")
    hot = board_state(tmp_path / "b", throttled="", temperature="84000")
    assert "84 °C" in judge(cool, hot, 0.0).reasons[0]


def test_bits_that_vanish_are_unknown(tmp_path: Path) -> None:
    """Bits read before but not after prove nothing."""
    first = board_state(tmp_path / "a", throttled="0")
    last = board_state(tmp_path / "b", throttled="")
    verdict = judge(first, last, 0.0)
    assert verdict.valid
    assert "throttling is unknown" in verdict.notes[0]


def test_several_reasons_are_all_given(tmp_path: Path) -> None:
    """A throttled, busy board on its lowest clock has three."""
    state = board_state(tmp_path, throttled="4", governor="powersave", driver="cpufreq-dt")
    assert len(judge(state, state, 2.0).reasons) == 3


@pytest.mark.parametrize(
    ("governor", "driver", "valid"),
    [
        ("ondemand", "cpufreq-dt", True),
        ("powersave", "cpufreq-dt", False),
        ("powersave", "intel_pstate", True),
    ],
)
def test_the_lowest_clock_is_not_valid(
    tmp_path: Path, governor: str, driver: str, *, valid: bool
) -> None:
    """Powersave keeps the lowest clock, except with drivers where it follows the load."""
    state = board_state(tmp_path, throttled="0", governor=governor, driver=driver)
    assert judge(state, state, 0.0).valid is valid


@pytest.mark.parametrize(("others", "valid"), [(0.1, True), (1.0, False), (None, True)])
def test_busy_other_programs_make_a_run_invalid(
    tmp_path: Path, others: float | None, *, valid: bool
) -> None:
    """One core kept busy by others counts; an unknown load is noted."""
    state = board_state(tmp_path, throttled="0")
    verdict = judge(state, state, others)
    assert verdict.valid is valid
    assert bool(verdict.notes) == (others is None)
