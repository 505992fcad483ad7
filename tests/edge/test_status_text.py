"""Every view shows the same text of a run's status."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import pytest

from edge_app.frame import Status
from edge_app.quality import Quality
from edge_app.state import State, StateKind
from edge_app.status_text import BAR_STAGES, comparison_text, status_text
from edge_app.style import NOTHING, STAGE_COLOURS, variant_colour
from edge_app.timing import STAGES
from tests.support.comparisons import comparison, segmentation
from tests.support.steps import LOST, PAUSED, status

START = Status("segmentation", "Street", "int8", 794_144, "LiteRT 2.3.0", 1, "newest frame")


def test_a_usual_status_has_all_of_its_text() -> None:
    """Names, facts, rates, stages, notes and scores, as people read them."""
    text = status_text(status(variant="dynamic_range"))
    assert (text.variant, text.colour) == ("dynamic_range", variant_colour("dynamic_range"))
    assert text.title == "Street"
    assert text.facts == ("2.70 MB", "LiteRT 2.3.0", "2 threads", "every frame")
    assert text.rates == (
        ("17.9", "shown fps"),
        ("52.3", "network fps"),
        ("25.0", "source fps"),
    )
    assert text.stages[2] == ("invoke", "18.6", "27.9", STAGE_COLOURS["invoke"])
    assert [stage.name for stage in text.stages] == [name.replace("_", " ") for name in STAGES]
    assert text.notes == ("age 47.0 ms", "dropped 3", "damaged 2")
    assert text.quality == ("mIoU .612", "pixel accuracy 91.2 %", "on 120 frames")
    assert text.classes == (("road", ".951", 0.951), ("train", NOTHING, 0.0))


def test_what_is_not_known_yet_is_a_dash() -> None:
    """What nobody has measured yet is neither zero nor a crash."""
    text = status_text(START)
    assert text.facts[2] == "1 thread"
    assert {figure for figure, _ in text.rates} == {NOTHING}
    assert {figure for stage in text.stages for figure in (stage.p50, stage.p90)} == {NOTHING}
    assert text.bar == ()
    assert text.notes == (f"age {NOTHING}", "dropped 0")
    assert (text.quality, text.classes) == ((), ())
    assert text.states == text.switch == ""


def test_images_have_no_figures_of_a_stream() -> None:
    """They have no rate of their own, no age, and none is dropped."""
    text = status_text(status(source_fps=None, damaged=0))
    assert text.rates == (("17.9", "images/s"), ("52.3", "network fps"))
    assert text.notes == ()
    assert status_text(status(source_fps=None)).notes == ("damaged 2",)


def test_digits_read_in_groups_are_not_called_shown() -> None:
    """Nobody sees 3,355 frames in a second, and the pace for people is not the source's."""
    text = status_text(status(shown_fps=3355.0, source_fps=10.0))
    assert text.rates == (("3355", "images/s"), ("52.3", "network fps"))


def test_a_single_image_has_its_times_alone() -> None:
    """It has neither a rate nor a 90th percentile, and no order among frames."""
    text = status_text(status(source_fps=None, shown_fps=None, frames=1, damaged=0))
    assert text.rates == (("18.6", "network ms"), ("46.0", "end to end ms"))
    assert {stage.p90 for stage in text.stages} == {""}
    assert text.facts == ("2.70 MB", "LiteRT 2.3.0", "2 threads")
    assert NOTHING not in {figure for figure, _ in text.rates}
    assert status_text(replace(START, policy="every frame")).rates == ()


def test_damaged_frames_are_named_once_there_are_some() -> None:
    """A clean file needs no text about damage."""
    assert "damaged 3" in status_text(status(damaged=3)).notes
    assert len(status_text(status(damaged=0)).notes) == 2


def test_digits_are_scored_by_top_1() -> None:
    """A classification shows its running accuracy in place of the mIoU."""
    quality = Quality(1234, top1=0.9795)
    text = status_text(status(task="classification", quality=quality))
    assert text.quality == ("top-1 98.0 %", "on 1,234 frames")


def test_the_bar_shares_the_time_of_the_stages_alone() -> None:
    """End to end holds the others and is no part of the bar."""
    text = status_text(status())
    assert [part.name for part in text.bar] == list(BAR_STAGES)
    assert math.fsum(part.share for part in text.bar) == pytest.approx(1)
    assert text.bar[2].share == pytest.approx(18.6 / (4.2 + 0.69 + 18.6 + 0.25 + 2.4))
    assert [stage.colour for stage in text.stages if not stage.colour] == [""]


def test_states_are_one_line_in_their_order() -> None:
    """A reason follows its state."""
    stopped = State(StateKind.RECORDING_STOPPED, "recording stopped", "it reached 1 MB")
    text = status_text(replace(START, states=(PAUSED, LOST, stopped), switch="int8: loaded"))
    assert text.states == (
        "paused · reconnecting (attempt 3): no image for 5 s · recording stopped: it reached 1 MB"
    )
    assert text.switch == "int8: loaded"


def test_the_text_needs_nothing_that_draws() -> None:
    """A headless service loads neither OpenCV, Pillow nor rich for it."""
    code = (
        "import sys, edge_app.status_text; "
        "print([name for name in ('cv2', 'PIL', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_comparison_has_the_scores_of_both_on_the_same_frames() -> None:
    """Neither score is named without its variant."""
    compared = comparison(segmentation(1, logits=False))  # int8, with float32 the current one
    assert comparison_text("float32", compared) == (
        "97.3 % agreement",
        "mIoU .593, float32 .594",
        "on 9 frames",
    )
    unscored = replace(compared, first_quality=None, quality=None)
    assert comparison_text("float32", unscored) == ("97.3 % agreement with float32",)


def test_scores_of_classes_have_a_heading() -> None:
    """A figure between 0 and 1 does not say what it is."""
    assert status_text(status()).classes_head == "IoU by class"
    assert status_text(status(task="classification")).classes_head == "top-1 by class"
