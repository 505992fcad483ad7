"""Conversion of a model into a model folder: verified variants and their card."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from rich.progress import Progress

from edge_app.errors import ModelError
from edge_app.frame import Image
from edge_app.model.card import (
    ModelSpec,
    Variant,
    file_sha256,
    read_card,
    write_card,
)
from edge_app.model.engine import load_engine
from edge_app.model.golden import PATTERN_BY_TASK
from edge_app.output_lock import check_unlocked
from host_tools.convert.ai_edge import check_ai_edge
from host_tools.convert.builders import VariantBuilders
from host_tools.convert.bundle import check_replaceable, new_bundle
from host_tools.convert.calibration import (
    Calibration,
    check_assumed_images,
    choose_images,
)
from host_tools.convert.card_values import CardValues, card_values
from host_tools.convert.conversion_options import (
    ConversionOptions,
    check_options,
)
from host_tools.convert.conversion_progress import Steps
from host_tools.convert.draft_card import draft_card
from host_tools.convert.finite import check_drawn
from host_tools.convert.float_models import FloatModels
from host_tools.convert.image_worth import fingerprints
from host_tools.convert.interrupt import swallowed_interrupts
from host_tools.convert.proof_chain import named_images, proof_notes, prove
from host_tools.convert.select import select_variant
from host_tools.convert.verify import (
    VerifiedVariant,
    check_collapsed,
    check_drop,
    verify,
    with_agreement,
    with_times,
)
from host_tools.framework import check_tensorflow
from host_tools.models.open_model import check_model, open_model

# Number of images on which the results of two quantizers are compared.
_COMPARED_IMAGES = 12


@dataclass(frozen=True, slots=True)
class ConversionResult:
    """A finished conversion.

    spec: the card as it is on disk. seconds: time to make each variant; float32's includes the
    loading of the model. values: how the network is fed and read. notes: what a person should
    know of the images and of the variants.
    """

    spec: ModelSpec
    variants: tuple[VerifiedVariant, ...]
    seconds: Mapping[str, float]
    values: CardValues
    notes: tuple[str, ...] = ()


def convert(options: ConversionOptions, progress: Progress) -> ConversionResult:
    """Convert a model into `options.out`, which is unchanged after any error.

    Raises UsageError, SourceError or ModelError.
    """
    check_options(options)
    check_model(options.model)
    _check_packages(options)
    check_replaceable(options.out)
    check_unlocked(options.out)
    further = len(options.quantized) + len(options.recipes)
    steps = Steps(4 + further)  # images, model, float32, the others, measuring
    task = progress.add_task(steps.next("choosing images"), total=None)
    calibration = _choose_calibration(options)
    with (
        swallowed_interrupts() as check_interrupt,
        new_bundle(options.out) as draft,
        tempfile.TemporaryDirectory() as scratch,
    ):
        work = _Workspace(draft, Path(scratch), progress, steps, check_interrupt)
        progress.update(task, description=steps.next("loading the model"))
        started = time.perf_counter()
        loaded = open_model(options.model, options.source, work.scratch)
        check_interrupt()

        progress.update(task, description=steps.next("converting float32"))
        check_assumed_images(options.calibration, loaded.shape)
        floats = FloatModels(loaded)
        float32 = work.write_variant("float32", floats.float32, {}, started)
        values = card_values(options.card, loaded, float32.path, options.model)
        spec = draft_card(options, loaded, values, float32, floats.notes)
        _check_card(spec)  # before the others are made
        progress.remove_task(task)

        builders = VariantBuilders(options, floats, spec.input, calibration, progress)
        spec = _add_variants(spec, options, builders, calibration, work)
        verified = _verify_all(spec, options, calibration, work)
        check_drop(verified, options.max_drop)
        images = named_images(calibration, lambda: _images_to_compare(options, calibration))
        proof = prove(spec, loaded.kind, floats.source, verified, images)
        notes = proof_notes(verified[0], proof, len(images))

        kept = tuple(one for one in verified if one.variant.name in options.made)
        if len(kept) < len(verified):
            float32.path.unlink()  # it was only needed for comparison
        expected = {one.variant.name: one.golden for one in kept}
        golden = {"pattern": PATTERN_BY_TASK[spec.task], "expected": expected}
        variants = {one.variant.name: one.variant for one in kept}
        spec = replace(spec, variants=variants, golden=golden, calibration=calibration.manifest)
        spec = replace(spec, proof=tuple(link for link in proof if link.variant in variants))
        write_card(spec, draft)
        check_interrupt()
    return ConversionResult(
        read_card(options.out), kept, work.seconds, values, (*calibration.notes, *notes)
    )


def _check_packages(options: ConversionOptions) -> None:
    """Raise ModelError for a missing package before the images are read and float32 is made."""
    is_tflite = options.model.suffix == ".tflite"
    if not is_tflite:
        check_tensorflow()
    needs_ai_edge = is_tflite or options.keep_float or options.quantizer == "ai-edge-quantizer"
    if options.recipes or (options.quantized and needs_ai_edge):
        check_ai_edge()


@dataclass(frozen=True, slots=True)
class _Workspace:
    """Folders, progress and measured times of one conversion.

    draft: becomes the model folder. check_interrupt: see `swallowed_interrupts`.
    """

    draft: Path
    scratch: Path
    progress: Progress
    steps: Steps
    check_interrupt: Callable[[], None]
    seconds: dict[str, float] = field(default_factory=dict)

    def write_variant(
        self, name: str, content: bytes, measured: Mapping[str, Any], started: float
    ) -> Variant:
        """Write a variant's file, and note the time since `started`, of perf_counter."""
        self.check_interrupt()
        path = self.draft / f"{name}.tflite"
        path.write_bytes(content)
        self.seconds[name] = time.perf_counter() - started
        return Variant(name, path, len(content), file_sha256(path), measured=measured)


