"""The terminal shows what the HUD shows, on a screen and in a pipe."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from msgspec import convert
from rich.console import Console
from rich.style import Style

from edge_app.controls import KEYS
from edge_app.labels import CITYSCAPES, DIGITS
from edge_app.quality import Quality
from edge_app.results.run_summary import RunSummary
from edge_app.sinks.screen import plain_line, screen
from edge_app.sinks.screen_parts import Progress, bar, class_lines, clock_face
from edge_app.sinks.summary import summary_table
from edge_app.sinks.terminal import Terminal
from edge_app.status_text import status_text
from edge_app.style import NOTHING
from tests.support.clock import Clock
from tests.support.steps import PAUSED, digit, status, step


def console(*, terminal: bool = False, **settings: Any) -> tuple[Console, io.StringIO]:
    """Return a console that writes into memory, and that memory."""
    out = io.StringIO()
    # Rich remembers a style's codes from its first use, whatever the colours of a later console,
    # so a test that ran before would decide them.
    Style.parse.cache_clear()
    Style._add.cache_clear()
    settings = {"color_system": "truecolor" if terminal else None, **settings}
    made = Console(file=out, force_terminal=terminal, width=80, height=24, **settings)
    return made, out


def lines(**changes: Any) -> list[str]:
    """Return the lines of the live view."""
    view = screen(status(**changes), Progress(120, 3000, 60.0), (80, 24), ascii_only=False)
    return view.plain.split("\n")


def test_the_live_view_shows_what_the_hud_shows() -> None:
    """Variant, model, facts, three rates, stages, notes and quality, in that order."""
    said = "\n".join(lines())
    parts = (
        "int8", "Street", "2.70 MB", "LiteRT 2.3.0", "2 threads", "every frame",
        "17.9 shown fps", "52.3 network fps", "25.0 source fps", "ms per frame",
        "median", "p90",
        "capture", "prepare", "invoke", "decode", "overlay", "end to end",
        "age 47.0 ms", "dropped 3", "damaged 2",
        "mIoU .612", "pixel accuracy 91.2 %", "on 120 frames", "IoU by class", "road", ".951",
        "120 of 3,000 frames",
    )  # fmt: skip
    places = [said.find(part) for part in parts]
    assert -1 not in places, dict(zip(parts, places, strict=True))
    assert places == sorted(places)


def test_a_stage_has_its_figures_and_its_bar() -> None:
    """The bars compare the stages; end to end has figures alone."""
    rows = {line[2:14].strip(): line for line in lines()}
    assert re.search(r"18\.6\s+27\.9\s+█+▍░+$", rows["invoke"])
    assert rows["invoke"].count("█") > 5 * rows["capture"].count("█") / 2 > 0
    assert rows["end to end"].split() == ["end", "to", "end", "46.0", "69.0"]


def test_what_is_not_known_yet_is_a_dash() -> None:
    """The first moment of a run shows dashes, never nan or None."""
    said = "\n".join(
        lines(
            policy="newest frame",
            shown_fps=None,
            network_fps=None,
            source_fps=None,
            stages={},
            age_ms=None,
            quality=None,
        )
    )
    assert f"{NOTHING} shown fps" in said
    assert f"age {NOTHING}" in said
    assert not re.search("nan|None|inf", said)


def test_digits_show_their_accuracy() -> None:
    """Classification has one figure."""
    said = "\n".join(lines(task="classification", quality=Quality(500, top1=0.9784)))
    assert "top-1 97.8 %   on 500 frames" in said


CITY: dict[str, float | None] = dict.fromkeys(CITYSCAPES.names, 0.123)


@pytest.mark.parametrize("size_wh", [(80, 24), (60, 15), (40, 12)])
def test_a_small_terminal_shows_what_counts(size_wh: tuple[int, int]) -> None:
    """Variant, rates, the network's time, quality, keys and progress, each whole."""
    view = screen(status(), Progress(120, 3000, 60.0), size_wh, ascii_only=False, keys=True)
    rows = view.plain.split("\n")
    assert len(rows) < size_wh[1]
    assert not any("…" in row for row in rows)
    for part in (" int8   Street", "17.9 shown fps", "52.3 network fps", "invoke ", "end to end",
                 "mIoU .612", "keys: h help, q quit", "120 of 3,000 frames"):  # fmt: skip
        assert any(part in row for row in rows), part


