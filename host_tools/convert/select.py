"""The better one of two quantizers' results for each variant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from edge_app.errors import ModelError, UsageError
from edge_app.frame import Image
from edge_app.model.card import ModelSpec, Variant
from edge_app.model.engine import Engine, load_engine
from edge_app.model.golden import PATTERN_BY_TASK, golden_image
from host_tools.convert.verify import Predictions, difference

QUANTIZERS = ("tensorflow", "ai-edge-quantizer")
# Two candidates whose agreement with float32 differs by less count as equally good. DeepLab's
# dynamic_range at 257x513 agrees on .9893 (tensorflow) and .9861 (ai-edge-quantizer) of the pixels
# at the same mIoU, but the first falls into 16 partitions and is slower by a third.
EQUAL_AGREEMENT = 0.005
# What a further partition costs, as agreement. Times are not compared: they differ from run to run,
# and DeepLab's float16 came out as one quantizer's file on one day and the other's on the next.
# Partitions say the same: DeepLab's dynamic_range at 1025x2049 agrees on .975 in TensorFlow's 16,
# which took 1.45 times as long as float32, and on .949 in the other's one, in half of its time.
PARTITION_COST = 0.002


@dataclass(frozen=True, slots=True)
class Candidate:
    """A variant as one quantizer made it, with its measurements.

    content: bytes of the .tflite. partitions: those that the delegate took, one is best.
    agreement, mean_abs_error: see `verify.difference`.
    """

    quantizer: str
    content: bytes
    partitions: int
    agreement: float
    mean_abs_error: float

    @property
    def score(self) -> float:
        """Agreement less the cost of partitions; without a delegate there is no transfer either."""
        return self.agreement - PARTITION_COST * (max(1, self.partitions) - 1)

    def to_json(self) -> dict[str, Any]:
        """Return the card's entry."""
        return {
            "bytes": len(self.content),
            "agreement": self.agreement,
            "mean_abs_error": self.mean_abs_error,
            "partitions": self.partitions,
        }


def select_variant(
    builders: Mapping[str, Callable[[], bytes]],
    spec: ModelSpec,
    name: str,
    images: Sequence[Image],
    scratch: Path,
    fallback: Mapping[str, Callable[[], bytes]] | None = None,
) -> tuple[bytes, dict[str, Any]]:
    """Build a variant with every quantizer; return the best one's bytes and its card entry.

    builders: by the quantizer's name. fallback: others, for when all of those fail. spec: card of
    the model with float32. images: uint8 (H, W, 3) BGR, on which candidates are compared with
    float32; without any, the golden image.
    Raises the ModelError of the first builder if all fail.
    """
    built, error = _build(builders)
    if not built:
        built, _ = _build(fallback or {})
    if not built:
        raise error or ModelError(f"no quantizer makes {name}; leave it out with --variants")
    if len(built) == 1:
        [(quantizer, content)] = built.items()
        return content, {"quantizer": with_version(quantizer)}
    candidates = _measure(built, spec, name, images, scratch)
    best = select_best(candidates)
    return best.content, {
        "quantizer": with_version(best.quantizer),
        "candidates": {one.quantizer: one.to_json() for one in candidates},
    }


def _build(
    builders: Mapping[str, Callable[[], bytes]],
) -> tuple[dict[str, bytes], ModelError | None]:
    """Return what each builder that succeeds makes, and the error of the first that fails."""
    built: dict[str, bytes] = {}
    errors: list[ModelError] = []
    for quantizer, build in builders.items():
        try:
            built[quantizer] = build()
        except ModelError as error:
            errors.append(error)
    return built, next(iter(errors), None)


def select_best(candidates: Sequence[Candidate]) -> Candidate:
    """Return the best candidate, which is the same one in every run.

    By agreement and partitions together; of those that are equally good the one with the fewest
    partitions, then the smallest, then the first.
    """
    highest = max(one.score for one in candidates)
    good = [one for one in candidates if one.score >= highest - EQUAL_AGREEMENT]
    return min(good, key=lambda one: (max(1, one.partitions), len(one.content)))


def with_version(quantizer: str) -> str:
    """Return a quantizer's name with the version of its package."""
    return f"{quantizer} {version(quantizer)}"


def check_quantizer(name: str) -> None:
    """Raise UsageError for an unknown quantizer."""
    if name not in {"auto", *QUANTIZERS}:
        raise UsageError(f"--quantizer {name}: choose one of: auto, {', '.join(QUANTIZERS)}")


def _measure(
    built: Mapping[str, bytes], spec: ModelSpec, name: str, images: Sequence[Image], scratch: Path
) -> list[Candidate]:
    unchecked = replace(spec, golden={})
    shown = images or [golden_image(PATTERN_BY_TASK[spec.task], spec.input.size_wh)]
    reference = _predict(load_engine(unchecked, "float32"), shown)
    candidates = []
    for quantizer, content in built.items():
        path = scratch / f"{name}.{quantizer}.tflite"
        path.write_bytes(content)
        variant = Variant(name, path, len(content))
        engine = load_engine(replace(unchecked, variants={name: variant}), name)
        found = difference(reference, _predict(engine, shown))
        candidates.append(
            Candidate(
                quantizer,
                content,
                partitions=engine.network.delegation.partitions,
                agreement=found["agreement"],
                mean_abs_error=found.get("mean_abs_error", 0.0),
            )
        )
    return candidates


def _predict(engine: Engine, images: Sequence[Image]) -> Predictions:
    predictions = Predictions()
    for image in images:
        predictions.add(engine, engine.predict(image))
    return predictions
