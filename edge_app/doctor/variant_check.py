"""Check that a variant is the file its card describes, and that it answers rightly here."""

from __future__ import annotations

from dataclasses import dataclass

from edge_app.errors import ModelError
from edge_app.model.card import ModelSpec, Variant, file_sha256
from edge_app.model.engine import load_engine

RIGHT, CHANGED, WRONG = "right", "changed", "wrong"


@dataclass(frozen=True, slots=True)
class Checked:
    """Hold the outcome: right, a changed (or lost) file, or an answer that is wrong here."""

    state: str
    said: str


def check_variant(
    spec: ModelSpec,
    variant: Variant,
    *,
    runtime: str = "auto",
    threads: int | None = None,
    run: bool = True,
) -> Checked:
    """Compare a file with its card, then load it and ask it its golden picture.

    run: whether it is loaded at all.
    """
    try:
        if file_sha256(variant.path) != variant.sha256:
            said = "changed since its card was written (sha256 differs); convert it anew"
            return Checked(CHANGED, said)
    except ModelError as fault:
        return Checked(CHANGED, str(fault))
    if not run:
        return Checked(RIGHT, "ok: sha256 as in the card")
    try:
        engine = load_engine(spec, variant.name, runtime=runtime, threads=threads)
    except ModelError as fault:
        return Checked(WRONG, str(fault))
    golden = "golden picture right" if spec.golden else "no golden picture in the card"
    words = engine.network.delegation.summary()
    engine.close()
    return Checked(RIGHT, f"ok: sha256 as in the card, {golden}; {words}")
