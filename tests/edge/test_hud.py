"""The words on the picture say what they should, and all of them can be read."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from edge_app.errors import EdgeError
from edge_app.frame import Classification, Status
from edge_app.labels import CITYSCAPES, DIGITS, PASCAL_VOC, numbered_labels
from edge_app.overlay.digits import answer, draw_answer
from edge_app.overlay.fonts import BOLD, ELLIPSIS, REGULAR, Face, face, fit, shorten, text_px
from edge_app.overlay.hints import draw_hints, hint_lines
from edge_app.overlay.hud import BAR_STAGES, bar_parts, draw_hud, hud_text
from edge_app.overlay.legend import draw_legend, in_view, order, remember
from edge_app.overlay.panel import Panel, Sheet, blit
from edge_app.quality import Quality
from edge_app.style import NOTHING
from edge_app.timing import STAGES, Latency

UNITS = [0.45, 0.8, 1.0, 1.5, 3.0]


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
    variant="dynamic_range",
    size_bytes=2_721_376_000,
    runtime="tflite-runtime 2.14.0 with the XNNPACK delegate",
    threads=128,
    shown_fps=1597.3,
    network_fps=12345.6,
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


Box = tuple[int, int, int, int]


class Written:
    """Collect where texts were written on sheets."""

    def __init__(self) -> None:
        self.boxes: list[tuple[str, Box, tuple[int, int]]] = []

    def check(self, margin_px: int = 0) -> None:
        """Assert that all texts lie within their sheets, and that no two overlap."""
        for text, (left, top, right, bottom), (width, height) in self.boxes:
            assert left >= margin_px, text
            assert top >= margin_px, text
            assert right <= width - margin_px, text
            assert bottom <= height - margin_px, text
        for i, (text, one, _) in enumerate(self.boxes):
            for other_text, other, _ in self.boxes[:i]:
                apart = (
                    one[2] <= other[0]
                    or other[2] <= one[0]
                    or one[3] <= other[1]
                    or other[3] <= one[1]
                )
                assert apart, f"'{text}' over '{other_text}'"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """Note every text that is written in a test."""
    notes = Written()
    write: Callable[..., None] = Sheet.text

    def note(
        sheet: Sheet,
        xy: tuple[int, int],
        text: str,
        font: Face,
        colour: str = "#FFFFFF",
        anchor: str = "ls",
    ) -> None:
        sides = font.getbbox(text, anchor=anchor)
        box = tuple(int(side) + xy[i % 2] for i, side in enumerate(sides))
        notes.boxes.append((text, box, sheet.size_wh))  # type: ignore[arg-type]
        write(sheet, xy, text, font, colour, anchor)

    monkeypatch.setattr(Sheet, "text", note)
    return notes


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


@pytest.mark.parametrize("unit", UNITS)
def test_nothing_in_the_legend_is_cut_off_or_covered(written: Written, unit: float) -> None:
    """Every line of a full legend is whole."""
    assert draw_legend(range(19), CITYSCAPES, unit, (2000, 2000))
    assert len(written.boxes) == 19
    written.check(margin_px=int(6 * unit))


def test_a_legend_shows_as_many_classes_as_fit(written: Written) -> None:
    """The largest classes keep their lines where the room ends."""
    panel = draw_legend(range(19), CITYSCAPES, 1.0, (300, 130))
    assert panel is not None
    assert panel.size_wh[1] <= 130
    assert [text for text, _, _ in written.boxes] == list(CITYSCAPES.names[:4])


@pytest.mark.parametrize("room_wh", [(80, 500), (300, 20)])
def test_a_legend_without_room_is_left_out(room_wh: tuple[int, int]) -> None:
    """Half a class name helps nobody."""
    assert draw_legend([0, 1], CITYSCAPES, 1.0, room_wh) is None


def test_an_empty_legend_is_left_out() -> None:
    """A picture of nothing but background has no legend."""
    assert draw_legend([], CITYSCAPES, 1.0, (500, 500)) is None


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("room_px", [220, 440, 2000])
def test_every_key_is_shown_whole(written: Written, unit: float, room_px: int) -> None:
    """Hints break into lines where they are too long for one."""
    panel = draw_hints(unit, int(room_px * unit))
    assert panel is not None
    assert panel.size_wh[0] <= int(room_px * unit)
    assert {"+", "q", "quit"} <= {text for text, _, _ in written.boxes}
    written.check()


def test_hints_that_cannot_fit_are_left_out() -> None:
    """A canvas narrower than one key and its words has no hints."""
    assert draw_hints(1.0, 60) is None


def test_items_break_where_the_line_is_full() -> None:
    """Gaps count between items, not after the last."""
    assert hint_lines(10, [4, 4, 4, 10], 2) == [[0, 1], [2], [3]]


@pytest.mark.parametrize("unit", [0.67, 1.0, 1.5])
@pytest.mark.parametrize("truth", [None, 1, 2])
@pytest.mark.parametrize(
    "labels",
    [
        DIGITS,
        numbered_labels("long", tuple(f"{'a most remarkable ' * 4}thing {i}" for i in range(9))),
    ],
    ids=["digits", "long names"],
)
def test_nothing_in_an_answer_is_cut_off_or_covered(written, labels, truth, unit) -> None:  # type: ignore[no-untyped-def]
    """Digits and the longest class names fit beside their bars."""
    found = answer(Classification(1, np.arange(9, dtype=np.float32)), truth, labels)
    draw_answer(found, unit, (int(534 * unit), int(366 * unit)))
    written.check()


def test_the_legend_keeps_its_order_while_classes_are_about_equal() -> None:
    """A class moves up only once it clearly leads."""
    assert order([3, 5], {3: 0.30, 5: 0.33}) == [3, 5]
    assert order([3, 5], {3: 0.30, 5: 0.40}) == [5, 3]
    assert order([], {3: 0.30, 5: 0.33}) == [5, 3]
    assert order([3, 5], {3: 0.3, 5: 0.2, 8: 0.25}) == [3, 8, 5]
    assert order([3, 5], {5: 0.2}) == [5]


def test_shares_are_remembered_for_a_moment() -> None:
    """A class that flickers for one refresh neither comes nor goes at once."""
    seen = remember(None, np.array([0.8, 0.2]))
    assert seen.tolist() == [0.8, 0.2]
    assert remember(seen, np.array([1.0, 0.0])).tolist() == pytest.approx([0.88, 0.12])


def test_classes_out_of_view_and_background_have_no_line() -> None:
    """A line is worth two pixels in a thousand, and a colour."""
    share = np.array([0.5, 0.001, 0.499])
    assert list(in_view(share, PASCAL_VOC.palette_bgr())) == [2]


@pytest.mark.parametrize("file", [REGULAR, BOLD])
@pytest.mark.parametrize("size_px", [11, 14, 21, 42])
def test_figures_are_of_equal_width(file: str, size_px: int) -> None:
    """Numbers that change do not make their neighbours dance."""
    font = face(file, size_px)
    assert len({font.getlength(figure) for figure in "0123456789"}) == 1


def test_the_typeface_has_every_sign_that_is_written() -> None:
    """No sign of the HUD falls back to the box for missing ones."""
    font = face(REGULAR, 40)
    missing = bytes(font.getmask("\uffff"))
    for sign in f"{NOTHING}{ELLIPSIS}·%.,+-":
        assert bytes(font.getmask(sign)) != missing, sign


def test_words_that_do_not_fit_end_in_an_ellipsis() -> None:
    """A text is made smaller first, and cut only then."""
    font = face(REGULAR, 14)
    assert shorten("road", font, 100) == "road"
    cut = shorten("a long title", font, 50)
    assert cut.endswith(ELLIPSIS)
    assert text_px(cut, font) <= 50
    assert shorten("a long title", font, 2) == ""
    text, smaller = fit("a long title", REGULAR, (30, 10), 90)
    assert text == "a long title"
    assert 10 <= smaller.size < 30
    assert text_px(text, smaller) <= 90


def test_a_missing_typeface_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """Assets without fonts end in advice, not in Pillow's error."""
    monkeypatch.setenv("EDGE_ASSETS", str(tmp_path))
    with pytest.raises(EdgeError, match="install the package again"):
        face(REGULAR, 999)


