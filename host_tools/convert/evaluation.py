"""Images that variants are scored on, with their truth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge_app.errors import SourceError, UsageError
from edge_app.evaluate.dataset import camvid_split, cityscapes_split
from edge_app.frame import Frame
from edge_app.input_file import home_path
from edge_app.labels import TRUTH_SETS
from edge_app.sources.factory import open_source
from edge_app.sources.source import Source
from edge_app.sources.truth import open_truth
from host_tools.datasets import digit_files, holds_mnist


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Sources of the scored images and of their truth.

    labels: encoding of the truth's ids; None is read from its layout. every: score every Nth frame.
    """

    images: str
    truth: str
    labels: str | None = None
    every: int = 1

    def open(self) -> Source:
        """Open the images with their truth; raise SourceError if they do not fit each other."""
        return open_source(self.images, truth=open_truth(self.truth, self.labels))

    def scored(self, source: Source) -> Iterator[Frame]:
        """Yield every Nth frame of a source."""
        return (frame for frame in source if frame.index % self.every == 0)

    def count(self) -> int | None:
        """Return the number of scored frames; None if it is not known in advance."""
        with self.open() as source:
            frames = source.frame_count
        return None if frames is None else -(-frames // self.every)


def parse_evaluation(text: str, every: int = 1) -> Evaluation:
    """Return the evaluation for --eval: [LABELS:]IMAGES,TRUTH, or a folder of known layout.

    Folders: MNIST's files, a Cityscapes root (its val split), or test beside testannot.
    Raises UsageError for other texts.
    """
    if every < 1:
        raise UsageError(f"--eval-every {every}: give 1 for every frame, 2 for every second one")
    kind, colon, rest = text.partition(":")
    labels = kind if colon and kind in TRUTH_SETS else None
    place = rest if labels else text
    folder = home_path(place, UsageError)
    missing = ""
    try:
        is_folder = folder.is_dir()
        if not folder.exists():
            missing = f"there is no folder {folder}; "
    except OSError:  # two paths with a comma may be longer than one may be
        is_folder = False
    if is_folder:
        images, truth = _known_folder(folder)
    else:
        images, comma, truth = place.rpartition(",")
        if not comma:
            raise UsageError(
                f"--eval {text}: {missing}give IMAGES,LABELS, or a folder of MNIST, Cityscapes "
                "or CamVid"
            )
    return Evaluation(images, truth, labels, every)


def _known_folder(folder: Path) -> tuple[str, str]:
    try:
        for split in (cityscapes_split, camvid_split):
            with suppress(SourceError):
                found, truth = split(folder)
                return str(found), str(truth)
    except OSError as fault:
        raise UsageError(
            f"--eval {folder} cannot be read ({fault.strerror}); check its permissions"
        ) from None
    if holds_mnist(folder, "test"):
        images, labels = digit_files(folder, "test")
        return str(images), str(labels)
    raise UsageError(
        f"--eval {folder}: unknown layout; give IMAGES,TRUTH, for example "
        "camvid:CamVid/test,CamVid/testannot"
    )
