"""Check that a variant is the file its card describes, and predicts correctly here."""

from __future__ import annotations

from dataclasses import dataclass

from edge_app.errors import ModelError
from edge_app.model.card import ModelSpec, Variant, file_sha256
from edge_app.model.engine import load_engine

PASSED, CHANGED, FAILED = "passed", "changed", "failed"


@dataclass(frozen=True, slots=True)
class VariantCheck:
    """Result of a check: PASSED, CHANGED (or lost) file, or FAILED to predict correctly here."""

    state: str
    message: str


def check_variant(
    spec: ModelSpec,
    variant: Variant,
    *,
    runtime: str = "auto",
    threads: int | None = None,
    run: bool = True,
) -> VariantCheck:
    """Compare a file with its card, then load it, which runs its golden image.

    run: whether to load it.
    """
    try:
        if file_sha256(variant.path) != variant.sha256:
            message = "changed since its card was written (sha256 differs); convert it again"
            return VariantCheck(CHANGED, message)
    except ModelError as fault:
        return VariantCheck(CHANGED, str(fault))
    if not run:
        return VariantCheck(PASSED, "ok: sha256 as in the card")
    try:
        engine = load_engine(spec, variant.name, runtime=runtime, threads=threads)
    except ModelError as fault:
        return VariantCheck(FAILED, str(fault))
    golden = "golden image correct" if spec.golden else "no golden image in the card"
    delegation = engine.network.delegation.summary()
    engine.close()
    is_as = f"sha256 as in the card, {golden}"
    if spec.guessed:
        is_as = "runs as inferred, with no card to check it"
    message = "; ".join((f"ok: {is_as}", *engine.warnings, delegation))
    return VariantCheck(PASSED, message)
