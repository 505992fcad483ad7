"""A run's status as the page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from edge_app.frame import Comparison, Status
from edge_app.sinks.serve.class_rows import ClassRow
from edge_app.state import StateKind
from edge_app.status_text import comparison_text, status_text
from edge_app.style import count, miou_text, variant_colour
from edge_app.variant_names import VARIANTS

_STILL = (StateKind.PAUSED, StateKind.RECONNECTING)  # states in which an image stands still


def status_json(
    status: Status, legend: Sequence[ClassRow] = (), comparison: Comparison | None = None
) -> dict[str, Any]:
    """Return a status as the page shows it.

    further: (name, colour) of the variants that have no key of their own.
    compared: (name, colour, score) of both compared variants, from left to right, and their
    agreement; None if one runs alone.
    over_image: [kind, text, detail] of each state that says why the image stands still. On a
    phone the same words within the image are too small to read.
    """
    kinds = {state.kind for state in status.states}
    return {
        **asdict(status_text(status)),
        "further": [
            (name, variant_colour(name, status.variants))
            for name in status.variants
            if name not in VARIANTS
        ],
        "frames": count(status.frames, "frame"),
        "states": [str(state) for state in status.states],
        "paused": StateKind.PAUSED in kinds,
        "recording": StateKind.RECORDING in kinds,
        "over_image": [
            (state.kind.value, state.text, state.detail)
            for state in status.states
            if state.kind in _STILL
        ],
        "legend": legend,
        "compared": _compared(status, comparison) if comparison else None,
    }


def _compared(status: Status, comparison: Comparison) -> dict[str, Any]:
    first = status.variant
    agreement, *scores = comparison_text(first, comparison)
    names = comparison.name_of_first(first), comparison.name
    colours = (variant_colour(name, (*status.variants, first)) for name in (first, names[1]))
    qualities = comparison.first_quality, comparison.quality
    return {
        "variants": [
            (name, colour, miou_text(quality.miou) if quality and scores else "")
            for name, colour, quality in zip(names, colours, qualities, strict=True)
        ],
        "text": (agreement, *scores[1:]),  # each chip has its own score
    }
