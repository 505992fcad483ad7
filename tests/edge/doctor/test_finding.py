"""A finding is ok, or comes with a command."""

from __future__ import annotations

import pytest

from edge_app.doctor.finding import OK, WARN, Finding, split_advice, worst


def test_a_problem_needs_a_fix() -> None:
    """A finding that is not ok cannot be made without a command."""
    with pytest.raises(ValueError, match="memory"):
        Finding("memory", WARN, "unknown")
    assert worst([]) == OK


def test_advice_is_split_from_the_problem() -> None:
    """Its command is found, if there is one."""
    text = "it is broken; run: pip install x, or wait"
    assert split_advice(text) == ("it is broken", "pip install x")
    assert split_advice("no advice") == ("no advice", "")
