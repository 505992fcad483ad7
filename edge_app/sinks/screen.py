"""Lay a run's status out as lines of text: what the HUD says, in its order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from rich.text import Text

from edge_app.controls import KEYS, Key
from edge_app.frame import Comparison, Status
from edge_app.quality import Quality
from edge_app.style import (
    NEUTRAL,
    NOTHING,
    STAGE_COLOURS,
    WRONG,
    count,
    duration,
    file_size,
    fraction,
    percent,
    significant,
    variant_colour,
    words,
)
from edge_app.timing import STAGES

BAR_STAGES = STAGES[:-1]  # end to end holds the others, and the waiting between them
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_ASCII = str.maketrans(
    {"█": "#", "░": "-", "■": "*", "·": "|", NOTHING: "-", "━": "="}
    | dict.fromkeys(_EIGHTHS[1:8], " ")
)
_CLASS_COLUMNS = 26
# Room for the names of a key: `right`, `space` and `q esc` are the longest.
_WIDE = max(len(" ".join(entry.keys)) for entry in KEYS)
_HINT = "keys: h all of them, v next variant, c compare, space pause, q quit"


@dataclass(frozen=True, slots=True)
class Progress:
    """Say how far a run is.

    frames: finished; `frame_count`: expected, None where unknown or endless.
    """

    frames: int
    frame_count: int | None = None
    elapsed_s: float = 0.0

    @property
    def words(self) -> str:
        """The frames as people read them: 1,204 of 3,000 frames."""
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

    keys: whether keys are heard, so that they are told. help_shown: all of them, in place of
        the classes and the stages. comparison: what a second variant says of the last frame.
    """
    width, height = size_wh
    lines = [
        _names(status),
        Text(" · ".join(_facts(status)), style="dim"),
        _rates(status),
        *_states(status),
        Text(),
        *(_key_lines(width) if help_shown else _stages(status, width)),
        Text("   ".join(_notes(status))),
    ]
    if status.quality is not None:
        lines.append(Text(f"{'   '.join(_quality(status.task, status.quality))}", style="bold"))
    if comparison is not None:
        lines.append(_compared(comparison))
    last = _progress(progress, width, variant_colour(status.variant))
    classes = class_lines(status.quality, width) if status.quality and not help_shown else []
    room = height - len(lines) - 2 - keys  # one row for the progress, one for the cursor
    lines += classes if len(classes) <= room else []
    if keys:
        lines.append(Text(_HINT, style="dim"))
    lines.append(last)
    for line in lines:
        line.truncate(width, overflow="ellipsis")
        if ascii_only:
            line.plain = line.plain.translate(_ASCII).encode("ascii", "replace").decode()
    return Text("\n", no_wrap=True).join(lines)


def _states(status: Status) -> list[Text]:
    """Return a line for what is out of the ordinary, and one for the last change of variant."""
    lines = []
    if status.states:
        lines.append(Text(" · ".join(map(str, status.states)), style=f"bold {WRONG}"))
    if status.switch:
        lines.append(Text(status.switch, style="dim"))
    return lines


def _key_lines(width: int) -> list[Text]:
    """Return all keys and what they do, in as many columns as fit, read from top to bottom."""
    for number in (3, 2, 1):
        columns = _key_columns(number)
        if sum(_WIDE + 4 + whats for _, whats in columns) - 2 <= width:
            break
    lines = []
    for row in range(len(columns[0][0])):
        line = Text()
        for entries, whats in columns:
            if row < len(entries):
                keys = " ".join(entries[row].keys)
                line.append(f"{keys:>{_WIDE}}  ", style="bold")
                line.append(f"{entries[row].what:<{whats}}  ", style="default")
        lines.append(line)
    return lines


