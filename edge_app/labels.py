"""Label sets: what the numbers in a class map or of a classifier mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Rgb = tuple[int, int, int]
NUMBERED = "numbered"  # labels of truth whose ids are the model's own
# Those of truth files; of files with one class for each image, NUMBERED alone.
TRUTH_SETS = ("camvid", "cityscapes", "driveseg", "pascal-voc", "ade20k", "coco-stuff", NUMBERED)
# Names of a class for all that is of no interest.
_BACKGROUNDS = ("background", "bg", "void", "unlabeled", "unlabelled", "other", "none", "ignore")
_FIRST: Rgb = (170, 170, 170)  # of a first class that is no background; the rule has no such gray
LONGEST_NAME = 200  # characters; longer ones fill no screen, and take minutes to fit into one
VOID = 255  # trainId of everything that is not scored, as in Cityscapes


@dataclass(frozen=True, slots=True)
class Label:
    """One class: its id in truth files, its trainId in model outputs, its RGB colour."""

    name: str
    id: int
    train_id: int
    colour_rgb: Rgb
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


def numbered_labels(name: str, names: tuple[str, ...], colours: tuple[Rgb, ...] = ()) -> LabelSet:
    """Return a label set with ids in the order of the names.

    colours: RGB of each class; without them those of the VOC rule, which are all different. Its
        first is black, which is not painted, and goes to a background alone.
    """
    own = colours or tuple(map(voc_colour, range(len(names))))
    if not colours and not is_background(names[0]):
        own = (_FIRST, *own[1:])
    return LabelSet(name, tuple(Label(text, i, i, own[i]) for i, text in enumerate(names)))


def numbered_classes(count: int) -> LabelSet:
    """Return the label set of a model whose classes have no names that are known."""
    return numbered_labels(NUMBERED, tuple(f"class {i}" for i in range(count)))


def is_background(name: str) -> bool:
    """Return whether a class is what is left: background, void, other."""
    return name.strip("_ ").casefold() in _BACKGROUNDS


def voc_colour(index: int) -> Rgb:
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

# Classes of the surroundings in all label sets; the difference view calls any other an object.
# COCO-Stuff adds kinds to them: wall-brick.
SURROUNDINGS = {
    "background", "road", "sidewalk", "pavement", "building", "wall", "fence", "vegetation",
    "tree", "terrain", "sky", "void", "other", "floor", "ceiling", "grass", "earth", "ground",
    "mountain", "hill", "water", "sea", "river", "field", "sand", "rock", "path", "dirt track",
    "land", "dirt", "mud", "snow", "gravel", "clouds", "fog", "bush", "plant", "leaves",
    "skyscraper", "house", "roof", "platform", "playingfield", "railroad", "solid", "structural",
}  # fmt: skip
