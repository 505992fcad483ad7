"""Parts of the terminal view: lines of coloured text that fit a width in characters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from rich.text import Text

from edge_app.controls import KEYS
from edge_app.frame import Comparison, Status
from edge_app.status_text import STAGE_HEADS, StageText, StatusText, comparison_text
from edge_app.style import NEUTRAL, count, variant_colour
from edge_app.timing import STAGES, Latency

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_CLASS_COLUMNS = 26
# Width of the key column: `right`, `space` and `q esc` are the longest.
_KEYS_WIDTH = max(len(" ".join(entry.keys)) for entry in KEYS)


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


def fitting(parts: Sequence[str], separator: str, width: int) -> str:
    """Join as many parts as fit a width, the first of them always."""
    joined = parts[0] if parts else ""
    for part in parts[1:]:
        if len(joined) + len(separator) + len(part) > width:
            break
        joined += separator + part
    return joined


def head_lines(text: StatusText, width: int) -> list[Text]:
    """Return the names, the facts and the rates, a line each; what does not fit is left out."""
    rates = Text()
    wide = (
        21 * (len(text.rates) - 1) + max((len(name) for _, name in text.rates), default=0) + 6
        <= width
    )
    for place, (figure, name) in enumerate(text.rates):
        part = Text.assemble((f"{figure:>5} " if wide else f"{figure} ", "bold"), (name, "dim"))
        if wide:
            part.pad_right(21 - len(part))
        elif place:
            part = Text("  ") + part
        if len(rates) + len(part.plain.rstrip()) <= width:
            rates.append_text(part)
    rates.rstrip()
    return [
        Text.assemble(_chip(text.variant, text.colour), "  ", (text.title, "bold")),
        Text(fitting(text.facts, " · ", width), style="dim"),
        rates,
    ]


def _chip(name: str, colour: str) -> tuple[str, str]:
    """Return a variant's name and its style: dark on its colour."""
    return f" {name} ", f"bold #0B0E11 on {colour}"


def key_lines(width: int, most: int) -> list[Text]:
    """Return all keys and what they do, in as many columns as fit, read from top to bottom.

    most: rows for them; if they need more, the texts are shorter, and the last row says so if
    even these do not fit.
    """
    whole = [key.what for key in KEYS]
    for texts in (whole, [re.split("[,:]", key.short or key.what)[0] for key in KEYS]):
        for number in (3, 2, 1):
            lines = _in_columns(texts, number)
            if max(map(len, lines)) <= width:
                break
        if len(lines) <= most:
            return lines
    return [*lines[: max(0, most - 1)], Text("more in a larger terminal", style="dim")]


def _in_columns(texts: Sequence[str], number: int) -> list[Text]:
    """Return keys with their texts in so many columns."""
    rows = -(-len(KEYS) // number)
    lines = [Text() for _ in range(rows)]
    named = [(" ".join(key.keys), text) for key, text in zip(KEYS, texts, strict=True)]
    columns = [named[at : at + rows] for at in range(0, len(KEYS), rows)]
    for column in columns:
        text_width = max(len(text) for _, text in column)
        for line, (keys, text) in zip(lines, column, strict=False):
            line.append("  " if line else "")
            line.append(f"{keys:>{_KEYS_WIDTH}}  ", style="bold")
            line.append(f"{text:<{text_width}}", style="default")
    return lines


def stage_lines(
    stages: Sequence[StageText], latencies: Mapping[str, Latency], width: int
) -> list[Text]:
    """Return a row per stage: its median, its 90th percentile, and both as a bar."""
    name, median, p90 = STAGE_HEADS
    if not any(stage.p90 for stage in stages):  # of a single image
        median = p90 = ""
    lines = [Text(f"  {name:<12}{median:>7}{p90:>7}", style="dim")]
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


def comparison_line(status: Status, comparison: Comparison, width: int) -> Text:
    """Return the agreement of a second variant with the first, and the scores of both."""
    name, among = comparison.name, (*status.variants, status.variant)
    line = Text.assemble(_chip(name, variant_colour(name, among)), " ")
    parts = comparison_text(status.variant, comparison)
    return line.append(fitting(parts, "   ", width - len(line)), style="default")


def class_lines(text: StatusText, width: int) -> list[Text]:
    """Return each class with its score under a heading, in columns read from top to bottom."""
    classes = text.classes
    if not classes:
        return []
    columns = max(1, width // _CLASS_COLUMNS)
    lines = [Text() for _ in range(-(-len(classes) // columns))]
    for line, (name, score, share) in zip(cycle(lines), classes, strict=False):
        line.append(f"{name[:13]:<13} ", style="default")
        line.append(f"{score:>5} ", style="bold")
        line.append(f"{bar(share, share, 5):<5} ", style=NEUTRAL)
    return [Text(text.classes_head, style="dim"), *lines]


def progress_line(progress: Progress, width: int, colour: str) -> Text:
    """Return how far a run is, as text and as a bar, and how long the rest will take."""
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
