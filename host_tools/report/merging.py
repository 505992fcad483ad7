"""Put files together that belong together, and scores beside the files they are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge_app.model.card import ModelSpec
from host_tools.report.figures import Figures, Result, Score, in_order


def join(results: Sequence[Result]) -> list[Result]:
    """Join files that are parts of one result: a run for each variant.

    Two files of one variant stay apart, for nothing is averaged; so do a bench and a run, for
    they time other things.
    """
    joined: list[Result] = []
    for result in results:
        for place, other in enumerate(joined):
            if other.key == result.key and not other.figures.keys() & result.figures.keys():
                joined[place] = _joined(other, result)
                break
        else:
            joined.append(result)
    return joined


def _joined(first: Result, second: Result) -> Result:
    return replace(
        first,
        figures=in_order([*first.figures.values(), *second.figures.values()]),
        origin=(*first.origin, *second.origin),
        warnings=tuple(dict.fromkeys((*first.warnings, *second.warnings))),
        states=(*first.states, *second.states),
    )


def with_scores(results: Sequence[Result], spec: ModelSpec | None = None) -> list[Result]:
    """Give results that were not scored the scores of the same files, measured elsewhere.

    Quality belongs to a file rather than to a machine; where it was scored is told. All
    variants of a result get theirs from one place, that with the most of them.
    spec: a model whose card tells scores from when it was converted.
    """
    donors = [result for result in results if not result.published]
    if spec is not None:
        donors.append(_of_card(spec))
    filled = []
    for result in results:
        lenders = [] if result.published or result.has("score") else donors
        lent = max((_lent(result, donor) for donor in lenders), key=len, default={})
        figures = {
            name: replace(one, score=lent.get(name, one.score))
            for name, one in result.figures.items()
        }
        filled.append(replace(result, figures=figures))
    return filled


def _lent(result: Result, donor: Result) -> dict[str, Score]:
    """Return the scores a donor has for files of the same model and size."""
    if donor.model != result.model:
        return {}
    return {
        name: other.score
        for name, other in donor.figures.items()
        if other.score
        and name in result.figures
        and other.bytes is not None
        and other.bytes == result.figures[name].bytes
    }


def _of_card(spec: ModelSpec) -> Result:
    figures = []
    for variant in spec.variants.values():
        quality = variant.quality
        score = Score(
            on="the pictures it was proved on when converted",
            frames=quality.get("frames"),
            pixel_accuracy=quality.get("pixel_accuracy"),
            miou=quality.get("miou"),
            top1=quality.get("top1"),
            per_class=quality.get("per_class") or {},
        )
        known = score if score.headline else None
        figures.append(Figures(variant.name, bytes=variant.bytes, score=known))
    return Result(machine="", model=spec.name, figures=in_order(figures))
