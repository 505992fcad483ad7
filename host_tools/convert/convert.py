"""Convert a model of any kind into a model folder: four variants, proven, and their card."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.progress import Progress

from edge_app.frame import Image
from edge_app.model.card import VARIANTS, ModelSpec, Variant, file_sha256, read_card, write_card
from edge_app.model.engine import load_engine
from edge_app.model.golden import PATTERN_BY_TASK, golden_image
from edge_app.model.interpreter.loading import load_network
from host_tools.convert.builders import VariantBuilders
from host_tools.convert.bundle import check_replaceable, new_bundle
from host_tools.convert.calibration import Calibration, choose_images, fingerprints
from host_tools.convert.conversion_options import (
    ConversionOptions,
    check_options,
    infer_labels,
    infer_task,
    input_spec,
)
from host_tools.convert.interrupt import swallowed_interrupts
from host_tools.convert.select import choose
from host_tools.convert.speed import time_interleaved
from host_tools.convert.verify import (
    VerifiedVariant,
    check_collapsed,
    check_drop,
    compared,
    verify,
)
from host_tools.models.loaded_model import LoadedModel
from host_tools.models.open_model import check_model, open_model

# How many pictures the converters' results are compared on, and the threads they are timed with.
_COMPARED = 12
_THREADS = 2


@dataclass(frozen=True, slots=True)
class ConversionResult:
    """Hold the finished model, the proof of each variant in their order, and what was learnt.

    seconds: what making each variant took; of float32 with the loading of the model.
    preprocessing: where mean and std come from.
    """

    spec: ModelSpec
    proofs: tuple[VerifiedVariant, ...]
    seconds: Mapping[str, float]
    preprocessing: str


def convert(recipe: ConversionOptions, progress: Progress) -> ConversionResult:
    """Carry out a recipe; `recipe.out` holds the new model, or what it held before.

    Raises UsageError, SourceError or ModelError saying what does not fit.
    """
    check_options(recipe)
    check_model(recipe.model)
    check_replaceable(recipe.out)
    step = progress.add_task("choosing pictures", total=None)
    calibration = _calibration(recipe)
    with (
        swallowed_interrupts() as check,
        new_bundle(recipe.out) as draft,
        tempfile.TemporaryDirectory() as folder,
    ):
        scratch = Path(folder)
        progress.update(step, description="loading the model")
        started = time.perf_counter()
        loaded = open_model(recipe.model, recipe.wishes, scratch)
        check()
        progress.update(step, description="converting float32")
        makers = VariantBuilders(recipe, loaded, calibration, progress)
        path = draft / "float32.tflite"
        path.write_bytes(makers.float32())
        seconds = {"float32": time.perf_counter() - started}
        check()
        spec, told = _describe(recipe, loaded, calibration, path)
        progress.remove_task(step)
        spec = _write_others(spec, recipe, makers, draft, scratch, seconds, progress, check)
        proofs = _prove_all(spec, recipe, calibration.images, progress, check)
        check_drop(proofs, recipe.max_drop)
        kept = tuple(proof for proof in proofs if proof.variant.name in recipe.variants)
        if len(kept) < len(proofs):
            path.unlink()  # float32 served as the measure only
        spec = replace(
            spec,
            variants={proof.variant.name: proof.variant for proof in kept},
            golden={
                "pattern": PATTERN_BY_TASK[spec.task],
                "expected": {proof.variant.name: proof.golden for proof in kept},
            },
        )
        write_card(spec, draft)
        check()
    return ConversionResult(read_card(recipe.out), kept, seconds, told)


def _calibration(recipe: ConversionOptions) -> Calibration:
    """Draw the calibration pictures from those that nothing is scored on."""
    if not recipe.calibration:
        return Calibration((), {})
    never: frozenset[bytes] = frozenset()
    if recipe.evaluation:
        with recipe.evaluation.open() as source:
            never = fingerprints(source)
    return choose_images(
        recipe.calibration, recipe.samples, recipe.seed, never=never, weak=recipe.weak
    )


def _describe(
    recipe: ConversionOptions, loaded: LoadedModel, calibration: Calibration, float32: Path
) -> tuple[ModelSpec, str]:
    """Return the card with float32 alone, and where the preprocessing was learnt."""
    given, told = input_spec(recipe, loaded)
    output = load_network(float32, threads=1).output
    task = infer_task(recipe, output)
    name = recipe.name or recipe.out.resolve().name
    spec = ModelSpec(
        name=name,
        title=recipe.title or name,
        task=task,
        labels=infer_labels(recipe, task, output),
        input=given,
        variants={"float32": _variant("float32", float32, {})},
        calibration=calibration.manifest,
        source={
            "weights": recipe.source or f"{loaded.kind} {recipe.model.name}",
            "file": recipe.model.name,
            "weights_sha256": loaded.sha256,
            **loaded.notes,
            "preprocessing": told,
        },
        licence=recipe.licence,
    )
    if loaded.saved:
        spec = replace(
            spec, source={**spec.source, "converter": f"TensorFlow {version('tensorflow')}"}
        )
    load_engine(spec, "float32")  # says what does not fit before the others are made
    return spec, told


def _variant(name: str, path: Path, measured: Mapping[str, Any]) -> Variant:
    return Variant(name, path, path.stat().st_size, file_sha256(path), measured=measured)


def _write_others(
    spec: ModelSpec,
    recipe: ConversionOptions,
    makers: VariantBuilders,
    draft: Path,
    scratch: Path,
    seconds: dict[str, float],
    progress: Progress,
    check: Callable[[], None],
) -> ModelSpec:
    """Make the variants but float32; return the card with all of them."""
    names = [name for name in VARIANTS if name in recipe.variants and name != "float32"]
    variants = dict(spec.variants)
    pictures = _pictures_to_compare(recipe, makers.calibration) if names else []
    step = progress.add_task("converting", total=len(names))
    for name in names:
        progress.update(step, description=f"converting {name}")
        started = time.perf_counter()
        content, measured = choose(makers.of(name), spec, name, pictures, scratch)
        check()
        path = draft / f"{name}.tflite"
        path.write_bytes(content)
        seconds[name] = time.perf_counter() - started
        variants[name] = _variant(name, path, measured)
        progress.advance(step)
    progress.update(step, description="converted")
    return replace(spec, variants=variants)


def _pictures_to_compare(recipe: ConversionOptions, calibration: Calibration) -> list[Image]:
    """Return a few pictures, unseen ones where there are some, to compare candidates on."""
    if recipe.evaluation is None:
        return list(calibration.images[:_COMPARED])
    count = recipe.evaluation.count()
    step = max(1, (count or _COMPARED) // _COMPARED)
    pictures: list[Image] = []
    with recipe.evaluation.open() as source:
        for place, frame in enumerate(recipe.evaluation.scored(source)):
            if place % step == 0:
                pictures.append(frame.image)
            if len(pictures) == _COMPARED:
                break
    return pictures


def _prove_all(
    spec: ModelSpec,
    recipe: ConversionOptions,
    familiar: tuple[Image, ...],
    progress: Progress,
    check: Callable[[], None],
) -> tuple[VerifiedVariant, ...]:
    """Score every variant, compare it with float32, and time them by turns."""
    proofs = []
    frames = recipe.evaluation.count() if recipe.evaluation else None
    total = len(spec.variants) * (frames or 1)
    step = progress.add_task("measuring", total=total)
    for name in spec.variants:
        progress.update(step, description=f"measuring {name}")
        proofs.append(
            verify(spec, name, recipe.evaluation, familiar, tick=lambda: progress.advance(step))
        )
        check()
    progress.update(step, description="measured", completed=total)
    check_collapsed(proofs)
    return _timed(spec, compared(proofs), familiar)


def _timed(
    spec: ModelSpec, proofs: tuple[VerifiedVariant, ...], familiar: tuple[Image, ...]
) -> tuple[VerifiedVariant, ...]:
    """Note the time of an invoke in every proof, and how it compares with float32's."""
    picture = familiar[0] if familiar else golden_image("street", spec.input.size_wh)
    plain = replace(spec, golden={})
    engines = [load_engine(plain, proof.variant.name, threads=_THREADS) for proof in proofs]
    times = time_interleaved(engines, picture)
    return tuple(
        replace(
            proof,
            variant=replace(
                proof.variant,
                measured={
                    **proof.variant.measured,
                    "invoke_ms": round(time_ms, 3),
                    "times_float32": round(time_ms / times[0], 3),
                    "threads": _THREADS,
                },
            ),
        )
        for proof, time_ms in zip(proofs, times, strict=True)
    )
