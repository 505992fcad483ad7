"""Test that a training's history is kept, and drawn whatever its figures are."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge_app.errors import ModelError
from host_tools.train.history import (
    HELD_OUT,
    RATE,
    TRAINED,
    ChartPanel,
    History,
    Line,
    history_chart,
    read_history,
    write_history,
)

pytest.importorskip("matplotlib", reason="needs the host extra: pip install '.[host]'")

PANELS = (
    ChartPanel("Loss", "nats", (Line("loss", "while training", TRAINED),)),
    ChartPanel("Quality", "mIoU", (Line("miou", "held out", HELD_OUT),)),
    ChartPanel("Learning rate", "of Adam", (Line("rate", "rate", RATE, 6),), log=True),
)


def _history(count: int) -> History:
    """Return some epochs; every third is scored."""
    history = History({"seed": 0})
    for epoch in range(1, count + 1):
        scored = {"miou": 0.6 - 0.5 / epoch} if epoch % 3 == 0 else {}
        history = history.and_then(
            epoch=epoch, minutes=0.7 * epoch, loss=1 / epoch, rate=0.1**epoch, **scored
        )
    return history


def _pixels(png: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def _has(png: bytes, colour: str) -> bool:
    target = np.array(list(bytes.fromhex(colour.removeprefix("#"))))
    return bool((np.abs(_pixels(png).astype(int) - target).max(axis=2) < 8).any())


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Records, missing figures and settings."""
    write_history(_history(4), tmp_path / "x.json")
    assert read_history(tmp_path / "x.json") == _history(4)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"schema": 9}', '{"schema": 1, "settings": {}, "records": [1]}']
)
def test_what_is_no_history_is_refused(tmp_path: Path, content: str) -> None:
    """In one line."""
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(ModelError, match="no history of a training"):
        read_history(tmp_path / "x.json")


def test_an_absent_one_is_refused(tmp_path: Path) -> None:
    """With the system's reason."""
    with pytest.raises(ModelError, match="cannot be read"):
        read_history(tmp_path / "absent.json")


def test_a_figure_has_the_places_where_it_is_known() -> None:
    """Epochs without a score are passed over."""
    assert _history(7).series("miou", "epoch")[0] == [3, 6]
    assert _history(7).series("absent", "epoch") == ([], [])


@pytest.mark.parametrize("over", ["epoch", "minutes"])
def test_each_panel_is_drawn(over: str) -> None:
    """One line of each colour, over epochs or minutes; each further panel adds to the height."""
    whole = history_chart(_history(9), PANELS, title="Street", note="Why. " * 30, over=over)
    two = history_chart(_history(9), PANELS[:2], title="Street", over=over)
    assert all(_has(whole, colour) for colour in (TRAINED, HELD_OUT, RATE))
    assert not _has(two, RATE)
    assert len(_pixels(whole)) > len(_pixels(two))


@pytest.mark.parametrize("count", [1, 2, 300])
def test_few_and_many_epochs_are_drawn(count: int) -> None:
    """One epoch is a dot; figures that were never taken leave their panel empty."""
    assert _has(history_chart(_history(count), PANELS[:2], title="Street"), TRAINED)