def test_the_last_answer_of_a_classifier_is_shown() -> None:
    """On a screen, beside the figures."""
    made, out = console(terminal=True)
    with Terminal(made, clock=Clock()) as terminal:
        terminal.write(digit(7, 7), status(task="classification", labels=DIGITS))
        assert "7 100.0 %, right" in out.getvalue()


def test_help_on_a_small_terminal_says_that_there_is_more() -> None:
    """Keys are cut to short texts first."""

    def shown(size_wh: tuple[int, int]) -> list[str]:
        view = screen(status(), Progress(9), size_wh, ascii_only=False, keys=True, help_shown=True)
        return view.plain.split("\n")

    for size_wh, whole in (((60, 15), True), ((40, 12), False)):
        rows = shown(size_wh)
        assert len(rows) < size_wh[1]
        assert any("q esc  quit" in row for row in rows) == whole
        assert (rows[-1] == "more in a larger terminal") != whole


@pytest.mark.parametrize("size_wh", [(80, 24), (60, 24), (40, 20), (120, 50), (20, 8)])
def test_no_line_is_wrapped_and_none_scrolls(size_wh: tuple[int, int]) -> None:
    """However small the window, the view fits; the classes go first."""
    view = screen(
        status(model="A model with a very long name " * 5, quality=Quality(9, 0.5, 0.4, CITY)),
        Progress(120, 3000, 60.0),
        size_wh,
        ascii_only=False,
    )
    rows = view.plain.split("\n")
    assert max(len(row) for row in rows) <= size_wh[0]
    if size_wh[1] >= 20:
        assert len(rows) < size_wh[1]
    assert ("motorcycle" in view.plain) == (size_wh[0] >= 80 and size_wh[1] >= 24)


def test_all_classes_fit_a_plain_terminal() -> None:
    """Nineteen classes take three columns, read downwards, under what their figures are."""
    text = status_text(status(quality=Quality(1, per_class=CITY)))
    head, *rows = (line.plain for line in class_lines(text, 80))
    assert head == "IoU by class"
    assert len(rows) == 7
    assert [row.split()[0] for row in rows[:3]] == ["road", "sidewalk", "building"]
    assert "motorcycle" in rows[3]


@pytest.mark.parametrize(
    ("share", "until", "drawn"),
    [
        (0.5, 0.5, "█████"),
        (0.5, 1.0, "█████░░░░░"),
        (0.0, 0.0, ""),
        (0.06, 0.06, "▋"),
        (1.0, 1.0, "██████████"),
        (2.0, 9.0, "██████████"),
    ],
)
def test_bars_are_drawn_in_eighths(share: float, until: float, drawn: str) -> None:
    """They are never wider than allowed."""
    assert bar(share, until, 10) == drawn


def test_ascii_terminals_get_ascii() -> None:
    """A terminal without UTF-8 is not sent what it cannot show."""
    view = screen(
        status(model="Straße", shown_fps=None), Progress(1, 9, 1.0), (80, 24), ascii_only=True
    )
    assert view.plain.isascii()
    assert "#" in view.plain
    assert "Stra?e" in view.plain


@pytest.mark.parametrize(
    ("seconds", "face"), [(0.4, "0:00"), (7, "0:07"), (725, "12:05"), (3723, "1:02:03")]
)
def test_times_read_like_a_clock(seconds: float, face: str) -> None:
    """Hours only where there are some."""
    assert clock_face(seconds) == face


def test_the_time_left_follows_the_pace() -> None:
    """It is unknown without a number of frames, or before two frames."""
    assert Progress(11, 31, 5.0).left_s == 10
    assert Progress(11, None, 5.0).left_s is None
    assert Progress(1, 31, 5.0).left_s is None
    assert Progress(40, 31, 5.0).left_s == 0


def test_a_pipe_gets_plain_lines_now_and_then() -> None:
    """One line per interval and one at the end: no escape codes, no returns, no wraps."""
    made, out = console()
    clock = Clock()
    with Terminal(made, frame_count=3000, interval_s=5.0, clock=clock) as terminal:
        for index in range(120):
            terminal.write(step(index), status(frames=index + 1))
            clock.now_s += 0.1
    said = out.getvalue().splitlines()
    assert len(said) == 3
    assert said[0].startswith("int8: 51 of 3,000 frames; 17.9 shown fps, 52.3 network fps")
    assert said[1].startswith("int8: 101 of 3,000 frames")
    assert said[2] == "int8: 120 frames in 12.0 s"
    assert "\x1b" not in out.getvalue()
    assert "\r" not in out.getvalue()


