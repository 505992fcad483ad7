"""Make a variant with each converter there is and keep the one that measures better."""

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
from host_tools.convert.speed import time_interleaved
from host_tools.convert.verify import Predictions, difference

QUANTIZERS = ("tensorflow", "ai-edge-quantizer")
# Two variants whose agreement with float32 differs by less are held to be equally good. DeepLab's
# dynamic range at 257x513 agrees in .9893 (tensorflow) and .9861 (ai-edge-quantizer) of the pixels
# at the same mIoU, but the first falls into 16 partitions and is the slower by a third.
EQUAL = 0.005
# The second has to be faster by this to be taken for its speed: less is within the noise.
FASTER = 0.9
# A variant slower than float32 by this buys nothing, whatever its agreement: DeepLab's dynamic
# range at 1025x2049 in TensorFlow's 16 partitions took 1.45 times as long as float32, the other
# quantizer's in one part half as long, at mIoU within .005 both.
SLOWER = 1.15
# Below this an invoke is too short to be compared, and nobody waits for it.
SHORT_MS = 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold a variant as one converter made it, with what was measured of it."""

    quantizer: str
    content: bytes
    agreement: float
    mean_abs_error: float
    partitions: int
    invoke_ms: float

    def words(self) -> dict[str, Any]:
        """Return what the card tells of a candidate; no times, which differ from run to run."""
        return {
            "bytes": len(self.content),
            "agreement": self.agreement,
            "mean_abs_error": self.mean_abs_error,
            "partitions": self.partitions,
        }


def choose(
    makers: Mapping[str, Callable[[], bytes]],
    spec: ModelSpec,
    name: str,
    pictures: Sequence[Image],
    scratch: Path,
) -> tuple[bytes, dict[str, Any]]:
    """Make a variant with every maker; return the best one's bytes and what the card says.

    makers: by the quantizer's name. spec: of the model, with float32 in place.
    pictures: uint8 (H, W, 3) BGR, on which candidates are compared with float32.
    Raises ModelError where none of the makers succeeds, with the first one's reason.
    """
    made: dict[str, bytes] = {}
    faults: dict[str, ModelError] = {}
    for quantizer, make in makers.items():
        try:
            made[quantizer] = make()
        except ModelError as fault:
            faults[quantizer] = fault
    if not made:
        raise next(iter(faults.values()))
    if len(made) == 1:
        [(quantizer, content)] = made.items()
        return content, {"quantizer": titled(quantizer)}
    candidates, float32_ms = _measure(made, spec, name, pictures, scratch)
    chosen = best(candidates, float32_ms)
    return chosen.content, {
        "quantizer": titled(chosen.quantizer),
        "candidates": {one.quantizer: one.words() for one in candidates},
    }


def best(candidates: Sequence[Candidate], float32_ms: float) -> Candidate:
    """Return the candidate nearest to float32; of equals the one in fewer parts, or faster.

    float32_ms: of float32's invoke in the same run. What is slower is left out where it can be.
    """
    worth = [one for one in candidates if one.invoke_ms <= max(SHORT_MS, SLOWER * float32_ms)]
    usable = worth or candidates
    nearest = max(one.agreement for one in usable)
    good = [one for one in usable if one.agreement >= nearest - EQUAL]
    fewest = min(max(1, one.partitions) for one in good)
    good = [one for one in good if max(1, one.partitions) == fewest]
    chosen = good[0]
    for other in good[1:]:
        if chosen.invoke_ms > SHORT_MS and other.invoke_ms < FASTER * chosen.invoke_ms:
            chosen = other
    return chosen


def titled(quantizer: str) -> str:
    """Return a quantizer's name with its version."""
    return f"{quantizer} {version(quantizer)}"


def check_quantizer(name: str) -> None:
    """Raise UsageError for a quantizer there is not."""
    if name not in {"auto", *QUANTIZERS}:
        raise UsageError(f"--quantizer {name}: choose one of: auto, {', '.join(QUANTIZERS)}")


def _measure(
    made: Mapping[str, bytes],
    spec: ModelSpec,
    name: str,
    pictures: Sequence[Image],
    scratch: Path,
) -> tuple[list[Candidate], float]:
    plain = replace(spec, golden={})
    whole = load_engine(plain, "float32")
    first = _answers(whole, pictures)
    engines, differences = [], []
    for quantizer, content in made.items():
        path = scratch / f"{name}.{quantizer}.tflite"
        path.write_bytes(content)
        variant = Variant(name, path, len(content))
        engine = load_engine(replace(plain, variants={name: variant}), name)
        engines.append(engine)
        differences.append(difference(first, _answers(engine, pictures)))
    float32_ms, *times = time_interleaved([whole, *engines], pictures[0])
    candidates = [
        Candidate(
            quantizer,
            content,
            found["agreement"],
            found.get("mean_abs_error", 0.0),
            engine.network.delegation.partitions,
            time_ms,
        )
        for (quantizer, content), engine, found, time_ms in zip(
            made.items(), engines, differences, times, strict=True
        )
    ]
    return candidates, float32_ms


def _answers(engine: Engine, pictures: Sequence[Image]) -> Predictions:
    seen = Predictions()
    for picture in pictures:
        seen.add(engine, engine.predict(picture))
    return seen
