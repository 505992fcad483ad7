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
from host_tools.convert.verify import Predictions, difference, time_interleaved

QUANTIZERS = ("tensorflow", "ai-edge-quantizer")
# Two candidates whose agreement with float32 differs by less count as equally good. DeepLab's
# dynamic_range at 257x513 agrees on .9893 (tensorflow) and .9861 (ai-edge-quantizer) of the pixels
# at the same mIoU, but the first falls into 16 partitions and is slower by a third.
EQUAL_AGREEMENT = 0.005
# The second has to be faster by this factor to be preferred for its speed: less is noise.
CLEARLY_FASTER = 0.9
# A variant slower than float32 by this factor is useless at any agreement: DeepLab's dynamic_range
# at 1025x2049 in TensorFlow's 16 partitions took 1.45 times as long as float32, the other
# quantizer's in one partition half as long, both within .005 mIoU.
TOO_SLOW = 1.15
# A shorter invoke is too short to be compared.
SHORT_MS = 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A variant as one quantizer made it, with its measurements.

    content: bytes of the .tflite. agreement, mean_abs_error: see `verify.difference`.
    """

    quantizer: str
    content: bytes
    partitions: int
    invoke_ms: float
    agreement: float
    mean_abs_error: float

    def to_json(self) -> dict[str, Any]:
        """Return the card's entry, without the time, which differs from run to run."""
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
) -> tuple[bytes, dict[str, Any]]:
    """Build a variant with every quantizer; return the best one's bytes and its card entry.

    builders: by the quantizer's name. spec: card of the model with float32.
    images: uint8 (H, W, 3) BGR, on which candidates are compared with float32.
    Raises the ModelError of the first builder if all fail.
    """
    built: dict[str, bytes] = {}
    errors: list[ModelError] = []
    for quantizer, build in builders.items():
        try:
            built[quantizer] = build()
        except ModelError as error:
            errors.append(error)
    if not built:
        raise errors[0]
    if len(built) == 1:
        [(quantizer, content)] = built.items()
        return content, {"quantizer": with_version(quantizer)}
    candidates, float32_ms = _measure(built, spec, name, images, scratch)
    best = select_best(candidates, float32_ms)
    return best.content, {
        "quantizer": with_version(best.quantizer),
        "candidates": {one.quantizer: one.to_json() for one in candidates},
    }


def select_best(candidates: Sequence[Candidate], float32_ms: float) -> Candidate:
    """Return the best candidate: by agreement, then fewest partitions, then a clear gain of time.

    Candidates that are too slow are left out, unless all are.
    float32_ms: time of float32's invoke in the same run.
    """
    limit_ms = max(SHORT_MS, TOO_SLOW * float32_ms)
    usable = [one for one in candidates if one.invoke_ms <= limit_ms] or candidates
    highest = max(one.agreement for one in usable)
    good = [one for one in usable if one.agreement >= highest - EQUAL_AGREEMENT]
    fewest = min(max(1, one.partitions) for one in good)
    good = [one for one in good if max(1, one.partitions) == fewest]
    best = good[0]
    for other in good[1:]:
        if best.invoke_ms > SHORT_MS and other.invoke_ms < CLEARLY_FASTER * best.invoke_ms:
            best = other
    return best


def with_version(quantizer: str) -> str:
    """Return a quantizer's name with the version of its package."""
    return f"{quantizer} {version(quantizer)}"


def check_quantizer(name: str) -> None:
    """Raise UsageError for an unknown quantizer."""
    if name not in {"auto", *QUANTIZERS}:
        raise UsageError(f"--quantizer {name}: choose one of: auto, {', '.join(QUANTIZERS)}")


def _measure(
    built: Mapping[str, bytes], spec: ModelSpec, name: str, images: Sequence[Image], scratch: Path
) -> tuple[list[Candidate], float]:
    """Return the measured candidates, and the time of float32's invoke in ms."""
    unchecked = replace(spec, golden={})
    engines = [load_engine(unchecked, "float32")]
    for quantizer, content in built.items():
        path = scratch / f"{name}.{quantizer}.tflite"
        path.write_bytes(content)
        variant = Variant(name, path, len(content))
        engines.append(load_engine(replace(unchecked, variants={name: variant}), name))
    reference, *others = (_predict(engine, images) for engine in engines)
    differences = [difference(reference, predictions) for predictions in others]
    float32_ms, *times_ms = time_interleaved(engines, images[0])
    measured = zip(built.items(), engines[1:], times_ms, differences, strict=True)
    candidates = [
        Candidate(
            *made,
            partitions=engine.network.delegation.partitions,
            invoke_ms=time_ms,
            agreement=found["agreement"],
            mean_abs_error=found.get("mean_abs_error", 0.0),
        )
        for made, engine, time_ms, found in measured
    ]
    return candidates, float32_ms


def _predict(engine: Engine, images: Sequence[Image]) -> Predictions:
    predictions = Predictions()
    for image in images:
        predictions.add(engine, engine.predict(image))
    return predictions