def test_a_panel_is_laid_over_the_picture_by_its_opacity() -> None:
    """Colour comes on top of what the panel lets through, and corners stay clear."""
    canvas = np.full((40, 60, 3), 200, np.uint8)
    sheet = Sheet((20, 20), 6, opacity=0.5)
    sheet.box((8, 8), (4, 4), "#FF8000", 0)
    blit(canvas, sheet.finish(), (10, 10))
    assert canvas[20, 20].tolist() == [0, 128, 255]
    assert canvas[14, 20].tolist() == pytest.approx([100 + 13, 100 + 10, 100 + 8], abs=2)
    assert canvas[10, 10].tolist() == pytest.approx([200] * 3, abs=6)
    assert (canvas[:, :10] == 200).all()


@pytest.mark.parametrize("xy", [(-5, -5), (55, 35), (100, 100), (-50, 0)])
def test_a_panel_beyond_the_canvas_is_clipped(xy: tuple[int, int]) -> None:
    """A panel larger than the room for it is no error."""
    canvas = np.full((40, 60, 3), 200, np.uint8)
    panel = Panel(np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20, 3), np.uint8))
    blit(canvas, panel, xy)
    rows = max(0, min(40, xy[1] + 20) - max(0, xy[1]))
    columns = max(0, min(60, xy[0] + 20) - max(0, xy[0]))
    assert (canvas == 0).all(axis=2).sum() == rows * columns