def test_the_last_line_names_a_variant_only_if_no_other_ran() -> None:
    """Its frames are those of all variants and models that keys have chosen."""
    made, out = console()
    clock = Clock()
    with Terminal(made, interval_s=500.0, clock=clock) as terminal:
        for index in range(60):
            variant = "int8" if index < 40 else "float32"
            terminal.write(step(index), status(frames=index + 1, variant=variant))
            clock.now_s += 0.1
    assert out.getvalue().splitlines() == ["60 frames in 6.0 s"]


def test_plain_lines_count_losses() -> None:
    """Dropped and damaged frames are named if there are some."""
    said = plain_line(status(), Progress(120, 3000, 60.0))
    assert said.endswith("end to end 46.0 ms; dropped 3; damaged 2; mIoU .612")
    clean = plain_line(status(dropped=0, damaged=0, quality=None), Progress(120))
    assert clean == "int8: 120 frames; 17.9 shown fps, 52.3 network fps; end to end 46.0 ms"


def test_a_screen_is_drawn_at_most_five_times_a_second() -> None:
    """A hundred frames in a second draw the view four times."""
    made, out = console(terminal=True)
    clock = Clock()
    with Terminal(made, clock=clock) as terminal:
        for index in range(100):
            terminal.write(step(index), status())
            clock.now_s += 0.01
        drawn = out.getvalue().count("shown fps")
    assert 3 <= drawn <= 5


