"""Label sets: what the numbers in a class map mean, and translation between sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from edge_app.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TRUTH_SETS = ("camvid", "cityscapes", "driveseg")  # those of class maps in truth files
VOID = 255  # trainId of everything that is not scored, as in Cityscapes


@dataclass(frozen=True, slots=True)
class Label:
    """One class: its id in truth files, its trainId in model outputs, its RGB colour."""

    name: str
    id: int
    train_id: int
    colour_rgb: tuple[int, int, int]
    ignored: bool = False  # left out of scores


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The classes of one data set."""

    name: str
    labels: tuple[Label, ...]

    @property
    def classes(self) -> tuple[Label, ...]:
        """The scored classes, in the order of their trainIds."""
        scored = (label for label in self.labels if not label.ignored)
        return tuple(sorted(scored, key=lambda label: label.train_id))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the scored classes, in the order of their trainIds."""
        return tuple(label.name for label in self.classes)

    def palette_bgr(self) -> NDArray[np.uint8]:
        """Return the colours for `cv2.applyColorMap`: uint8 (256, 1, 3) BGR, void black."""
        import numpy as np

        palette = np.zeros((256, 1, 3), np.uint8)
        for label in self.classes[:VOID]:
            palette[label.train_id, 0] = label.colour_rgb[::-1]
        return palette


NO_LABELS = LabelSet("none", ())


def _parse_table(name: str, rows: str) -> LabelSet:
    """Return a label set from rows of `name id trainId r g b`."""
    labels = []
    for row in rows.strip().splitlines():
        *words, number, train_id, red, green, blue = row.split()
        colour = int(red), int(green), int(blue)
        ignored = int(train_id) == VOID
        labels.append(Label(" ".join(words), int(number), int(train_id), colour, ignored))
    return LabelSet(name, tuple(labels))


def numbered_labels(name: str, names: tuple[str, ...]) -> LabelSet:
    """Return a label set with ids in the order of the names and the colours of the VOC rule."""
    return LabelSet(name, tuple(Label(text, i, i, _voc_colour(i)) for i, text in enumerate(names)))


def _voc_colour(index: int) -> tuple[int, int, int]:
    """Return the RGB colour that the VOC devkit's `labelcolormap` gives an index."""
    channels = [0, 0, 0]
    for shift in range(7, -1, -1):
        for channel in range(3):
            channels[channel] |= (index & 1) << shift
            index >>= 1
    return channels[0], channels[1], channels[2]


# Source: cityscapesScripts helpers/labels.py (names, ids, trainIds and colours).
CITYSCAPES = _parse_table(
    "cityscapes",
    """
    unlabeled            0  255    0   0   0
    ego vehicle          1  255    0   0   0
    rectification border 2  255    0   0   0
    out of roi           3  255    0   0   0
    static               4  255    0   0   0
    dynamic              5  255  111  74   0
    ground               6  255   81   0  81
    road                 7    0  128  64 128
    sidewalk             8    1  244  35 232
    parking              9  255  250 170 160
    rail track          10  255  230 150 140
    building            11    2   70  70  70
    wall                12    3  102 102 156
    fence               13    4  190 153 153
    guard rail          14  255  180 165 180
    bridge              15  255  150 100 100
    tunnel              16  255  150 120  90
    pole                17    5  153 153 153
    polegroup           18  255  153 153 153
    traffic light       19    6  250 170  30
    traffic sign        20    7  220 220   0
    vegetation          21    8  107 142  35
    terrain             22    9  152 251 152
    sky                 23   10   70 130 180
    person              24   11  220  20  60
    rider               25   12  255   0   0
    car                 26   13    0   0 142
    truck               27   14    0   0  70
    bus                 28   15    0  60 100
    caravan             29  255    0   0  90
    trailer             30  255    0   0 110
    train               31   16    0  80 100
    motorcycle          32   17    0   0 230
    bicycle             33   18  119  11  32
""",
)

