"""Joining the files of one result, and adding scores measured elsewhere."""

from collections.abc import Sequence
from dataclasses import replace

from edge_app.model.card import ModelSpec
from edge_app.quality import Quality
from host_tools.report.figures import Figures, Result, Score, in_order, score_of


def join(results: Sequence[Result]) -> list[Result]:
    """Join files that are parts of one result, such as a run for each variant.

    Two files of the same variant stay apart, since nothing is averaged; so do a bench and a
    run, since they time different things.
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
        invalid=first.invalid or second.invalid,
        states=(*first.states, *second.states),
    )


def with_scores(results: Sequence[Result], spec: ModelSpec | None = None) -> list[Result]:
    """Return the results; benches without scores get the scores of the same files from others.

    A bench is about files, whose quality does not depend on the machine: all its variants get
    their scores from one source, the one with the most of them, whose frames the page names. A
    run is about its own frames: without truth it has no score.
    spec: a model whose card has scores from its conversion.
    """
    sources = [result for result in results if not result.published]
    if spec is not None:
        sources.append(_of_card(spec))
    filled = []
    for result in results:
        wanted = result.how == "bench" and not result.has("score")
        possible = sources if wanted else []
        scores = max((_scores_from(source, result) for source in possible), key=len, default={})
        figures = {
            name: replace(one, score=scores.get(name, one.score))
            for name, one in result.figures.items()
        }
        filled.append(replace(result, figures=figures))
    return filled


def _scores_from(source: Result, result: Result) -> dict[str, Score]:
    """Return the scores of `source` for files of the same model and size."""
    if source.model != result.model:
        return {}
    return {
        name: other.score
        for name, other in source.figures.items()
        if other.score
        and name in result.figures
        and other.bytes is not None
        and other.bytes == result.figures[name].bytes
    }


def _of_card(spec: ModelSpec) -> Result:
    """Return the scores in a model's card."""
    on = "the images it was verified on when converted"
    figures = []
    for variant in spec.variants.values():
        known = {name: variant.quality.get(name) for name in Quality.__struct_fields__}
        quality = Quality(**{name: value for name, value in known.items() if value is not None})
        figures.append(Figures(variant.name, bytes=variant.bytes, score=score_of(quality, on)))
    return Result(machine="", model=spec.name, figures=in_order(figures))
