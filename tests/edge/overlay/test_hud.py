"""The HUD: nothing is cut off, and its bar is filled exactly."""

from dataclasses import replace

import pytest

from edge_app.fonts import ELLIPSIS
from edge_app.frame import Status
from edge_app.overlay.hud import bar_parts, draw_hud
from edge_app.overlay.panel import Scale
from edge_app.quality import Quality
from edge_app.status_text import status_text
from edge_app.style import NOTHING
from edge_app.timing import STAGES, Latency
from tests.support.text_boxes import UNITS, Written, note_texts


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """Note every text that is written in a test."""
    return note_texts(monkeypatch)


def latency(p50_ms: float) -> Latency:
    """Return durations whose 90th percentile is a tenth above the median."""
    p90_ms = 1.1 * p50_ms
    return Latency(100, p50_ms, p50_ms, p90_ms, p90_ms, p90_ms, p90_ms)


START = Status("segmentation", "Street", "int8", 794_144, "LiteRT 2.3.0", 1, "newest frame")
USUAL = Status(
    task="segmentation",
    model="DeepLabV3 MobileNetV2 Cityscapes",
    variant="int8",
    size_bytes=2_721_376,
    runtime="LiteRT 2.3.0",
    threads=2,
    policy="every frame",
    frames=120,
    shown_fps=13.91,
    network_fps=14.43,
    source_fps=25.0,
    stages={name: latency(2.0 + 10 * i) for i, name in enumerate(STAGES)},
    age_ms=92.1,
    quality=Quality(120, pixel_accuracy=0.953, miou=0.584),
)
SINGLE = replace(USUAL, frames=1, shown_fps=None, source_fps=None, quality=None)
LARGEST = replace(
    USUAL,
    model="An extraordinarily long model title that no panel can ever hold in one line",
    variant="a_variant_name_nobody_would_choose_for_a_chip",
    size_bytes=2_721_376_000,
    runtime="tflite-runtime 2.14.0 with the XNNPACK delegate",
    threads=128,
    shown_fps=1597.3,
    network_fps=12345678901.0,
    source_fps=1000.0,
    stages={name: latency(300_000.0) for name in STAGES},
    age_ms=300_000.0,
    dropped=1_234_567,
    damaged=12_345,
    quality=Quality(1_234_567, pixel_accuracy=1.0, miou=float("nan")),
)


def test_a_single_image_has_no_dashes(written: Written) -> None:
    """Nor the heads of medians and percentiles, nor a line for what it cannot have."""
    panel = draw_hud(status_text(SINGLE), Scale(1.0))
    written.check(margin_px=6)
    texts = {text for text, _, _ in written.boxes}
    assert not {NOTHING, "median", "p90"} & texts
    assert {"network ms", "end to end ms"} <= texts
    assert panel.size_wh[1] < draw_hud(status_text(USUAL), Scale(1.0)).size_wh[1]


@pytest.mark.parametrize("width_px", [1, 7, 404, 1001])
def test_the_parts_of_the_bar_fill_it_exactly(width_px: int) -> None:
    """Rounding leaves no gap and does not exceed the bar."""
    assert sum(width for _, width in bar_parts(status_text(USUAL).bar, width_px)) == width_px
    assert sum(width for _, width in bar_parts((), width_px)) == width_px


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("status", [START, USUAL, LARGEST], ids=["start", "usual", "largest"])
def test_nothing_in_the_hud_is_cut_off_or_covered(
    written: Written, unit: float, status: Status
) -> None:
    """At every size, with every length of text, all texts are whole and apart."""
    draw_hud(status_text(status), Scale(unit))
    assert len(written.boxes) > 20
    written.check(margin_px=int(6 * unit))


def test_a_long_runtime_does_not_push_the_policy_out(written: Written) -> None:
    """The policy is always shown; the longest fact is shortened instead."""
    draw_hud(status_text(LARGEST), Scale(1.0))
    line = next(text for text, _, _ in written.boxes if "threads" in text)
    assert line.endswith("every frame")
    assert ELLIPSIS in line
