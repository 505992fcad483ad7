"""Whether and how a model's classes are scored against truth with labels of its own.

Every score goes through `fit_labels`: that of a run, of a benchmark, an evaluation, a conversion.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from edge_app.errors import UsageError
from edge_app.label_sets import LABEL_SETS, label_set
from edge_app.labels import DIGITS, NUMBERED, VOID, LabelSet, is_background

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The CamVid class that includes each Cityscapes class, for scores across the two sets.
_CITYSCAPES_TO_CAMVID = {
    "road": "road", "sidewalk": "pavement", "building": "building", "wall": "building",
    "fence": "fence", "pole": "pole", "traffic light": "sign symbol",
    "traffic sign": "sign symbol", "vegetation": "tree", "terrain": "tree", "sky": "sky",
    "person": "pedestrian", "rider": "bicyclist", "car": "car", "truck": "car", "bus": "car",
    "train": "car", "motorcycle": "bicyclist", "bicycle": "bicyclist",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LabelFit:
    """How a model's classes are scored.

    labels: the classes of the scores. own_ids: whether the truth has the model's own class ids.
    table: uint8 (256,), the truth's trainId of each of a class map; None if they are the same.
    """

    labels: LabelSet
    table: NDArray[np.uint8] | None = None
    own_ids: bool = False

    def unknown_id(self, class_id: int, where: str) -> UsageError:
        """Return the error for a class id in truth that the model does not have."""
        count = len(self.labels.classes)
        return UsageError(
            f"{where}: the truth has class {class_id}, the model's {self.labels.name} labels have "
            f"{count} classes, 0 to {count - 1}; give truth with the model's classes"
        )


def fit_labels(model: LabelSet, truth: str | None) -> LabelFit:
    """Return how a model's classes are scored against truth.

    truth: name of its label set; "numbered" if it has the model's own ids; None without truth.
    Sets with the same names are scored as they are, in another order by name; a class of the
    model for what is not scored counts as no answer there. Cityscapes is folded into CamVid.
    Raises UsageError if the two do not correspond.
    """
    if truth in (None, NUMBERED):
        return LabelFit(model, own_ids=truth is not None)
    return _fit_named(model, truth)


@lru_cache(maxsize=8)
def _fit_named(model: LabelSet, truth: str) -> LabelFit:
    goal = label_set(truth)
    # IDX and .csv files have ids, not names: ten classes are the ten ids.
    ships = LABEL_SETS.get(model.name) == model
    if truth == DIGITS.name and not ships and len(model.classes) == len(DIGITS.classes):
        return LabelFit(model, own_ids=True)
    names = list(model.names)
    if truth == "camvid" and set(names) <= set(_CITYSCAPES_TO_CAMVID):
        names = [_CITYSCAPES_TO_CAMVID[name] for name in names]
    answers = [plain(name) for name in names]
    places = {plain(name): place for place, name in enumerate(goal.names)}
    missing = [name for name in goal.names if plain(name) not in answers]
    further = [name for name in names if plain(name) not in places and not is_background(name)]
    if missing or further:
        raise UsageError(
            f"a model with {model.name} labels cannot be scored against {truth} truth: it has "
            f"{len(names)} classes, the truth {len(places)}, and the "
            f"{'model' if missing else 'truth'} has no '{(missing or further)[0]}'; use truth with "
            f"{model.name} labels, or call its labels numbered (--truth-labels numbered, "
            "numbered:IMAGES,TRUTH) if its ids are those of the model"
        )
    if answers == list(places):
        return LabelFit(goal)
    import numpy as np

    table = np.full(256, VOID, np.uint8)
    for train_id, name in enumerate(answers[:VOID]):  # classifiers with more have no class maps
        table[train_id] = places.get(name, VOID)
    return LabelFit(goal, table)


def plain(name: str) -> str:
    """Return a class name as it is compared: Traffic_Light is traffic light."""
    return "".join(filter(str.isalnum, name.casefold()))
