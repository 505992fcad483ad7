"""A run's status as lines of coloured text, in the order of the HUD."""

from __future__ import annotations

from rich.text import Text

from edge_app.frame import Comparison, Status
from edge_app.sinks.screen_parts import (
    Progress,
    class_lines,
    comparison_line,
    fitting,
    head_lines,
    key_lines,
    progress_line,
    stage_lines,
)
from edge_app.standard_streams import ASCII_SIGNS
from edge_app.status_text import losses, quality_text, status_text
from edge_app.style import WRONG, duration, significant

_ASCII = str.maketrans(ASCII_SIGNS)
_HINT_HEAD = "keys: "
_HINTS = ("h help", "q quit", "v next variant", "space pause", "c compare")


class _Lines:
    """Lines of a view, of which the least important go first if there is no room for all.

    rank: 0 for a line that always stays. Of equal ranks the lower line goes first; a block goes
    as a whole.
    """

    def __init__(self) -> None:
        self._blocks: list[tuple[int, list[Text]]] = []

    def add(self, rank: int, *block: Text) -> None:
        """Add lines below the others."""
        if block:
            self._blocks.append((rank, list(block)))

    def fitting(self, rows: int) -> list[Text]:
        """Return the lines that fit so many rows, in their order."""
        blocks = list(self._blocks)
        while sum(len(block) for _, block in blocks) > rows:
            rank, place = max((rank, place) for place, (rank, _) in enumerate(blocks))
            if not rank:
                break
            del blocks[place]
        return [line for _, block in blocks for line in block][: max(1, rows)]


def screen(
    status: Status,
    progress: Progress,
    size_wh: tuple[int, int],
    *,
    ascii_only: bool,
    keys: bool = False,
    help_shown: bool = False,
    comparison: Comparison | None = None,
    answer: str = "",
) -> Text:
    """Return the live view in a size in characters; the classes go first, then what is static.

    keys: whether the terminal's keys are read, so that the hint is shown.
    help_shown: all keys in place of the classes and the stages.
    comparison: the second variant's result on the last frame.
    answer: to the last image, of a classifier.
    """
    width, height = size_wh
    rows = height - 1  # the last one is the cursor's
    text = status_text(status)
    name, facts, rates = head_lines(text, width)
    lines = _Lines()
    lines.add(0, name)
    lines.add(7, facts)
    lines.add(0 if not help_shown else 3, rates)
    if text.states:
        lines.add(1, Text(text.states, style=f"bold {WRONG}"))
    if text.switch:
        lines.add(5, Text(text.switch, style="dim"))
    if answer:
        lines.add(1, Text(answer, style="bold"))
    lines.add(8, Text())
    if help_shown:
        lines.add(0, *key_lines(width, rows - 1))
    else:
        ranks = (4, 6, 5, 3, 6, 5, 4)  # the head, and the stages in their order
        for rank, line in zip(ranks, stage_lines(text.stages, status.stages, width), strict=True):
            lines.add(rank, line)
    lines.add(6, Text(fitting(text.notes, "   ", width)))
    if text.quality:
        lines.add(2, Text(fitting(text.quality, "   ", width), style="bold"))
    if comparison is not None:
        lines.add(2, comparison_line(status, comparison, width))
    if not help_shown:
        lines.add(9, *class_lines(text, width))
    if keys:
        lines.add(3, Text(_HINT_HEAD + fitting(_HINTS, ", ", width - len(_HINT_HEAD)), "dim"))
    lines.add(1, progress_line(progress, width, text.colour))
    shown = lines.fitting(rows)
    for line in shown:
        line.truncate(width, overflow="ellipsis")
        if ascii_only:
            line.plain = line.plain.translate(_ASCII).encode("ascii", "replace").decode()
    return Text("\n", no_wrap=True).join(shown)


def plain_line(status: Status, progress: Progress) -> str:
    """Return the status in one line, for logs and pipes."""
    parts = [
        f"{status.variant}: {progress}",
        f"{significant(status.shown_fps)} shown fps, {significant(status.network_fps)} network fps",
    ]
    end_to_end = status.stages.get("end_to_end")
    if end_to_end:
        parts.append(f"end to end {duration(end_to_end.p50_ms)}")
    if status.dropped or status.damaged:
        parts += losses(status)
    parts += quality_text(status.task, status.quality)[:1]
    return "; ".join([*parts, *map(str, status.states)])
