"""The one wording of a run's status: HUD, terminal, browser page and summary all use it.

Views only place and colour it. Light on purpose: it imports nothing that draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from edge_app import style
from edge_app.frame import Comparison, Status
from edge_app.quality import Quality
from edge_app.timing import STAGES

# Above the names, the medians and the 90th percentiles of the stages.
STAGE_HEADS = ("ms per frame", "median", "p90")
BAR_STAGES = STAGES[:-1]  # end to end holds the others, and the waiting between them

# More than any display shows: files are then read as fast as possible, and nobody watches them.
_SHOWN_MAX_HZ = 240


class StageText(NamedTuple):
    """Latency of one stage in milliseconds, under `STAGE_HEADS`.

    p90: empty for a single image.
    The colour is empty where it is no part of the bar.
    """

    name: str
    p50: str
    p90: str
    colour: str


class BarPart(NamedTuple):
    """Share of one stage in the time of all of them, from 0 to 1."""

    name: str
    share: float
    colour: str


class ClassText(NamedTuple):
    """IoU of one class (digits: accuracy); a class that never occurred has share 0."""

    name: str
    score: str
    share: float


@dataclass(frozen=True, slots=True)
class StatusText:
    """Text of a status in the order every view shows it; a value not known yet is an en dash.

    colour: of the variant, #RRGGBB.
    rates: (figure, name) each; of images, which have no rate of their own, those of the network
        and of the run, and of a single one its times.
    bar: empty where nothing was measured. quality, classes: empty without truth.
    classes_head: what the scores of the classes are.
    """

    variant: str
    colour: str
    title: str
    facts: tuple[str, ...]
    rates: tuple[tuple[str, str], ...]
    states: str
    switch: str
    bar: tuple[BarPart, ...]
    stages: tuple[StageText, ...]
    notes: tuple[str, ...]
    quality: tuple[str, ...]
    classes: tuple[ClassText, ...]
    classes_head: str


def status_text(status: Status) -> StatusText:
    """Return the text of a status."""
    images = _of_images(status)
    single = images and status.frames <= 1
    facts = (
        style.file_size(status.size_bytes) if status.size_bytes else "",
        status.runtime,
        style.count(status.threads, "thread") if status.threads else "",
        "" if single else status.policy,
    )
    return StatusText(
        variant=status.variant,
        colour=style.variant_colour(status.variant, status.variants),
        title=status.model,
        facts=tuple(fact for fact in facts if fact),
        rates=_rates(status, images=images, single=single),
        states=" · ".join(map(str, status.states)),
        switch=status.switch,
        bar=_bar(status),
        stages=tuple(_stage(status, name, single=single) for name in STAGES),
        # A file's images are not older than their result, and none is dropped.
        notes=_damaged(status)
        if images
        else (f"age {style.duration(status.age_ms)}", *losses(status)),
        quality=quality_text(status.task, status.quality),
        classes=classes_text(status.quality),
        classes_head=classes_head(status.task),
    )


def losses(status: Status) -> tuple[str, ...]:
    """Return the number of dropped frames, and of damaged ones where there are some."""
    return (f"dropped {status.dropped:,}", *_damaged(status))


def _damaged(status: Status) -> tuple[str, ...]:
    return (f"damaged {status.damaged:,}",) if status.damaged else ()


def _of_images(status: Status) -> bool:
    """Return whether the frames are files of images, or digits: each for itself, at no rate."""
    return status.policy == "every frame" and status.source_fps is None


def _rates(status: Status, *, images: bool, single: bool) -> tuple[tuple[str, str], ...]:
    """Return the rates; of a single image the times that are known."""
    if single:
        times = {name: status.stages.get(name) for name in ("invoke", "end_to_end")}
        names = {"invoke": "network ms", "end_to_end": "end to end ms"}
        return tuple(
            (style.significant(time.p50_ms), names[name]) for name, time in times.items() if time
        )
    network = (style.significant(status.network_fps), "network fps")
    if images or (status.shown_fps or 0) > _SHOWN_MAX_HZ:
        return (style.significant(status.shown_fps), "images/s"), network
    return (
        (style.significant(status.shown_fps), "shown fps"),
        network,
        (style.significant(status.source_fps), "source fps"),
    )


def quality_text(task: str, quality: Quality | None) -> tuple[str, ...]:
    """Return the scores so far and the number of frames they are of."""
    if quality is None:
        return ()
    frames = f"on {style.count(quality.frames, 'frame')}"
    if task == "classification":
        return f"top-1 {style.percent(quality.top1)}", frames
    accuracy = style.percent(quality.pixel_accuracy)
    return style.miou_text(quality.miou), f"pixel accuracy {accuracy}", frames


def comparison_text(first: str, comparison: Comparison) -> tuple[str, ...]:
    """Return the agreement of two variants, and the scores of both on the same frames.

    first: the variant that the second one, named beside this text, is compared with.
    """
    agreement = f"{style.percent(comparison.agreement)} agreement"
    first = comparison.name_of_first(first)
    one, other = comparison.first_quality, comparison.quality
    if one is None or other is None:
        return (f"{agreement} with {first}",)
    scores = f"{style.miou_text(other.miou)}, {first} {style.fraction(one.miou)}"
    return agreement, scores, f"on {style.count(other.frames, 'frame')}"


def classes_head(task: str) -> str:
    """Return what the scores of the classes are."""
    return "top-1 by class" if task == "classification" else "IoU by class"


def classes_text(quality: Quality | None) -> tuple[ClassText, ...]:
    """Return the score of each class in label order."""
    return tuple(
        ClassText(name, style.fraction(score), score or 0.0)
        for name, score in (quality.per_class.items() if quality else ())
    )


def _bar(status: Status) -> tuple[BarPart, ...]:
    p50_ms = {name: status.stages[name].p50_ms for name in BAR_STAGES if name in status.stages}
    total_ms = sum(p50_ms.values())
    if total_ms <= 0:
        return ()
    return tuple(
        BarPart(style.spaced(name), ms / total_ms, style.STAGE_COLOURS[name])
        for name, ms in p50_ms.items()
    )


def _stage(status: Status, name: str, *, single: bool) -> StageText:
    latency = status.stages.get(name)
    p50, p90 = (latency.p50_ms, latency.p90_ms) if latency else (None, None)
    colour = style.STAGE_COLOURS[name] if name in BAR_STAGES else ""
    spread = "" if single else style.significant(p90)
    return StageText(style.spaced(name), style.significant(p50), spread, colour)
