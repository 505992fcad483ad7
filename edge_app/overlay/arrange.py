"""Draw a street's panels and find a place for each, so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge_app.controls import COMPARISONS, Controls
from edge_app.frame import Status
from edge_app.labels import LabelSet
from edge_app.overlay import comparison_panel as compare
from edge_app.overlay.board_layout import Board, Placed, margin_px
from edge_app.overlay.comparison_panel import VariantPair
from edge_app.overlay.difference import Scheme
from edge_app.overlay.help import draw_help
from edge_app.overlay.hints import draw_hints
from edge_app.overlay.hud import draw_hud
from edge_app.overlay.legend import draw_legend
from edge_app.overlay.panel import Panel
from edge_app.overlay.scene import Area, divider_px, halves_of, mode_of
from edge_app.overlay.states import chip_states, draw_banner, draw_states, lost_state, states_px
from edge_app.status_text import status_text
from edge_app.style import spaced, variant_colour

_ROOMY = 0.85  # pictures side by side may lose this much of their size to panels, and no more
_STATES_PX = 230  # a row of chips narrower than this looks like a heap
Placing = tuple[list[Placed], tuple[Area, Area], bool]


@dataclass(frozen=True, slots=True)
class PanelContent:
    """Hold everything that panels say.

    listed: trainIds of the legend, in its order.
    alike: (class, share alike), the least alike first; with `pair`, None where nothing is compared.
    """

    status: Status
    controls: Controls
    listed: Sequence[int]
    pair: VariantPair | None
    alike: Sequence[tuple[str, float]]
    chosen: Scheme

    @property
    def mode(self) -> str:
        """The view, as `scene.mode_of` names it."""
        return mode_of(self.controls, self.pair is not None)


def layout_panels(
    told: PanelContent,
    labels: LabelSet,
    size_wh: tuple[int, int],
    frame_wh: tuple[int, int],
    unit: float,
    level: int,
    *,
    hints: bool,
) -> Placing:
    """Return the panels in their places, the places of pictures side by side, and if all fit.

    level: how much of the HUD is drawn, 0 to 2.
    """
    return _Arrangement(told, labels, size_wh, frame_wh, unit).fill(level, hints=hints)


class _Arrangement:
    """Place panels from the most important to the least."""

    def __init__(
        self,
        told: PanelContent,
        labels: LabelSet,
        size_wh: tuple[int, int],
        frame_wh: tuple[int, int],
        unit: float,
    ) -> None:
        self.told, self.labels, self.unit = told, labels, unit
        self.size_wh, self.frame_wh = size_wh, frame_wh
        self.margin = margin_px(size_wh)
        self.gap = max(2, self.margin // 2)
        self.board = Board(size_wh, self.margin)
        self.bottom = size_wh[1] - self.margin
        self.roomy = True
        self.room_wh = (size_wh[0] - 2 * self.margin, size_wh[1] - 2 * self.margin)

    def fill(self, level: int, *, hints: bool) -> Placing:
        """Place everything that is to be seen."""
        if self.told.controls.help:
            panel = draw_help(self.unit, self.room_wh)
            if panel is not None:
                top = (self.size_wh[1] - panel.size_wh[1]) // 2
                self.board.put(panel, [self._centred(panel, top)])
            self._put_states()
            return self.board.placed, self._halves(), True
        if hints:
            panel = draw_hints(self.unit, self.room_wh[0])
            if panel is not None:
                self.board.put(panel, [(self.margin, self.bottom - panel.size_wh[1])])
                self.bottom -= panel.size_wh[1] + self.gap
        whole = self._put_banner()
        if self.told.mode != "side by side":
            whole = self._put_comparison() and whole
        if level > 0:
            hud = draw_hud(status_text(self.told.status), self.unit, detail=level)
            whole = self.board.put(hud, [(self.margin, self.margin)]) is not None and whole
        if self.told.mode in COMPARISONS:
            whole = self._put_sides() and whole
        self._put_legend()
        if self.told.mode == "side by side":
            self._put_alike_above()
        whole = self._put_states() and whole
        halves = self._halves()
        if self.told.mode == "side by side":
            whole = self._put_names(halves) and whole
        return self.board.placed, halves, whole

    def _centred(self, panel: Panel, top: int) -> tuple[int, int]:
        return (self.size_wh[0] - panel.size_wh[0]) // 2, top

    def _tops(self) -> list[int]:
        """Return rows below which there may be room, from the top down."""
        below = sorted({placed.bottom + self.gap for placed in self.board.placed})
        return [self.margin, *below]

    def _put_banner(self) -> bool:
        lost = lost_state(self.told.status)
        if not lost:
            return True
        panel = draw_banner(lost, self.unit, self.room_wh[0])
        # A little below the middle, where it leaves a whole HUD its place.
        middle = (self.size_wh[1] - panel.size_wh[1]) // 2 + round(24 * self.unit)
        return self.board.put(panel, [self._centred(panel, middle)]) is not None

    def _put_comparison(self) -> bool:
        """Place how alike both are below the middle, unless figures are not wanted."""
        told = self.told
        if told.pair is None or not told.controls.hud:
            return True
        if told.mode == "difference":
            panel = compare.draw_key(told.pair, told.chosen, self.unit, self.room_wh[0])
        else:
            panel = compare.draw_alike(
                told.pair, told.alike, self.labels, self.unit, self.room_wh[0]
            )
        top = self.bottom - panel.size_wh[1]
        return self.board.put(panel, [self._centred(panel, top)]) is not None

    def _put_alike_above(self) -> None:
        """Place how alike both are between HUD and legend, as much of it as fits there."""
        told = self.told
        if told.pair is None or not told.controls.hud:
            return
        start, end = self._between()
        panel = compare.draw_alike(told.pair, told.alike, self.labels, self.unit, end - start)
        left = start + (end - start - panel.size_wh[0]) // 2
        self.board.put(panel, [self._centred(panel, self.margin), (left, self.margin)])

    def _between(self) -> tuple[int, int]:
        """Return the columns between the panels along the upper edge."""
        taken = [placed for placed in self.board.placed if placed.xy[1] == self.margin]
        middle = self.size_wh[0] // 2
        starts = [placed.right + self.gap for placed in taken if placed.xy[0] < middle]
        ends = [placed.xy[0] - self.gap for placed in taken if placed.xy[0] >= middle]
        return max([self.margin, *starts]), min([self.size_wh[0] - self.margin, *ends])

    def _put_legend(self) -> None:
        """Place the classes at the top right, or below what is there; fewer where it is tight."""
        told = self.told
        if not told.controls.legend or told.mode == "picture":
            return
        tops = self._tops()
        ends = sorted({placed.xy[1] - self.gap for placed in self.board.placed}, reverse=True)
        if told.mode == "side by side":
            ends = [max([self.margin + round(150 * self.unit), *self._huds()])]
        for top in tops:
            for end in (self.bottom, *ends) if told.mode != "side by side" else ends:
                panel = self._classes((self.room_wh[0], end - top))
                if panel is None:
                    continue
                left = self.size_wh[0] - self.margin - panel.size_wh[0]
                if self.board.put(panel, [(left, top)]):
                    return

    def _huds(self) -> list[int]:
        return [placed.bottom for placed in self.board.placed if placed.xy[1] == self.margin]

    def _classes(self, room_wh: tuple[int, int]) -> Panel | None:
        if self.told.mode == "difference":
            return compare.draw_classes(self.told.alike, self.labels, self.unit, room_wh)
        return draw_legend(self.told.listed, self.labels, self.unit, room_wh)

    def _put_sides(self) -> bool:
        """Place a chip per variant at the divider, or at the middle, at one height."""
        pair = self.told.pair
        if pair is None:
            return True
        at, away = self.size_wh[0] // 2, -(-self.gap // 2)
        if self.told.mode == "split":
            at = divider_px(self.told.controls.divider, self.size_wh[0])
            away = round(14 * self.unit)
        rooms = (at - away - self.margin, self.size_wh[0] - self.margin - at - away)
        chips: list[tuple[Panel, int]] = []
        for i, room in enumerate(rooms):
            if room < round(70 * self.unit):
                continue  # a side too narrow for its name; the other one says enough
            panel = compare.draw_chip(
                pair.names[i], pair.colours[i], pair.mious[i], self.unit, room
            )
            chips.append((panel, at + away if i else at - away - panel.size_wh[0]))
        for top in self._tops():
            before = len(self.board.placed)
            if all(self.board.put(panel, [(left, top)]) for panel, left in chips):
                return True
            del self.board.placed[before:]
        return False

    def _put_states(self) -> bool:
        status = self.told.status
        states = chip_states(status)
        if not states and (not status.switch or self.told.controls.help):
            return True
        start, end = self._between()
        switch = "" if self.told.controls.help else status.switch
        rooms = [end - start, self.room_wh[0], end - start]
        if rooms[0] < states_px(states, switch, self.unit):
            del rooms[0]  # better in one row elsewhere than in a heap here
        for room in rooms:
            if room < round(_STATES_PX * self.unit):
                continue
            panel = draw_states(states, switch, self.unit, room)
            if panel is None:
                return True
            between = start + (end - start - panel.size_wh[0]) // 2
            right = self.size_wh[0] - self.margin - panel.size_wh[0]
            tops = self._tops()
            places = [self._centred(panel, self.margin)]
            places += [(between, self.margin)]
            places += [self._centred(panel, top) for top in tops]
            places += [(left, top) for top in tops for left in (self.margin, between, right)]
            if self.board.put(panel, places):
                return True
        return False

    def _halves(self) -> tuple[Area, Area]:
        """Return the places of two pictures, clear of the panels above where that costs little."""
        if self.told.mode != "side by side":
            return (0, 0, 1, 1), (0, 0, 1, 1)
        middle = self.size_wh[1] // 2
        above = [p.bottom + self.gap for p in self.board.placed if p.xy[1] < middle]
        below = [p.xy[1] - self.gap for p in self.board.placed if p.xy[1] >= middle]
        top, end = max([self.margin, *above]), min([self.bottom, *below])
        x, width = self.margin, self.room_wh[0]
        whole = halves_of(self.frame_wh, (x, self.margin, width, self.room_wh[1]), self.gap)
        clear = halves_of(self.frame_wh, (x, top, width, max(1, end - top)), self.gap)
        self.roomy = clear[0][2] >= _ROOMY * whole[0][2]
        return clear if self.roomy else whole

    def _put_names(self, halves: tuple[Area, Area]) -> bool:
        """Write on each picture what it shows."""
        pair, status = self.told.pair, self.told.status
        names = ("picture", spaced(status.variant))
        colours = ("#D3D9E0", variant_colour(status.variant))
        mious: tuple[float | None, float | None] = (None, None)
        if pair is not None:
            names, colours, mious = pair.names, pair.colours, pair.mious
        for i, (x, y, width, height) in enumerate(halves):
            panel = compare.draw_chip(
                names[i], colours[i], mious[i], self.unit, max(1, width - 2 * self.gap)
            )
            end = y + height - self.gap - panel.size_wh[1]
            left, right = x + self.gap, x + width - self.gap - panel.size_wh[0]
            places = [(left, y + self.gap), (left, end), (right, y + self.gap), (right, end)]
            self.board.put(panel, places)
        return self.roomy
