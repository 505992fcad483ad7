"""What a run compares its variant with: another one, or another model with the same classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from edge_app.errors import UsageError
from edge_app.metrics.agreement import partner
from edge_app.model.card import ModelSpec
from edge_app.model.catalog import default_variant
from edge_app.model.engine import EngineKey


@dataclass(frozen=True, slots=True)
class ChosenPartner:
    """The engine that is compared with the active one; a `ComparedWith` of the engine pool.

    model: of the run. against: another model; None compares variants of the same.
    variant: which one; None for the usual: of another model that of the same name, or its default.
    Raises UsageError if the two have no classes in common, or if there is no such variant.
    """

    model: ModelSpec
    against: ModelSpec | None = None
    variant: str | None = None

    def __post_init__(self) -> None:
        """Check that there is something to compare."""
        if not self.is_chosen:
            return
        if self.against is not None:
            _check_same_classes(self.model, self.against)
        option = "--compare-with" if self.against is None else "--against"
        if self.model.task != "segmentation":
            raise UsageError(
                f"{option} compares class maps, and {self.model.name} names one class for each "
                "image; score such models with edge-app evaluate"
            )
        if self.variant is not None:
            (self.against or self.model).variant(self.variant)

    @property
    def is_chosen(self) -> bool:
        """Whether an option says what to compare with; the run then begins with the comparison."""
        return self.against is not None or self.variant is not None

    def __call__(self, key: EngineKey) -> EngineKey | None:
        """Return the engine beside an active one; the usual one if that is the chosen one."""
        if key.model != self.model.name or not self.is_chosen:
            return partner(key)
        if self.against is not None:
            name = self.variant or key.variant
            if name not in self.against.variants:
                name = default_variant(self.against)
            return EngineKey(self.against, name, key.threads)
        if self.variant is None or self.variant == key.variant:
            return partner(key)
        return EngineKey(key.spec, self.variant, key.threads)


def _check_same_classes(first: ModelSpec, second: ModelSpec) -> None:
    """Raise UsageError unless the class ids of two models mean the same."""
    one, other = first.labels.names, second.labels.names
    if first.task == second.task and one == other:
        return
    kinds = {"segmentation": "paints", "classification": "names"}
    if first.task != second.task:
        what = f"{first.name} {kinds[first.task]} classes, {second.name} {kinds[second.task]} them"
    elif len(one) != len(other):
        what = " and ".join(
            f"{spec.name} has {len(spec.labels.names)} ({spec.labels.name})"
            for spec in (first, second)
        )
    else:
        at = next(i for i, names in enumerate(zip(one, other, strict=True)) if len({*names}) > 1)
        what = f"class {at} is '{one[at]}' in {first.name} and '{other[at]}' in {second.name}"
    way = "name a model with the same classes"
    if second.guessed:
        way += ", or give the file a card: edge-app models init FILE --labels SET --out DIR"
    raise UsageError(f"--against: the models have different classes: {what}; {way}")


def told_apart(first: ModelSpec, second: ModelSpec) -> ModelSpec:
    """Return the second of two models with its folder in its name if both have the same name.

    Raises UsageError if they are the same model.
    """
    if first.name != second.name:
        return second
    paths = [next(iter(spec.variants.values())).path.resolve() for spec in (first, second)]
    if paths[0].parent != paths[1].parent:
        paths = [path.parent for path in paths]
    elif paths[0] == paths[1]:
        raise UsageError(
            f"--against {second.name} is the model itself; --compare-with NAME compares two of its "
            "variants"
        )
    return replace(second, name=f"{second.name} ({_end_of(paths[1], paths[0])})")


def _end_of(path: Path, other: Path) -> str:
    """Return the shortest end of a path that another one does not have."""
    most = max(len(path.parts), len(other.parts))
    parts = next(n for n in range(1, most + 1) if path.parts[-n:] != other.parts[-n:])
    return "/".join(path.parts[-parts:]).removesuffix(".tflite")
