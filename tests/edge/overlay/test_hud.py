"""The words on the picture say what they should, and all of them can be read."""

from dataclasses import replace

import pytest

from edge_app.fonts import ELLIPSIS
from edge_app.frame import Status
from edge_app.overlay.hud import BAR_STAGES, bar_parts, draw_hud, hud_text
from edge_app.quality import Quality
from edge_app.style import NOTHING
from edge_app.timing import STAGES, Latency
from tests.support.text_boxes import UNITS, Written, note_texts


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """Note every text that is written in a test."""
    return note_texts(monkeypatch)


def latency(p50_ms: float) -> Latency:
    """Return durations with a 90th percentile a tenth above the median."""
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


def test_the_hud_says_everything_of_a_usual_run() -> None:
    """Variant, model, file, runtime, rates, stages and scores are there, in that order."""
    text = hud_text(USUAL)
    assert text.variant == "int8"
    assert text.title == "DeepLabV3 MobileNetV2 Cityscapes"
    assert text.facts == ("2.72 MB", "LiteRT 2.3.0", "2 threads", "every frame")
    assert text.rates == (
        ("13.9", "shown fps"),
        ("14.4", "network fps"),
        ("25.0", "source fps"),
    )
    assert text.stages[2] == ("invoke", "22.0", "24.2")
    assert [name for name, _, _ in text.stages] == list(STAGES)
    assert text.notes == ("age 92.1 ms", "dropped 0")
    assert text.quality == ("mIoU 0.584", "pixel acc. 95.3 %", "on 120 frames")


def test_the_hud_of_the_first_frame_has_dashes() -> None:
    """What nobody has measured yet is neither zero nor a crash."""
    text = hud_text(START)
    assert text.facts[2] == "1 thread"
    assert {figure for figure, _ in text.rates} == {NOTHING}
    assert {figure for _, *figures in text.stages for figure in figures} == {NOTHING}
    assert text.bar == ()
    assert text.notes == (f"age {NOTHING}", "dropped 0")
    assert text.quality == ()


def test_damaged_frames_are_told_once_there_are_some() -> None:
    """A clean file needs no word about damage."""
    assert "damaged 3" in hud_text(replace(USUAL, damaged=3)).notes


def test_digits_are_scored_by_top_1() -> None:
    """A classification shows its running accuracy in place of the mIoU."""
    quality = Quality(1234, top1=0.9795)
    text = hud_text(replace(USUAL, task="classification", quality=quality))
    assert text.quality == ("top-1 98.0 %", "on 1,234 frames")


def test_the_bar_shares_the_time_of_the_stages_alone() -> None:
    """End to end holds the others and is no part of the bar."""
    bar = dict(hud_text(USUAL).bar)
    assert list(bar) == list(BAR_STAGES)
    assert sum(bar.values()) == pytest.approx(1)
    assert bar["invoke"] == pytest.approx(22 / (2 + 12 + 22 + 32 + 42))


@pytest.mark.parametrize("room_px", [1, 7, 404, 1001])
def test_the_parts_of_the_bar_fill_it_exactly(room_px: int) -> None:
    """Rounding neither leaves a gap nor runs over the end."""
    assert sum(width for _, width in bar_parts(hud_text(USUAL).bar, room_px)) == room_px
    assert sum(width for _, width in bar_parts((), room_px)) == room_px


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("status", [START, USUAL, LARGEST], ids=["start", "usual", "largest"])
def test_nothing_in_the_hud_is_cut_off_or_covered(
    written: Written, unit: float, status: Status
) -> None:
    """At every size, with every length of text, all words are whole and apart."""
    draw_hud(hud_text(status), unit)
    assert len(written.boxes) > 20
    written.check(margin_px=int(6 * unit))


def test_a_long_runtime_does_not_push_the_policy_out(written: Written) -> None:
    """Which frames are shown is always said; the longest words are cut instead."""
    draw_hud(hud_text(LARGEST), 1.0)
    line = next(text for text, _, _ in written.boxes if "threads" in text)
    assert line.endswith("every frame")
    assert ELLIPSIS in line
