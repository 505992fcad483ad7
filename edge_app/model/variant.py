"""One variant of a model, and its entry in the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from edge_app.results.model_card import VariantRecord

if TYPE_CHECKING:
    from edge_app.model.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Variant:
    """One file of a model.

    quality: scores at conversion, for example {"top1": 0.98, "frames": 10000}.
    measured: other figures of the conversion, for example {"invoke_ms": 0.067}.
    recipe: how it was quantized; None if the card does not say.
    """

    name: str
    path: Path
    bytes: int
    sha256: str = ""
    quality: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, Any] = field(default_factory=dict)
    recipe: Recipe | None = None

    @classmethod
    def of_record(cls, name: str, record: VariantRecord, folder: Path) -> Variant:
        """Return the variant of a card's entry; raise ValueError naming a recipe's wrong field."""
        recipe = None
        if record.recipe is not UNSET:
            # The start of a run with a card that has none does without.
            from edge_app.model.recipe import Recipe

            try:
                recipe = Recipe.from_record(record.recipe)
            except ValueError as fault:
                raise ValueError(f"variants.{name}.recipe.{fault}") from None
        path = folder / record.file
        return cls(name, path, record.bytes, record.sha256, record.quality, record.measured, recipe)

    def to_record(self) -> VariantRecord:
        """Return the card's entry."""
        return VariantRecord(
            file=self.path.name,
            bytes=self.bytes,
            sha256=self.sha256,
            quality=dict(self.quality),
            measured=dict(self.measured),
            recipe=self.recipe.to_record() if self.recipe else UNSET,
        )
