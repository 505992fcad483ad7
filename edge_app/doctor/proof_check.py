"""The links of the proof chain that this machine can repeat: kernels, runtimes, golden image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from edge_app.errors import ModelError
from edge_app.frame import Image
from edge_app.model.card import ModelSpec, Variant
from edge_app.model.engine import Engine, load_engine
from edge_app.model.golden import (
    MIN_AGREEMENT,
    PATTERN_BY_TASK,
    count_equal,
    golden_classes,
    golden_image,
    matches,
)
from edge_app.model.interpreter.runtimes import find_runtime, info_of, installed
from edge_app.model.proof_link import compare_engines
from edge_app.results.model_card import ProofLink, ProofStep


def links_here(
    spec: ModelSpec, variant: Variant, *, runtime: str = "auto", threads: int | None = None
) -> list[ProofLink]:
    """Compare a variant on this machine: kernels, runtimes, and all with the card's golden image.

    Every installed runtime is compared, but TensorFlow's only if it is the one that is chosen: it
    takes many seconds to load. Links that fail have a note.
    """
    first = find_runtime(runtime)
    others = [name for name in installed() if name != first and not info_of(name).is_slow]
    image = golden_image(_pattern(spec), spec.input.size_wh)
    links: list[ProofLink] = []
    main: Engine | None = None
    for name, delegate in [(first, True), (first, False), *((name, True) for name in others)]:
        try:
            engine = load_engine(
                replace(spec, golden={}),
                variant.name,
                runtime=name,
                threads=threads,
                delegate=delegate,
            )
        except ModelError as fault:
            if delegate:  # a runtime that has no other kernels is no fault
                links.append(_failed(variant, name, str(fault)))
            continue
        title = engine.network.runtime.title if delegate else "own kernels"
        if main is None:
            main = engine
        elif delegate:
            names = (f"here: {main.network.runtime.title}", title)
            links.append(compare_engines("runtime", (main, engine), names, [image]))
        elif main.network.delegation.partitions:
            links.append(_compare("delegate", (main, engine), ("here: XNNPACK", title), image))
        links += _golden_link(spec, engine, title)
        if engine is not main:
            engine.close()
    if main is not None:
        main.close()
    return links


def _compare(
    link: ProofStep, engines: tuple[Engine, Engine], names: tuple[str, str], image: Image
) -> ProofLink:
    """Compare two engines on a drawn image, much of which is close to a border of classes."""
    return compare_engines(link, engines, names, [image], enough=MIN_AGREEMENT)


def has_failed(links: Iterable[ProofLink]) -> bool:
    """Return whether a link has something against it."""
    return any(link.note for link in links)


def _golden_link(spec: ModelSpec, engine: Engine, title: str) -> list[ProofLink]:
    """Return how the golden image is answered here; nothing if the card expects nothing."""
    expected = list(spec.golden.get("expected", {}).get(engine.variant.name, ()))
    if not expected or spec.golden.get("pattern") not in PATTERN_BY_TASK.values():
        return []
    image = golden_image(str(spec.golden["pattern"]), spec.input.size_wh)
    classes = golden_classes(engine.predict(image))
    same = count_equal(classes, expected)
    return [
        ProofLink(
            link="board",
            variant=engine.variant.name,
            first="golden image at conversion",
            second=f"here on {title}",
            images=1,
            agreement=same / len(expected),
            note="" if matches(classes, expected) else f"{same} of {len(expected)} classes only",
        )
    ]


def _pattern(spec: ModelSpec) -> str:
    pattern = spec.golden.get("pattern")
    return str(pattern) if pattern in PATTERN_BY_TASK.values() else PATTERN_BY_TASK[spec.task]


def _failed(variant: Variant, runtime: str, fault: str) -> ProofLink:
    note = fault.replace(str(variant.path), variant.name)
    return ProofLink(
        link="runtime", variant=variant.name, first=variant.name, second=runtime, note=note
    )