# Source: the SegNet tutorial's CamVid annotations (11 classes and void).
CAMVID = _parse_table(
    "camvid",
    """
    sky         0   0  128 128 128
    building    1   1  128   0   0
    pole        2   2  192 192 128
    road        3   3  128  64 128
    pavement    4   4   60  40 222
    tree        5   5  128 128   0
    sign symbol 6   6  192 128 128
    fence       7   7   64  64 128
    car         8   8   64   0 128
    pedestrian  9   9   64  64   0
    bicyclist  10  10    0 128 192
    void       11 255    0   0   0
""",
)

# The MIT DriveSeg sample is annotated with Cityscapes trainIds; 255 is void.
DRIVESEG = LabelSet(
    "driveseg",
    tuple(
        Label(label.name, label.train_id, label.train_id, label.colour_rgb)
        for label in CITYSCAPES.classes
    ),
)

# Source: Okabe and Ito's colours, then a neutral pair.
DIGITS = _parse_table(
    "digits",
    """
    0 0 0  230 159   0
    1 1 1   86 180 233
    2 2 2    0 158 115
    3 3 3  240 228  66
    4 4 4    0 114 178
    5 5 5  213  94   0
    6 6 6  204 121 167
    7 7 7  170 170 170
    8 8 8  120  94 240
    9 9 9  255 255 255
""",
)

# Source: the Pascal VOC 2012 devkit's class order.
PASCAL_VOC = numbered_labels(
    "pascal-voc",
    (
        "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat",
        "chair", "cow", "dining table", "dog", "horse", "motorbike", "person", "potted plant",
        "sheep", "sofa", "train", "tv monitor",
    ),
)  # fmt: skip

LABEL_SETS = {labels.name: labels for labels in (CITYSCAPES, CAMVID, DRIVESEG, DIGITS, PASCAL_VOC)}

# Classes of the surroundings in all label sets; the difference view calls any other an object.
SURROUNDINGS = {
    "background", "road", "sidewalk", "pavement", "building", "wall", "fence", "vegetation",
    "tree", "terrain", "sky",
}  # fmt: skip
_MAPPABLE = {("cityscapes", "camvid"), ("driveseg", "camvid")}
# The CamVid class that includes each Cityscapes class, for scores across the two sets.
_CITYSCAPES_TO_CAMVID = {
    "road": "road", "sidewalk": "pavement", "building": "building", "wall": "building",
    "fence": "fence", "pole": "pole", "traffic light": "sign symbol",
    "traffic sign": "sign symbol", "vegetation": "tree", "terrain": "tree", "sky": "sky",
    "person": "pedestrian", "rider": "bicyclist", "car": "car", "truck": "car", "bus": "car",
    "train": "car", "motorcycle": "bicyclist", "bicycle": "bicyclist",
}  # fmt: skip


def label_set(name: str) -> LabelSet:
    """Return a label set by name; raise UsageError with the known names otherwise."""
    if name not in LABEL_SETS:
        known = ", ".join(sorted(LABEL_SETS))
        raise UsageError(f"unknown label set '{name}'; choose one of: {known}")
    return LABEL_SETS[name]


@cache
def class_mapping(source: str, target: str) -> NDArray[np.uint8] | None:
    """Return the trainIds of one set for those of another: uint8 (256,); None if they are equal.

    Raises UsageError if there is no agreed correspondence between the two sets.
    """
    import numpy as np

    origin, goal = LABEL_SETS.get(source), label_set(target)
    if origin is not None and origin.names == goal.names:
        return None
    if origin is None or (source, target) not in _MAPPABLE:
        raise UsageError(
            f"a model with {source} labels cannot be scored against {target} truth; "
            f"use truth with {source} labels"
        )
    goal_ids = {label.name: label.train_id for label in goal.classes}
    table = np.full(256, VOID, np.uint8)
    for label in origin.classes:
        table[label.train_id] = goal_ids[_CITYSCAPES_TO_CAMVID[label.name]]
    return table
