"""Convert a Keras model into a model folder: four variants, proven, and their card."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.progress import Progress

from edge_app.errors import UsageError
from edge_app.golden import PATTERN_OF_TASK
from edge_app.labels import label_set
from edge_app.spec import (
    VARIANTS,
    InputSpec,
    ModelSpec,
    Variant,
    file_sha256,
    read_card,
    write_card,
)
from host_tools.bundle import check_replaceable, fresh_bundle
from host_tools.calibration import Calibration, fingerprints, pick_pictures
from host_tools.framework import load_tensorflow
from host_tools.interrupt import remembered_interrupts
from host_tools.prove import Evaluation, Proof, prove, refuse_collapsed
from host_tools.variants import (
    Representative,
    export_saved_model,
    input_shape,
    load_model,
    make_variant,
    weights_sha256,
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Say what to convert, with which pictures, and what the card tells of it.

    calibration: a source of real pictures, as `edge-app run` takes it. samples, seed: how many
        of them are drawn, and which. evaluation: None leaves the variants unscored.
    mean, std: the network's input is (pixel - mean) / std.
    """

    model: Path
    out: Path
    calibration: str
    evaluation: Evaluation | None = None
    samples: int = 100
    seed: int = 0
    name: str = ""
    title: str = ""
    task: str = "classification"
    labels: str = "digits"
    mean: float = 0.0
    std: float = 255.0
    source: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Converted:
    """Hold the finished model and the proof of each variant, in their order."""

    spec: ModelSpec
    proofs: tuple[Proof, ...]


def convert(recipe: Recipe, progress: Progress) -> Converted:
    """Carry out a recipe; `recipe.out` holds the new model, or what it held before.

    Raises UsageError, SourceError or ModelError saying what does not fit.
    """
    labels = label_set(recipe.labels)
    if not recipe.std:
        raise UsageError("--std is zero; the pixels are divided by it")
    check_replaceable(recipe.out)
    step = progress.add_task("choosing pictures", total=None)
    calibration = _calibration(recipe)
    progress.update(step, description="loading the model")
    model = load_model(recipe.model)
    shape = input_shape(model)
    height, width = shape[1:3]
    given = InputSpec(
        size_wh=(width, height),
        channels="rgb" if shape[-1] == 3 and len(shape) == 4 else "gray",
        mean=(recipe.mean,),
        std=(recipe.std,),
    )
    name = recipe.name or recipe.out.resolve().name
    with (
        remembered_interrupts() as check,
        fresh_bundle(recipe.out) as draft,
        tempfile.TemporaryDirectory() as scratch,
    ):
        saved = Path(scratch) / "saved_model"
        export_saved_model(model, saved)
        progress.remove_task(step)
        spec = ModelSpec(
            name=name,
            title=recipe.title or name,
            task=recipe.task,
            labels=labels,
            input=given,
            variants=_write_variants(
                draft, saved, lambda: calibration.tensors(given, shape), progress, check
            ),
            calibration=calibration.manifest,
            source=_source(recipe, weights_sha256(model)),
            licence=recipe.licence,
        )
        proofs = _prove_all(spec, recipe, calibration, progress)
        spec = replace(
            spec,
            variants={proof.variant.name: proof.variant for proof in proofs},
            golden={
                "pattern": PATTERN_OF_TASK[recipe.task],
                "expected": {proof.variant.name: proof.golden for proof in proofs},
            },
        )
        write_card(spec, draft)
        check()
    return Converted(read_card(recipe.out), proofs)


def _calibration(recipe: Recipe) -> Calibration:
    """Draw the calibration pictures from those that nothing is scored on."""
    never: frozenset[bytes] = frozenset()
    if recipe.evaluation:
        with recipe.evaluation.open() as source:
            never = fingerprints(source)
    return pick_pictures(recipe.calibration, recipe.samples, recipe.seed, never=never)


def _write_variants(
    draft: Path,
    saved: Path,
    pictures: Representative,
    progress: Progress,
    check: Callable[[], None],
) -> Mapping[str, Variant]:
    variants = {}
    step = progress.add_task("converting", total=len(VARIANTS))
    for name in VARIANTS:
        progress.update(step, description=f"converting {name}")
        path = draft / f"{name}.tflite"
        path.write_bytes(make_variant(saved, name, pictures))
        check()
        variants[name] = Variant(name, path, path.stat().st_size, file_sha256(path))
        progress.advance(step)
    progress.update(step, description="converted")
    return variants


def _prove_all(
    spec: ModelSpec, recipe: Recipe, calibration: Calibration, progress: Progress
) -> tuple[Proof, ...]:
    proofs = []
    frames = _frames(recipe.evaluation)
    step = progress.add_task("measuring", total=len(VARIANTS) * (frames or 1))
    for name in spec.variants:
        progress.update(step, description=f"measuring {name}")
        proofs.append(
            prove(
                spec,
                name,
                recipe.evaluation,
                calibration.images,
                tick=lambda: progress.advance(step),
            )
        )
    progress.update(step, description="measured", completed=len(VARIANTS) * (frames or 1))
    refuse_collapsed(proofs)
    return tuple(proofs)


def _frames(evaluation: Evaluation | None) -> int | None:
    if evaluation is None:
        return None
    with evaluation.open() as source:
        return source.frame_count


def _source(recipe: Recipe, sha256: str) -> dict[str, Any]:
    """Say in the card what the variants were made from, without a path of this machine."""
    return {
        "weights": recipe.source or f"the Keras model {recipe.model.name}",
        "file": recipe.model.name,
        "weights_sha256": sha256,
        "converter": f"TensorFlow {load_tensorflow().__version__}",
    }