def test_the_screen_is_left_clean() -> None:
    """The live view is removed, the cursor comes back, and one line sums up the run."""
    made, out = console(terminal=True)
    clock = Clock()
    terminal = Terminal(made, clock=clock)
    terminal.write(step(), status(frames=1))
    assert "48;2;204;121;167" in out.getvalue()  # int8's own colour
    assert "\x1b[?25l" in out.getvalue()
    clock.now_s += 0.5
    terminal.close()
    rest = out.getvalue().split("source fps")[-1]
    assert "\x1b[?25h" in rest
    assert rest.rstrip("\n").endswith("int8: 1 frame")


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR leaves bold type, and no colour."""
    monkeypatch.setenv("NO_COLOR", "1")
    made, out = console(terminal=True)
    with Terminal(made, clock=Clock()) as terminal:
        terminal.write(step(), status())
    assert "38;2" not in out.getvalue()
    assert "48;2" not in out.getvalue()


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """TERM=dumb cannot move its cursor."""
    monkeypatch.setenv("TERM", "dumb")
    made, out = console(terminal=True)
    with Terminal(made, clock=Clock()) as terminal:
        terminal.write(step(), status())
    assert "\x1b[?25l" not in out.getvalue()


class ClosedOutput(io.StringIO):
    """Output whose reader has gone."""

    def __init__(self, fault: OSError) -> None:
        super().__init__()
        self.fault = fault
        self.tries = 0

    def write(self, _: str) -> int:
        self.tries += 1
        raise self.fault

    def fileno(self) -> int:
        raise self.fault


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("fault", [BrokenPipeError(32, "Broken pipe"), OSError(5, "EIO")])
def test_a_closed_output_does_not_end_the_run(fault: OSError, terminal: bool) -> None:
    """The recording continues after the terminal was closed, and nothing is written again."""
    out = ClosedOutput(fault)
    clock = Clock()
    with Terminal(Console(file=out, force_terminal=terminal), clock=clock) as view:
        for index in range(20):
            view.write(step(index), status())
            clock.now_s += 10
    assert 1 <= out.tries <= 2


SUMMARY: dict[str, Any] = {
    "frames": 1204,
    "dropped": 3,
    "damaged": 2,
    "task": "segmentation",
    "model": "street",
    "variant": "dynamic_range",
    "bytes": 2_700_000,
    "runtime": "litert",
    "threads": 2,
    "policy": "every frame",
    "fps": {"source": 25.0, "network": 52.3, "shown": 17.9},
    "stages": {
        stage: {
            "n": 1204,
            "mean_ms": 18.6,
            "p50_ms": 18.5,
            "p90_ms": 19.5,
            "p95_ms": 20.5,
            "p99_ms": 21.5,
            "max_ms": 1234.5,
        }
        for stage in ("capture", "prepare", "invoke", "decode", "overlay", "end_to_end")
    },
    "quality": {
        "frames": 1204,
        "pixel_accuracy": 0.912,
        "miou": 0.612,
        "per_class": {"road": 0.951, "train": None},
        "top1": None,
    },
    "recording": {"path": "out/street.mp4", "frames": 1204, "seconds": 48.16},
    "source": "drive.mp4",
    "board": {"model": "Raspberry Pi 5", "machine": "aarch64", "cores": 4},
    "versions": {"python": "3.11.2", "numpy": "2.4.6"},
    "status": "complete",
    "reason": None,
}


def shown(summary: dict[str, Any], width: int = 80) -> list[str]:
    """Print a summary as a pipe gets it."""
    made, out = console()
    made.width = width
    made.print(summary_table(convert(summary, RunSummary), width))
    return out.getvalue().splitlines()


def test_a_run_that_a_key_ended_is_not_called_interrupted() -> None:
    """That is how a live view ends; summary.json has the status as before."""
    ended = {**SUMMARY, "status": "interrupted"}
    text = "\n".join(shown({**ended, "reason": "stopped by a key"}))
    assert "stopped by a key   1,204 frames" in text
    assert "interrupted" not in text
    text = "\n".join(shown({**ended, "reason": "stopped by a signal"}))
    assert "interrupted (stopped by a signal)   1,204 frames" in text


def test_the_summary_has_every_figure_in_the_order_of_the_view() -> None:
    """Every figure of summary.json is there, within eighty columns."""
    said = shown(SUMMARY)
    assert max(len(line) for line in said) <= 80
    text = "\n".join(said)
    parts = (
        "dynamic_range", "street", "2.70 MB", "litert", "2 threads", "every frame", "drive.mp4",
        "17.9 overall fps", "52.3 network fps", "25.0 source fps", "mean", "p99", "max",
        "capture", "invoke", "end to end", "complete", "1,204 frames", "dropped 3", "damaged 2",
        "mIoU .612", "pixel accuracy 91.2 %", "road", ".951",
        "recorded 1,204 frames, 0:48: out/street.mp4", "Raspberry Pi 5", "4 cores", "numpy 2.4.6",
    )  # fmt: skip
    places = [text.find(part) for part in parts]
    assert -1 not in places, dict(zip(parts, places, strict=True))
    assert places == sorted(places)
    assert sum("18.6" in line and "19.5" in line and "1234" in line for line in said) == 6


def variant_summary(name: str, frames: int, shown_fps: float) -> dict[str, Any]:
    """Return the figures of one variant of a run."""
    keys = ("task", "fps", "dropped", "damaged", "policy", "recording", "source", "board",
            "versions", "status", "reason")  # fmt: skip
    own = {key: value for key, value in SUMMARY.items() if key not in keys}
    return {**own, "variant": name, "frames": frames, "shown_fps": shown_fps, "network_fps": 52.3}


def test_a_comparison_with_another_model_names_both() -> None:
    """Their variants may have the same name; the time is that of the second's network."""
    pair = {"variant": "int8", "with": "int8", "frames": 4, "agreement": 0.9}
    other = {**pair, "with_model": "deeplab", "invoke_ms": 912.0}
    text = " ".join(" ".join(shown({**SUMMARY, "comparisons": [pair, other]}, 80)).split())
    assert "int8 and int8: 90.0 % agreement on 4 frames " in text
    name = SUMMARY["model"]
    said = f"{name} int8 and deeplab int8: 90.0 % agreement on 4 frames; the network of deeplab"
    assert f"{said} int8 912 ms" in text


@pytest.mark.parametrize("width", [80, 60])
def test_every_variant_that_ran_has_a_row(width: int) -> None:
    """With its own frames, rates and score; the rate of the whole run is named so."""
    variants = {
        "float32": variant_summary("float32", 204, 9.5),
        "int8": variant_summary("int8", 1000, 27.1),
    }
    variants["int8"]["quality"] = {**SUMMARY["quality"], "frames": 40, "miou": 0.6}
    scores = {"first_quality": {"frames": 40, "miou": 0.6}, "quality": {"frames": 40, "miou": 0.61}}
    pair = {"variant": "int8", "with": "float32", "frames": 40, "agreement": 0.9712, **scores}
    said = shown({**SUMMARY, "variants": variants, "comparisons": [pair]}, width)
    words = [line.split() for line in said if line.startswith(tuple(variants))]
    rows = {name: rest for name, *rest in words if "agreement," not in rest}
    assert rows["float32"][:6] == ["204", "9.50", "18.5", "52.3", "18.5", ".612"]
    assert rows["int8"][:2] == ["1,000", "27.1"]
    text = "\n".join(said)
    assert "17.9 overall fps" in text
    assert "dynamic range" not in text
    both = "int8 and float32: 97.1 % agreement, mIoU .600 and .610 on 40 frames"
    assert both in " ".join(text.split())
    # Of 120 frames and of 40: nobody may compare the two.
    assert "mIoU of" in text
    assert "its own" in text


