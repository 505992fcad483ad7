"""A run's status as lines of coloured text, in the order of the HUD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from rich.text import Text

from edge_app.controls import KEYS
from edge_app.frame import Comparison, Status
from edge_app.status_text import ClassText, StageText, StatusText, losses, quality_text, status_text
from edge_app.style import (
    NEUTRAL,
    NOTHING,
    WRONG,
    count,
    duration,
    percent,
    significant,
    spaced,
    variant_colour,
)
from edge_app.timing import STAGES, Latency

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_ASCII = str.maketrans(
    {"█": "#", "░": "-", "■": "*", "·": "|", NOTHING: "-", "━": "="}
    | dict.fromkeys(_EIGHTHS[1:8], " ")
)
_CLASS_COLUMNS = 26
# Width of the key column: `right`, `space` and `q esc` are the longest.
_KEYS_WIDTH = max(len(" ".join(entry.keys)) for entry in KEYS)
_HINT = "keys: h help, v next variant, c compare, space pause, q quit"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    frames: finished; frame_count: expected, None where unknown or endless.
    """

    frames: int
    frame_count: int | None = None
    elapsed_s: float = 0.0

    def __str__(self) -> str:
        if self.frame_count is None:
            return count(self.frames, "frame")
        return f"{self.frames:,} of {count(self.frame_count, 'frame')}"

    @property
    def left_s(self) -> float | None:
        """How long the rest will take at the pace so far, in seconds."""
        if not self.frame_count or self.frames < 2 or self.elapsed_s <= 0:
            return None
        return max(0.0, (self.frame_count - self.frames) * self.elapsed_s / (self.frames - 1))


def screen(
    status: Status,
    progress: Progress,
    size_wh: tuple[int, int],
    *,
    ascii_only: bool,
    keys: bool = False,
    help_shown: bool = False,
    comparison: Comparison | None = None,
) -> Text:
    """Return the live view, cut to a size in characters; the classes go first.

    keys: whether the terminal's keys are read, so that the hint is shown.
    help_shown: all keys in place of the classes and the stages.
    comparison: the second variant's result on the last frame.
    """
    width, height = size_wh
    text = status_text(status)
    lines = head_lines(text)
    if text.states:
        lines.append(Text(text.states, style=f"bold {WRONG}"))
    if text.switch:
        lines.append(Text(text.switch, style="dim"))
    lines.append(Text())
    lines += _key_lines(width) if help_shown else _stage_lines(text.stages, status.stages, width)
    lines.append(Text("   ".join(text.notes)))
    if text.quality:
        lines.append(Text("   ".join(text.quality), style="bold"))
    if comparison is not None:
        lines.append(_comparison_line(comparison))
    classes = [] if help_shown else class_lines(text.classes, width)
    free_rows = height - len(lines) - 2 - keys  # one for the progress, one for the cursor
    lines += classes if len(classes) <= free_rows else []
    if keys:
        lines.append(Text(_HINT, style="dim"))
    lines.append(_progress_line(progress, width, text.colour))
    for line in lines:
        line.truncate(width, overflow="ellipsis")
        if ascii_only:
            line.plain = line.plain.translate(_ASCII).encode("ascii", "replace").decode()
    return Text("\n", no_wrap=True).join(lines)


def head_lines(text: StatusText) -> list[Text]:
    """Return the names, the facts and the rates, a line each."""
    rates = Text()
    for figure, name in text.rates:
        rates.append(f"{figure:>5} ", style="bold")
        rates.append(f"{name:<15}", style="dim")
    return [
        Text.assemble(_chip(text.variant, text.colour), "  ", (text.title, "bold")),
        Text(" · ".join(text.facts), style="dim"),
        rates,
    ]


def _chip(name: str, colour: str) -> tuple[str, str]:
    """Return a variant's name and its style: dark on its colour."""
    return f" {name} ", f"bold #0B0E11 on {colour}"


