"""Put a run's status into the words of the page: those of the HUD, in its order."""

from __future__ import annotations

from typing import Any

from edge_app.controls import KEYS
from edge_app.frame import Status
from edge_app.style import (
    NEUTRAL,
    STAGE_COLOURS,
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


def key_table() -> list[dict[str, Any]]:
    """Return what the page makes its buttons of."""
    return [{"keys": list(entry.keys), "what": entry.what} for entry in KEYS]


def status_words(status: Status) -> dict[str, Any]:
    """Return a status as the page shows it, in reading order."""
    facts = (
        file_size(status.size_bytes),
        status.runtime,
        count(status.threads, "thread"),
        status.policy,
    )
    return {
        "variant": words(status.variant),
        "colour": variant_colour(status.variant),
        "title": status.model,
        "facts": [fact for fact in facts if fact],
        "rates": [
            [significant(status.shown_fps), "shown fps"],
            [significant(status.network_fps), "network fps"],
            [significant(status.source_fps), "source fps"],
        ],
        "states": [{"kind": one.kind.value, "text": str(one)} for one in status.states],
        "switch": status.switch,
        "bar": _bar(status),
        "stages": [_stage(status, name) for name in STAGES],
        "notes": _notes(status),
        "quality": _quality(status),
        "classes": [
            [name, fraction(iou), iou if iou == iou else 0.0]  # NaN is no JSON
            for name, iou in (status.quality.per_class if status.quality else ())
        ],
        "frames": count(status.frames, "frame"),
    }


def _bar(status: Status) -> list[list[Any]]:
    """Return (stage, share, colour) of the stages whose times add up to a frame's."""
    parts = {name: status.stages[name].p50_ms for name in STAGES[:-1] if name in status.stages}
    total_ms = sum(parts.values())
    if total_ms <= 0:
        return []
    return [
        [words(name), ms / total_ms, STAGE_COLOURS.get(name, NEUTRAL)] for name, ms in parts.items()
    ]


def _stage(status: Status, name: str) -> list[str]:
    latency = status.stages.get(name)
    return [
        words(name),
        significant(latency.p50_ms if latency else None),
        significant(latency.p90_ms if latency else None),
        STAGE_COLOURS[name] if name in STAGES[:-1] else "",
    ]


def _notes(status: Status) -> list[str]:
    notes = [f"age {duration(status.age_ms)}", f"dropped {status.dropped:,}"]
    if status.damaged:
        notes.append(f"damaged {status.damaged:,}")
    return notes


def _quality(status: Status) -> list[str]:
    quality = status.quality
    if quality is None:
        return []
    so_far = f"on {count(quality.frames, 'frame')}"
    if status.task == "classification":
        return [f"top-1 {percent(quality.top1)}", so_far]
    return [
        f"mIoU {fraction(quality.miou)}",
        f"pixel acc. {percent(quality.pixel_accuracy)}",
        so_far,
    ]
