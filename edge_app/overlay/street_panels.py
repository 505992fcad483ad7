"""The panels of a street, and places for them and for two images side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from edge_app.controls import COMPARISONS, SELECTS, Action, Controls
from edge_app.frame import Status
from edge_app.labels import LabelSet
from edge_app.overlay import comparison_panel
from edge_app.overlay.board_layout import Area, centred, margin_px, panel_scale, side_by_side
from edge_app.overlay.comparison_panel import VariantChip, VariantPair
from edge_app.overlay.compose import Composer, Placed
from edge_app.overlay.legend import draw_legend
from edge_app.overlay.panel import SOFT, Panel, Scale, Size
from edge_app.overlay.scene import divider_px, view_mode
from edge_app.overlay.states import chip_states, states_px
from edge_app.pointing import Targets
from edge_app.style import variant_colour

_SHRINK_MIN = 0.85  # side by side, images give way to panels down to this share of their size
_STATES_MIN = 250  # a narrower row of chips becomes a pile
NO_HALVES: tuple[Area, Area] = ((0, 0, 1, 1), (0, 0, 1, 1))


@dataclass(frozen=True, slots=True)
class StreetContent:
    """What the panels of a street show.

    size_wh, frame_wh: of the canvas and of the frame.
    controls: their divider is a share of the image.
    legend: trainIds of the classes to list, the most important first.
    pair: the compared variants; None without a comparison.
    """

    size_wh: Size
    frame_wh: Size
    status: Status
    controls: Controls
    labels: LabelSet
    legend: Sequence[int]
    pair: VariantPair | None


@dataclass(frozen=True, slots=True)
class StreetLayout:
    """Panels in their places.

    halves: areas of two images side by side. complete: whether all panels fit.
    targets: what can be clicked.
    """

    placed: Sequence[Placed] = ()
    halves: tuple[Area, Area] = NO_HALVES
    complete: bool = True
    targets: Targets = field(default_factory=Targets)


def layout_panels(content: StreetContent, area: Area, *, detail: int, hints: bool) -> StreetLayout:
    """Place the panels of a street; with less of the HUD if they do not fit with all of it.

    There are none on a canvas on which they would be unreadable, or for small pages.
    area: of the image on the canvas.
    detail: the most that is drawn of the HUD: 2 all, 1 names and rates, 0 nothing.
    """
    size_wh = content.size_wh
    scale = panel_scale(size_wh)
    if scale is None or not content.controls.panels:
        gap = max(2, margin_px(size_wh) // 2)
        return StreetLayout(halves=side_by_side(content.frame_wh, (0, 0, *size_wh), gap))
    # The divider's place on the canvas, which may be wider than the image.
    divider = (area[0] + content.controls.divider * area[2]) / size_wh[0]
    content = replace(content, controls=replace(content.controls, divider=divider))
    for level in range(detail, -1, -1):
        composer = _StreetComposer(content, scale)
        layout = composer.layout(level, hints=hints)
        if layout.complete:
            break
    return replace(layout, targets=composer.targets(area))


class _StreetComposer(Composer):
    """The steps of placing the panels of a street."""

    def __init__(self, content: StreetContent, scale: Scale) -> None:
        super().__init__(content.size_wh, scale, content.status, content.controls)
        self.content, self.pair = content, content.pair
        self.mode = view_mode(content.controls, content.pair is not None)

    def layout(self, detail: int, *, hints: bool) -> StreetLayout:
        """Place everything."""
        if self.controls.help:
            self.put_help(hints=hints)
            self._put_states()
            return StreetLayout(self.placed, self._halves()[0])
        if hints:
            self.put_hints()
        # A little below the middle, where the banner leaves space for a whole HUD.
        complete = self.put_banner(below_middle=24)
        beside = self.mode == "side by side"
        if not beside:
            complete &= self._put_comparison()
        if detail > 0:
            corner = (self.margin, self.margin)
            complete &= bool(self.put_hud(self.draw_hud(detail), [corner]))
        if self.mode in COMPARISONS:
            complete &= self._put_variant_chips()
        if self.controls.legend and self.mode != "image":
            self._put_legend()
        if beside:
            self._put_agreement_above()
        complete &= self._put_states()
        halves, clear = self._halves()
        if beside:
            self._put_titles(halves)
            complete &= clear
        return StreetLayout(self.placed, halves, complete)

    def targets(self, area: Area) -> Targets:
        """Return what can be clicked; area: of the image on the canvas."""
        divider = None
        if self.mode == "split" and not self.controls.help:
            divider = divider_px(self.controls.divider, self.size_wh[0])
        return Targets(self.buttons, divider, (area[0], area[0] + area[2]))

    def _centred(self, panel: Panel, top: int) -> tuple[int, int]:
        return centred(panel, (0, 0, *self.size_wh))[0], top

    def _tops(self) -> list[int]:
        """Return the rows where a panel may begin, from the top down."""
        below = sorted({placed.box[3] + self.gap for placed in self.placed})
        return [self.margin, *below]

    def _put_comparison(self) -> bool:
        """Place the agreement at the lower edge, unless the HUD is off."""
        if self.pair is None or not self.controls.hud:
            return True
        draw = comparison_panel.draw_agreement
        if self.mode == "difference":
            draw = comparison_panel.draw_difference_key
        panel = draw(self.pair, self.scale, self.inner_wh[0])
        return bool(self.put(panel, [self._centred(panel, self.bottom - panel.size_wh[1])]))

    def _put_agreement_above(self) -> None:
        """Place the agreement between HUD and legend, as much of it as fits there."""
        if self.pair is None or not self.controls.hud:
            return
        start, end = self._between()
        panel = comparison_panel.draw_agreement(self.pair, self.scale, end - start)
        left = start + (end - start - panel.size_wh[0]) // 2
        self.put(panel, [self._centred(panel, self.margin), (left, self.margin)])

    def _between(self) -> tuple[int, int]:
        """Return the columns between the panels along the upper edge."""
        upper = [placed for placed in self.placed if placed.xy[1] == self.margin]
        middle = self.size_wh[0] // 2
        starts = [placed.box[2] + self.gap for placed in upper if placed.xy[0] < middle]
        ends = [placed.xy[0] - self.gap for placed in upper if placed.xy[0] >= middle]
        return max([self.margin, *starts]), min([self.size_wh[0] - self.margin, *ends])

    def _put_legend(self) -> None:
        """Place the classes at the top right or below other panels; fewer if space is short."""
        placed = self.placed
        if self.mode == "side by side":
            upper = [each.box[3] for each in placed if each.xy[1] == self.margin]
            ends = [max([self.margin + self.scale.px(150), *upper])]
        else:
            above = {each.xy[1] - self.gap for each in placed}
            ends = [self.bottom, *sorted(above, reverse=True)]
        for top, end in product(self._tops(), ends):
            max_wh = (self.inner_wh[0], end - top)
            if self.pair is not None and self.mode == "difference":
                panel = comparison_panel.draw_class_agreement(self.pair, self.scale, max_wh)
            else:
                panel = draw_legend(self.content.legend, self.content.labels, self.scale, max_wh)
            right = self.size_wh[0] - self.margin
            if panel is not None and self.put(panel, [(right - panel.size_wh[0], top)]):
                return

    def _put_variant_chips(self) -> bool:
        """Place a chip per variant beside the divider, or the middle, at one height."""
        if self.pair is None:
            return True
        x, distance = self.size_wh[0] // 2, -(-self.gap // 2)
        if self.mode == "split":
            x = divider_px(self.controls.divider, self.size_wh[0])
            distance = self.scale.px(14)
        widths = (x - distance - self.margin, self.size_wh[0] - self.margin - x - distance)
        chips: list[tuple[Panel, int]] = []
        for i, (chip, max_px) in enumerate(zip(self.pair.chips, widths, strict=True)):
            if max_px < self.scale.px(70):
                continue  # too narrow for a name; the chip of the other side suffices
            panel = comparison_panel.draw_variant_chip(chip, self.scale, max_px)
            chips.append((panel, x + distance if i else x - distance - panel.size_wh[0]))
        for top in self._tops():
            before = len(self.placed)
            if all(self.put(panel, [(left, top)]) for panel, left in chips):
                self._make_buttons(self.placed[before:])
                return True
            del self.placed[before:]
        return False

    def _make_buttons(self, chips: Sequence[Placed]) -> None:
        """Make chips of the compared variants buttons: of the next variant, and of the second."""
        if self.pair is None or len(chips) != 2:
            return
        self.add_button(chips[0], Action.NEXT_VARIANT)
        selects = SELECTS.get(self.pair.comparison.name)  # a key chooses of this model alone
        if selects is not None:
            self.add_button(chips[1], selects)

    def _put_states(self) -> bool:
        """Place the states between the upper panels, else in one row below."""
        start, end = self._between()
        widths = [end - start, self.inner_wh[0], end - start]
        switch = "" if self.controls.help else self.status.switch
        if widths[0] < states_px(chip_states(self.status), switch, self.scale):
            del widths[0]  # one row elsewhere is better than a pile here
        for max_px in widths:
            if max_px < self.scale.px(_STATES_MIN):
                continue
            panel = self.draw_states(max_px)
            if panel is None:
                return True
            between = start + (end - start - panel.size_wh[0]) // 2
            right = self.size_wh[0] - self.margin - panel.size_wh[0]
            tops = self._tops()
            places = [self._centred(panel, self.margin), (between, self.margin)]
            places += [self._centred(panel, top) for top in tops]
            places += [(left, top) for top in tops for left in (self.margin, between, right)]
            if self.put(panel, places):
                return True
        return False

    def _halves(self) -> tuple[tuple[Area, Area], bool]:
        """Return the areas of two images, and whether they are clear of the panels above.

        They overlap panels only if they would become much smaller otherwise.
        """
        if self.mode != "side by side":
            return NO_HALVES, True
        middle = self.size_wh[1] // 2
        above = [p.box[3] + self.gap for p in self.placed if p.xy[1] < middle]
        below = [p.xy[1] - self.gap for p in self.placed if p.xy[1] >= middle]
        top, end = max([self.margin, *above]), min([self.bottom, *below])
        x, width, frame_wh = self.margin, self.inner_wh[0], self.content.frame_wh
        full = side_by_side(frame_wh, (x, self.margin, *self.inner_wh), self.gap)
        clear = side_by_side(frame_wh, (x, top, width, max(1, end - top)), self.gap)
        is_clear = clear[0][2] >= _SHRINK_MIN * full[0][2]
        return (clear if is_clear else full), is_clear

    def _put_titles(self, halves: tuple[Area, Area]) -> None:
        """Place the name of what it shows on each image."""
        variant = self.status.variant
        shown = VariantChip(variant, variant_colour(variant, self.status.variants))
        chips = self.pair.chips if self.pair else (VariantChip("image", SOFT), shown)
        for chip, (x, y, width, height) in zip(chips, halves, strict=True):
            panel = comparison_panel.draw_variant_chip(
                chip, self.scale, max(1, width - 2 * self.gap)
            )
            end = y + height - self.gap - panel.size_wh[1]
            left, right = x + self.gap, x + width - self.gap - panel.size_wh[0]
            self.put(panel, [(a, b) for a in (left, right) for b in (y + self.gap, end)])
