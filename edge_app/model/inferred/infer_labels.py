"""The names of the classes: given, packed in the file, in a file beside it, or by their number."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from edge_app.errors import UsageError
from edge_app.label_files import labels_of, read_labels, with_palette
from edge_app.label_fit import plain
from edge_app.label_sets import LABEL_SETS, label_set
from edge_app.labels import LabelSet, numbered_classes, numbered_labels
from edge_app.model.guess import ASSUMED, CERTAIN, DOUBTFUL, LIKELY, Guess
from edge_app.model.inferred.card_overrides import CardOverrides
from edge_app.model.inferred.output_readings import MAP, SCORES
from edge_app.model.inferred.packed_metadata import FileNotes, label_lines
from edge_app.model.inferred.trial_run import RangeTrial

_SETS_BY_CLASSES = {
    (SCORES, 10): ("digits",),
    (SCORES, 1000): ("imagenet",),
    (SCORES, 1001): ("imagenet-1001",),
    (MAP, 11): ("camvid",),
    (MAP, 12): ("camvid-12",),
    (MAP, 19): ("cityscapes",),
    (MAP, 21): ("pascal-voc",),
    (MAP, 150): ("ade20k",),
    (MAP, 151): ("ade20k-151",),
    (MAP, 80): ("coco",),
    (MAP, 90): ("coco-90",),
    (MAP, 91): ("coco-91",),
    (MAP, 171): ("coco-stuff",),
    (MAP, 182): ("coco-stuff-182",),
}
_TWO = {MAP: ("background", "object"), SCORES: ("no", "yes")}
_BESIDE = ("{stem}.txt", "{stem}_labels.txt", "labels.txt", "labelmap.txt")
_MOST_BYTES = 4_000_000
_KNOWS_DIGITS = 0.5  # share of digits; by chance a tenth is right
_MOSTLY = 0.75  # of the names are those of a usual set


def usual_set(task: str, classes: int | None) -> str | None:
    """Return the name of the label set with so many classes; None if none is usual."""
    for name in _SETS_BY_CLASSES.get((task, classes or 0), ()):
        if name in LABEL_SETS:
            return name
    return None


def choose_labels(
    path: Path,
    task: str,
    classes: int | None,
    notes: FileNotes,
    position: int,
    overrides: CardOverrides,
    *,
    is_one_value: bool = False,
) -> tuple[LabelSet, Guess | None]:
    """Return the classes, and how they were found; None if the user names them.

    classes: None for a map of class ids that does not say how many there are. position: of the
    output that is read. is_one_value: whether the second of two classes is the value's.
    Raises UsageError for files of labels or colours that are none.
    """
    if overrides.labels:
        return read_labels(overrides.labels, overrides.palette, classes), None
    labels, guess = _found(path, task, classes, notes, position, is_one_value=is_one_value)
    return with_palette(labels, overrides.palette) if overrides.palette else labels, guess


def _found(
    path: Path,
    task: str,
    classes: int | None,
    notes: FileNotes,
    position: int,
    *,
    is_one_value: bool,
) -> tuple[LabelSet, Guess]:
    """Return the classes as the files or their number say them, and how they were found."""
    usual = usual_set(task, classes)
    for names, origin, sure in (
        (_stated(notes, position), "stated in its metadata", CERTAIN),
        (_packed(notes), "packed in the file", CERTAIN),
        (_beside(path, classes), "in the text file beside it", LIKELY),
    ):
        if found := _fitting(names, task, classes, usual):
            shown = f"{found.name} ({len(found.classes)} classes)"
            return found, Guess("labels", shown, origin, sure, "--labels")
    if usual:
        shown = f"{usual} ({classes} classes)"
        return label_set(usual), Guess("labels", shown, "by their number", LIKELY, "--labels")
    if classes is None:  # street models end in class ids
        guess = Guess("labels", "cityscapes", "as usual for class ids", ASSUMED, "--labels")
        return label_set("cityscapes"), guess
    if is_one_value:
        names = _TWO[task]
        guess = Guess(
            "labels", " and ".join(names), "one value for two classes", ASSUMED, "--labels"
        )
        return numbered_labels("two-classes", names), guess
    return numbered_classes(classes), Guess(
        "labels", f"{classes} numbered classes", "no names are known", ASSUMED, "--labels"
    )


def _fitting(
    names: tuple[str, ...], task: str, classes: int | None, usual: str | None
) -> LabelSet | None:
    """Return names as a label set if they are as many as the classes, None otherwise.

    Those of a usual set are that set, whose colours are known; lists differ in some of the names.
    """
    if not names or len(names) == 1 != classes:
        # The one name of a mask is that of its object.
        if len(names) != 1 or classes != 2:
            return None
        first = "background" if task == MAP else f"not {names[0]}"
        return numbered_labels("packed", (first, names[0]))
    if classes is not None and len(names) != classes:
        return None
    if usual:
        ships = label_set(usual)
        equal = sum(plain(a) == plain(b) for a, b in zip(names, ships.names, strict=True))
        if equal >= _MOSTLY * len(names):
            return ships
    return numbered_labels("packed", names)


def _stated(notes: FileNotes, position: int) -> tuple[str, ...]:
    """Return the labels that metadata states for an output."""
    stated = notes.ultralytics.get("names")
    if isinstance(stated, dict):
        return tuple(str(name) for name in stated.values())
    if position < len(notes.outputs):
        for name in notes.outputs[position].label_files:
            if name in notes.files:
                return label_lines(notes.files[name])
    return ()


def _packed(notes: FileNotes) -> tuple[str, ...]:
    """Return the first packed text file's lines."""
    texts = (text for name, text in notes.files.items() if name.endswith(".txt"))
    return label_lines(next(texts, ""))


def _beside(path: Path, classes: int | None) -> tuple[str, ...]:
    """Return the names in a label file beside the model, as downloads have it."""
    for pattern in _BESIDE:
        file = path.with_name(pattern.format(stem=path.stem))
        with suppress(OSError, UsageError):  # what is no label file was not named as one
            if file.is_file() and file.stat().st_size <= _MOST_BYTES:
                return labels_of(file.read_bytes(), file.name, classes).names
    return ()


def checked_digits(
    labels: LabelSet, guess: Guess, trial: RangeTrial | None
) -> tuple[LabelSet, Guess]:
    """Return ten classes as digits only if the network knows digits."""
    if labels.name != "digits" or trial is None or not trial.by_truth:
        return labels, guess
    score = max(trial.scores.values(), default=0.0)
    if score >= _KNOWS_DIGITS:
        sure = replace(guess, sureness=CERTAIN, origin=f"it knows {score:.0%} of {trial.images}")
        return labels, sure
    unknown = f"ten classes, but it knows {score:.0%} of {trial.images}"
    classes = len(labels.classes)
    return numbered_classes(classes), Guess(
        "labels", f"{classes} numbered classes", unknown, DOUBTFUL, "--labels", "digits"
    )
