"""Figures that others published, as assets/reference/thesis.json has them."""

from msgspec import Struct, field

from edge_app.quality import Quality
from edge_app.results.bench_result import BENCH_SCHEMA, Count, Positive
from edge_app.results.json_file import parse_json


class Publication(Struct, frozen=True, kw_only=True):
    """Where figures were published."""

    title: str
    where: str
    note: str = ""


class PublishedVariant(Struct, frozen=True, kw_only=True):
    """One variant: seconds for all frames together, bytes of its file, scores."""

    bytes: Count | None = None
    seconds: Positive | None = None
    quality: Quality | None = None


class PublishedResult(Struct, frozen=True, kw_only=True):
    """One model on one machine.

    on: the frames, as text. comparable_models: patterns of model names.
    """

    machine: str
    model: str
    on: str
    frames: Count
    variants: dict[str, PublishedVariant]
    comparable_models: tuple[str, ...] = field(name="suits", default=())
    about: str = ""


class PublishedFigures(Struct, frozen=True, kw_only=True):
    """A file of published figures."""

    schema: int
    published: Publication
    results: tuple[PublishedResult, ...]


def parse_published(content: bytes) -> PublishedFigures:
    """Return a file's content. Raises ValueError naming the field."""
    return parse_json(content, PublishedFigures, schema=BENCH_SCHEMA)
