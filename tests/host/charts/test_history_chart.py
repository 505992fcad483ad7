"""Every training is drawn, whatever its figures are."""

import io

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib", reason="needs the report extra: pip install -e '.[report]'")

from host_tools.charts.history_chart import (
    HELD_OUT,
    RATE,
    TRAINED,
    HistoryLine,
    HistoryPanel,
    history_chart,
)
from tests.support.made_history import made_history

PANELS = (
    HistoryPanel("Loss", "nats", (HistoryLine("loss", "while training", TRAINED),)),
    HistoryPanel("Quality", "mIoU", (HistoryLine("miou", "held out", HELD_OUT),)),
    HistoryPanel("Learning rate", "of Adam", (HistoryLine("rate", "rate", RATE, 6),), log=True),
)


def pixels(png: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return a PNG as RGB."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def has(png: bytes, colour: str) -> bool:
    """Return whether some pixel has nearly this colour."""
    target = np.array(list(bytes.fromhex(colour.removeprefix("#"))))
    return bool((np.abs(pixels(png).astype(int) - target).max(axis=2) < 8).any())


@pytest.mark.parametrize("over", ["epoch", "minutes"])
def test_each_panel_is_drawn(over: str) -> None:
    """One line of each colour, over epochs or minutes; each further panel adds to the height."""
    whole = history_chart(made_history(9), PANELS, title="Street", note="Why. " * 30, over=over)
    two = history_chart(made_history(9), PANELS[:2], title="Street", over=over)
    assert all(has(whole, colour) for colour in (TRAINED, HELD_OUT, RATE))
    assert not has(two, RATE)
    assert len(pixels(whole)) > len(pixels(two))


@pytest.mark.parametrize("count", [1, 2, 300])
def test_few_and_many_epochs_are_drawn(count: int) -> None:
    """One epoch is a dot; figures that were never taken leave their panel empty."""
    assert has(history_chart(made_history(count), PANELS[:2], title="Street"), TRAINED)
