"""Figures from files of every kind, in the one form that page and charts read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import asdict

from edge_app.quality import Quality
from edge_app.results.bench_result import Range
from edge_app.results.gains import Headline, headline
from edge_app.style import count
from edge_app.variant_names import in_shown_order


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Durations of one thing, in milliseconds.

    typical_ms: the median, or the mean if only that was published (`is_mean`).
    """

    typical_ms: float
    p90_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    is_mean: bool = False


class Score(Quality, frozen=True, kw_only=True):
    """The quality of a variant; on: the frames it was scored on, as text."""

    on: str

    @property
    def headline(self) -> Headline | None:
        """The measure that counts for the task, by name: mIoU, else top-1, else pixels."""
        return headline(self)


def score_of(quality: Quality | None, on: str) -> Score | None:
    """Return the score of a variant on some frames; None if nothing was scored."""
    if quality is None:
        return None
    score = Score(**asdict(quality), on=on)
    return score if score.headline else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one variant on one machine; None for what is unknown.

    invoke_only: one run of the network; range_ms: what its median is within (95 %).
    end_to_end: from the frame's capture to its canvas.
    stages: each by name. why: sentences on why it is as fast as it is.
    """

    variant: str
    bytes: int | None = None
    invoke_only: LatencySummary | None = None
    end_to_end: LatencySummary | None = None
    invoke_only_fps: float | None = None
    end_to_end_fps: float | None = None
    stages: Mapping[str, LatencySummary] = field(default_factory=dict)
    score: Score | None = None
    init_ms: float | None = None
    peak_rss_mb: float | None = None
    why: tuple[str, ...] = ()
    range_ms: Range | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The variants of one model on one machine, measured in one way.

    how: what was timed, as text. source: the frames it ran on, as text.
    published: by others, not measured with this program.
    comparable_models: names of models, as patterns, that a published result may stand beside.
    warnings: why the figures are not to be trusted. invalid: whether the times are not valid.
    facts: of the machine, by name. states: of the machine while measuring, for each file.
    """

    machine: str
    model: str
    figures: Mapping[str, Figures]
    how: str = ""
    source: str = ""
    runtime: str = ""
    threads: int | None = None
    origin: tuple[str, ...] = ()
    published: bool = False
    comparable_models: tuple[str, ...] = ()
    about: str = ""
    warnings: tuple[str, ...] = ()
    invalid: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    states: tuple[tuple[str, Mapping[str, str]], ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What has to be equal for two files to be parts of one result."""
        return self.machine, self.model, self.how, self.source, self.runtime, self.threads

    def has(self, *names: str) -> bool:
        """Return whether some variant has a value in one of the named fields."""
        return any(getattr(one, name) for one in self.figures.values() for name in names)


def in_order(figures: Iterable[Figures]) -> dict[str, Figures]:
    """Return figures by variant, the canonical ones first in their order."""
    by_name = {one.variant: one for one in figures}
    return {name: by_name[name] for name in in_shown_order(by_name)}


Labelled = Sequence[tuple[str, Result]]  # results with a label each, that tells them apart


def all_variants(labelled: Labelled) -> tuple[str, ...]:
    """Return the names of all variants of some results, whose colours then differ."""
    names = dict.fromkeys(name for _, result in labelled for name in result.figures)
    return tuple(in_shown_order(names))


def labels(results: Sequence[Result]) -> list[str]:
    """Return names for results side by side: the machine, and what else distinguishes them."""
    names = [result.machine for result in results]
    for more in (
        lambda result: result.how,
        lambda result: result.runtime,
        lambda result: count(result.threads, "thread") if result.threads else "",
        lambda result: result.source,
        lambda result: ", ".join(result.origin),
    ):
        details: dict[str, set[str]] = {}
        for name, result in zip(names, results, strict=True):
            details.setdefault(name, set()).add(more(result))
        names = [
            f"{name}, {more(result)}" if len(details[name]) > 1 else name
            for name, result in zip(names, results, strict=True)
        ]
    return names