def _key_lines(width: int) -> list[Text]:
    """Return all keys and what they do, in as many columns as fit, read from top to bottom."""
    for number in (3, 2, 1):
        rows = -(-len(KEYS) // number)
        columns = [KEYS[at : at + rows] for at in range(0, len(KEYS), rows)]
        widths = [max(len(entry.what) for entry in column) for column in columns]
        if sum(widths) + (_KEYS_WIDTH + 4) * len(columns) - 2 <= width:
            break
    lines = [Text() for _ in range(rows)]
    for column, text_width in zip(columns, widths, strict=True):
        for line, entry in zip(lines, column, strict=False):
            line.append(f"{' '.join(entry.keys):>{_KEYS_WIDTH}}  ", style="bold")
            line.append(f"{entry.what:<{text_width}}  ", style="default")
    return lines


def _stage_lines(
    stages: Sequence[StageText], latencies: Mapping[str, Latency], width: int
) -> list[Text]:
    """Return a row per stage: its median, its 90th percentile, and both as a bar."""
    lines = [Text(f"  {'ms':<12}{'p50':>7}{'p90':>7}", style="dim")]
    bar_width = width - 30
    named = zip(STAGES, stages, strict=True)
    barred = [latencies.get(name) if stage.colour else None for name, stage in named]
    longest_ms = max((latency.p90_ms for latency in barred if latency), default=0.0)
    for stage, latency in zip(stages, barred, strict=True):
        line = Text("■ " if stage.colour else "  ", style=stage.colour or NEUTRAL)
        line.append(f"{stage.name:<12}{stage.p50:>7}", style="default")
        line.append(f"{stage.p90:>7}  ", style="dim default")
        if latency and longest_ms > 0 and bar_width >= 8:
            line.append(bar(latency.p50_ms / longest_ms, latency.p90_ms / longest_ms, bar_width))
        lines.append(line)
    return lines


def bar(share: float, until: float, width: int) -> str:
    """Draw a share of a bar of `width` characters, in eighths, and lightly what lies beyond it."""
    eighths = round(min(1.0, max(0.0, share)) * width * 8)
    full = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
    return full + "░" * (round(min(1.0, until) * width) - len(full))


def _comparison_line(comparison: Comparison) -> Text:
    """Return the agreement with a second variant and that one's own scores."""
    name = _chip(spaced(comparison.variant), variant_colour(comparison.variant))
    scores = quality_text("segmentation", comparison.quality)
    parts = [f" {percent(comparison.agreement)} agree", *scores]
    return Text.assemble(name, ("   ".join(parts), "default"))


def class_lines(classes: Sequence[ClassText], width: int) -> list[Text]:
    """Return each class with its score, in columns read from top to bottom."""
    columns = max(1, width // _CLASS_COLUMNS)
    lines = [Text() for _ in range(-(-len(classes) // columns))]
    for line, (name, score, share) in zip(cycle(lines), classes, strict=False):
        line.append(f"{name[:13]:<13} ", style="default")
        line.append(f"{score:>5} ", style="bold")
        line.append(f"{bar(share, share, 5):<5} ", style=NEUTRAL)
    return lines


def _progress_line(progress: Progress, width: int, colour: str) -> Text:
    left_s = progress.left_s
    rest = f"  {clock_face(left_s)} left" if left_s else ""
    line = Text(str(progress))
    bar_width = width - len(line) - len(rest) - 2
    if progress.frame_count and bar_width >= 8:
        done = round(bar_width * min(1.0, progress.frames / progress.frame_count))
        line.append("  ")
        line.append("━" * done, style=colour)
        line.append("━" * (bar_width - done), style="dim")
    line.append(rest, style="dim")
    return line


def clock_face(seconds: float) -> str:
    """Write a span of time as 0:07, 12:05 or 1:02:03."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def plain_line(status: Status, progress: Progress) -> str:
    """Return the status in one line, for logs and pipes."""
    parts = [
        f"{spaced(status.variant)}: {progress}",
        f"{significant(status.shown_fps)} fps shown, {significant(status.network_fps)} network",
    ]
    end_to_end = status.stages.get("end_to_end")
    if end_to_end:
        parts.append(f"end to end {duration(end_to_end.p50_ms)}")
    if status.dropped or status.damaged:
        parts += losses(status)
    parts += quality_text(status.task, status.quality)[:1]
    return "; ".join([*parts, *map(str, status.states)])
