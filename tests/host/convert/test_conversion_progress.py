"""A conversion shows its steps, the time that is left, and no other tool's bars."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from edge_app.model.card import read_card
from host_tools.convert.ai_edge import quantize
from host_tools.convert.conversion_progress import RemainingColumn, Steps, conversion_progress


def test_steps_are_numbered() -> None:
    """Of how many is known from the start."""
    steps = Steps(2)
    assert [steps.next("one"), steps.next("two")] == ["1/2 one", "2/2 two"]


def test_the_time_left_is_shown_only_where_it_is_known() -> None:
    """Parts of a step that take differently long say nothing about the others."""
    now = iter(float(second) for second in range(0, 1000, 5))
    display = conversion_progress(Console(file=io.StringIO()))
    display.get_time = lambda: next(now)
    tasks = {even: display.add_task("x", total=10, even=even) for even in (True, False)}
    for _ in range(3):
        for task in tasks.values():
            display.advance(task)
    column = RemainingColumn()
    even, uneven = (display.tasks[int(not kind)] for kind in (True, False))
    assert column.render(even).plain.endswith(" left")
    assert column.render(uneven).plain == ""


@pytest.mark.tensorflow
def test_bars_of_the_quantizer_stay_away(assets: Path) -> None:
    """A live display shows on standard output what Python code writes to the error stream."""
    pytest.importorskip(
        "ai_edge_quantizer", reason="needs the host extra: pip install -e '.[host]'"
    )
    spec = read_card(assets / "models" / "street")
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100)
    with conversion_progress(console) as display:
        display.add_task("converting", total=None)
        quantize(spec.variant("float32").path.read_bytes(), "dynamic_range", input=spec.input)
    assert "converting" in out.getvalue()
    assert "Applying" not in out.getvalue()
