"""Name the pictures that variants are scored on, with their truth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge_app.errors import SourceError, UsageError
from edge_app.evaluate.dataset import camvid_split, cityscapes_split
from edge_app.frame import Frame
from edge_app.sources.factory import open_source
from edge_app.sources.source import Source
from edge_app.sources.truth import KINDS, open_truth
from host_tools.datasets import PARTS, digit_files


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Name the pictures a variant is scored on, and their truth.

    labels: what the truth's ids mean, None to tell from its layout. every: score one of so many.
    """

    pictures: str
    truth: str
    labels: str | None = None
    every: int = 1

    def open(self) -> Source:
        """Open the pictures with their truth; raise SourceError where they do not fit."""
        return open_source(self.pictures, truth=open_truth(self.truth, self.labels))

    def scored(self, source: Source) -> Iterator[Frame]:
        """Yield the frames that are scored, evenly spread over all."""
        return (frame for frame in source if frame.index % self.every == 0)

    def count(self) -> int | None:
        """Return how many frames are scored, None where that is not known before."""
        with self.open() as source:
            frames = source.frame_count
        return None if frames is None else -(-frames // self.every)


def parse_evaluation(text: str, every: int = 1) -> Evaluation:
    """Read --eval: [LABELS:]IMAGES,TRUTH, or a folder whose layout is known.

    Folders: MNIST's files, a Cityscapes root (its val split), or test beside testannot.
    Raises UsageError where that cannot be told.
    """
    if every < 1:
        raise UsageError(f"--eval-every {every}: score every frame (1), every second (2), ...")
    kind, colon, rest = text.partition(":")
    labels = kind if colon and kind in KINDS else None
    named = rest if labels else text
    folder = Path(named).expanduser()
    if folder.is_dir():
        pictures, truth = _known_folder(folder)
        return Evaluation(pictures, truth, labels, every)
    pictures, comma, truth = named.rpartition(",")
    if not comma:
        raise UsageError(
            f"--eval {text}: give IMAGES,LABELS, or a folder of MNIST, Cityscapes or CamVid"
        )
    return Evaluation(pictures, truth, labels, every)


def _known_folder(folder: Path) -> tuple[str, str]:
    for split in (cityscapes_split, camvid_split):
        with suppress(SourceError):
            found, truth = split(folder)
            return str(found), str(truth)
    if any((folder / f"{PARTS['test'][0]}{end}").is_file() for end in ("", ".gz")):
        pictures, labels = digit_files(folder, "test")
        return str(pictures), str(labels)
    raise UsageError(
        f"--eval {folder}: its layout is not known; give IMAGES,TRUTH, for example "
        "camvid:CamVid/test,CamVid/testannot"
    )