def test_a_recording_in_parts_names_each_file_with_its_own_frames() -> None:
    """A recording stopped and started by a key, or in segments."""
    parts = [{"path": f"out-{n}.mp4", "frames": 10 * n, "seconds": 60.0 * n} for n in range(1, 4)]
    recording = {"path": "out-1.mp4", "frames": 60, "seconds": 360.0, "parts": parts}
    said = shown({**SUMMARY, "recording": recording})
    assert [line.rstrip() for line in said if line.startswith("recorded")] == [
        "recorded 10 frames, 1:00: out-1.mp4",
        "recorded 20 frames, 2:00: out-2.mp4",
        "recorded 30 frames, 3:00: out-3.mp4",
        "recorded together 60 frames, 6:00 in 3 files",
    ]
    many = {**recording, "parts": parts * 4}
    said = [line for line in shown({**SUMMARY, "recording": many}) if line.startswith("recorded")]
    assert len(said) == 9
    assert said[-1].startswith("recorded 4 more files; together 60 frames")


def test_few_frames_have_no_rate() -> None:
    """Those of a pipeline come out together, which is no rate; their times are shown."""
    variants = {name: variant_summary(name, 3, 3628.0) for name in ("float32", "int8")}
    rates = {"fps": {"shown": 3628.0, "network": 71.5, "source": 25.0}, "frames": 3}
    for summary in ({**SUMMARY, **rates}, {**SUMMARY, **rates, "variants": variants}):
        text = "\n".join(shown(summary))
        assert "3628" not in text
        assert "71.5" not in text
        assert "25.0 source fps" in text
        assert "18.5" in text
    made, out = console()
    with Terminal(made, clock=Clock()) as terminal:
        for index in range(3):
            terminal.write(step(index), status(frames=index + 1))
    assert out.getvalue() == "int8: 3 frames\n"


def test_frames_that_overlap_are_explained() -> None:
    """A rate of 17.9 and a frame that takes 570 ms would read as a contradiction."""
    slow = {**SUMMARY["stages"]["end_to_end"], "p50_ms": 570.0}
    text = " ".join(shown({**SUMMARY, "stages": {**SUMMARY["stages"], "end_to_end": slow}}))
    assert "Frames overlap: one is finished every 55.9 ms, and each takes 570 ms" in text
    assert "overlap" not in " ".join(shown(SUMMARY))


def test_one_frame_has_no_percentiles_and_no_rate() -> None:
    """A still has one time for each stage."""
    stages = {name: {**one, "n": 1} for name, one in SUMMARY["stages"].items()}
    text = "\n".join(shown({**SUMMARY, "stages": stages, "frames": 1, "fps": {}}))
    assert "p90" not in text
    assert "overall" not in text
    assert re.search(r"invoke +18\.6", text)
    assert "\n\n\n" not in text  # nor an empty line for it
    assert len(text.splitlines()) < 12  # with what is printed before and after, on a small screen


def test_a_summary_with_little_in_it_can_be_shown() -> None:
    """A run that failed at once has no figures; nothing reads nan or None."""
    text = "\n".join(
        shown(
            {
                "frames": 0,
                "dropped": 0,
                "variant": "int8",
                "model": "street",
                "fps": {"source": None, "network": None, "shown": None},
                "stages": {},
                "quality": None,
                "recording": None,
                "board": {},
                "versions": {},
                "status": "failed",
                "reason": "the camera is gone",
            }
        )
    )
    assert "failed (the camera is gone)   0 frames" in text
    assert not re.search("nan|None|inf", text)


def test_all_keys_fit_the_smallest_usual_terminal() -> None:
    """In 80 columns and 24 rows every key and its text are whole, below the figures."""
    view = screen(
        status(states=(PAUSED,)), Progress(9, None, 1.0), (80, 24),
        ascii_only=False, keys=True, help_shown=True,
    )  # fmt: skip
    lines = view.plain.split("\n")
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    for entry in KEYS:
        assert any(f"{' '.join(entry.keys)}  {entry.what}" in line for line in lines), entry