def _key_columns(number: int) -> list[tuple[Sequence[Key], int]]:
    """Return the keys of each column, and the width of its longest words."""
    rows = -(-len(KEYS) // number)
    parts = [KEYS[at : at + rows] for at in range(0, len(KEYS), rows)]
    return [(part, max(len(entry.what) for entry in part)) for part in parts]


def _names(status: Status) -> Text:
    name = Text(f" {status.variant} ", style=chip(status.variant))
    return Text("  ").join([name, Text(status.model, style="bold")])


def chip(variant: str) -> str:
    """Return the style of a variant's name: dark on its colour."""
    return f"bold #0B0E11 on {variant_colour(variant)}"


def _facts(status: Status) -> list[str]:
    facts = [
        file_size(status.size_bytes),
        status.runtime,
        count(status.threads, "thread"),
        status.policy,
    ]
    return [fact for fact in facts if fact]


def _rates(status: Status) -> Text:
    line = Text()
    for fps, what in (
        (status.shown_fps, "shown fps"),
        (status.network_fps, "network fps"),
        (status.source_fps, "source fps"),
    ):
        line.append(f"{significant(fps):>5} ", style="bold")
        line.append(f"{what:<15}", style="dim")
    return line


def _stages(status: Status, width: int) -> list[Text]:
    """Return a row per stage: its median, its 90th percentile, and both as a bar."""
    lines = [Text(f"  {'ms':<12}{'p50':>7}{'p90':>7}", style="dim")]
    room = width - 30
    longest_ms = max(
        (status.stages[name].p90_ms for name in BAR_STAGES if name in status.stages), default=0.0
    )
    for name in STAGES:
        latency = status.stages.get(name)
        colour = STAGE_COLOURS.get(name, NEUTRAL)
        line = Text("■ " if name in BAR_STAGES else "  ", style=colour)
        line.append(f"{words(name):<12}", style="default")
        line.append(f"{significant(latency.p50_ms if latency else None):>7}", style="default")
        line.append(f"{significant(latency.p90_ms if latency else None):>7}  ", style="dim default")
        if latency and name in BAR_STAGES and longest_ms > 0 and room >= 8:
            line.append(bar(latency.p50_ms / longest_ms, latency.p90_ms / longest_ms, room))
        lines.append(line)
    return lines


def bar(share: float, until: float, room: int) -> str:
    """Draw a share of a bar of `room` characters, in eighths, and lightly what lies beyond it."""
    eighths = round(min(1.0, max(0.0, share)) * room * 8)
    full = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
    return full + "░" * (round(min(1.0, until) * room) - len(full))


def _notes(status: Status) -> list[str]:
    notes = [f"age {duration(status.age_ms)}", f"dropped {status.dropped:,}"]
    if status.damaged:
        notes.append(f"damaged {status.damaged:,}")
    return notes


def _quality(task: str, quality: Quality) -> list[str]:
    so_far = f"on {count(quality.frames, 'frame')}"
    if task == "classification":
        return [f"top-1 {percent(quality.top1)}", so_far]
    return [
        f"mIoU {fraction(quality.miou)}",
        f"pixel acc. {percent(quality.pixel_accuracy)}",
        so_far,
    ]


def _compared(comparison: Comparison) -> Text:
    """Return what a second variant says, its name in its own colour."""
    told = [f" {percent(comparison.agreement)} alike"]
    if comparison.quality is not None:
        told += _quality("segmentation", comparison.quality)
    name = Text(f" {comparison.variant} ", style=chip(comparison.variant))
    return name.append("   ".join(told), style="default")


def class_lines(quality: Quality, width: int) -> list[Text]:
    """Return each class with its IoU (digits: accuracy), in columns read from top to bottom."""
    columns = max(1, width // _CLASS_COLUMNS)
    rows = -(-len(quality.per_class) // columns)
    lines = []
    for row in range(rows):
        line = Text()
        for name, iou in islice(quality.per_class, row, None, rows):
            share = 0.0 if math.isnan(iou) else iou
            line.append(f"{name[:13]:<13} ", style="default")
            line.append(f"{fraction(iou):>5} ", style="bold")
            line.append(f"{bar(share, share, 5):<5} ", style=NEUTRAL)
        lines.append(line)
    return lines


def _progress(progress: Progress, width: int, colour: str) -> Text:
    left_s = progress.left_s
    rest = f"  {clock_face(left_s)} left" if left_s else ""
    line = Text(progress.words)
    room = width - len(progress.words) - len(rest) - 2
    if progress.frame_count and room >= 8:
        done = round(room * min(1.0, progress.frames / progress.frame_count))
        line.append("  ")
        line.append("━" * done, style=colour)
        line.append("━" * (room - done), style="dim")
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
        f"{status.variant}: {progress.words}",
        f"{significant(status.shown_fps)} fps shown, {significant(status.network_fps)} network",
    ]
    end_to_end = status.stages.get("end_to_end")
    if end_to_end:
        parts.append(f"end to end {duration(end_to_end.p50_ms)}")
    if status.dropped:
        parts.append(f"dropped {status.dropped:,}")
    if status.damaged:
        parts.append(f"damaged {status.damaged:,}")
    if status.quality is not None:
        parts.append(_quality(status.task, status.quality)[0])
    parts += map(str, status.states)
    return "; ".join(parts)