def _choose_calibration(options: ConversionOptions) -> Calibration:
    """Choose calibration images among those that are not scored."""
    if not options.calibration.source:
        return Calibration((), {})
    scored: frozenset[bytes] = frozenset()
    if options.evaluation:
        with options.evaluation.open() as source:
            scored = fingerprints(source)
    return choose_images(options.calibration, exclude=scored)


def _add_variants(
    spec: ModelSpec,
    options: ConversionOptions,
    builders: VariantBuilders,
    calibration: Calibration,
    work: _Workspace,
) -> ModelSpec:
    """Make the variants other than float32; return the card with all of them."""
    names = options.quantized
    variants = dict(spec.variants)
    images = _images_to_compare(options, calibration) if names else []
    task = work.progress.add_task("converting", total=len(names) + len(options.recipes))
    if "int8" in names:
        builders.check_images()
    for name in names:
        work.progress.update(task, description=work.steps.next(f"converting {name}"))
        started = time.perf_counter()
        ways, fallback = builders.builders(name), builders.fallback(name)
        selected = select_variant(ways, spec, name, images, work.scratch, fallback)
        variants[name] = work.write_variant(name, *selected, started)
        work.progress.advance(task)
    for name, recipe in options.recipes.items():
        work.progress.update(task, description=work.steps.next(f"converting {name}"))
        started = time.perf_counter()
        variant = work.write_variant(name, *builders.from_recipe(recipe), started)
        variants[name] = replace(variant, recipe=recipe)
        work.progress.advance(task)
    work.progress.update(task, description="converted")
    return replace(spec, variants=variants)


def _check_card(spec: ModelSpec) -> None:
    """Raise ModelError if the card does not fit float32, or if that gives no answers."""
    try:
        load_engine(spec, "float32").close()
    except ModelError as fault:
        raise check_drawn(spec, spec.variants["float32"].path, fault) from None


def _images_to_compare(options: ConversionOptions, calibration: Calibration) -> list[Image]:
    """Return a few images, of the evaluation if there is one, to compare two quantizers on."""
    if options.evaluation is None:
        return list(calibration.images[:_COMPARED_IMAGES])
    count = options.evaluation.count() or _COMPARED_IMAGES
    step = max(1, count // _COMPARED_IMAGES)
    with options.evaluation.open() as source:
        frames = islice(options.evaluation.scored(source), 0, step * _COMPARED_IMAGES, step)
        return [frame.image for frame in frames]


def _verify_all(
    spec: ModelSpec, options: ConversionOptions, calibration: Calibration, work: _Workspace
) -> tuple[VerifiedVariant, ...]:
    """Score every variant, compare it with float32, and time them in turn."""
    frames = options.evaluation.count() if options.evaluation else None
    total = len(spec.variants) * (frames or 1)
    task = work.progress.add_task("measuring", total=total, even=True)
    step = work.steps.next("measuring")
    verified = []
    for name in spec.variants:
        work.progress.update(task, description=f"{step} {name}")
        advance = partial(work.progress.advance, task)
        with _named_as_variant(spec.variants[name]):
            verified.append(
                verify(
                    spec,
                    name,
                    options.evaluation,
                    calibration.images,
                    names=calibration.names,
                    on_frame=advance,
                )
            )
        work.check_interrupt()
    work.progress.update(task, description="measured", completed=total)
    check_collapsed(verified)
    return with_times(spec, with_agreement(verified), calibration.images)


@contextmanager
def _named_as_variant(variant: Variant) -> Iterator[None]:
    """Put the variant into an error in place of its file, which is gone when the error is read."""
    try:
        yield
    except ModelError as fault:
        start = f"{variant.path} "
        if not str(fault).startswith(start):
            raise
        problem = str(fault).removeprefix(start).rpartition(";")[0]
        raise ModelError(
            f"{variant.name} was made, but it {problem}; leave it out with --variants, keep "
            "operators in float with --keep-float, or try another --quantizer"
        ) from fault
