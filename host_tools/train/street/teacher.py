"""The teacher: a frozen DeepLab that labels images with the 19 Cityscapes classes."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap, Image
from edge_app.label_fit import fit_labels
from edge_app.labels import CITYSCAPES, VOID
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.network import Network
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.models.graph import (
    GraphEnds,
    find_input,
    find_output,
    find_preprocessing,
    read_graph,
    shape_of,
)
from host_tools.models.rebuild import rebuild_graph, save_graph
from host_tools.models.trusted_code import check_graph
from host_tools.train.street.truth_resize import resize_maps

CLASSES = 19
# Without truth, the teacher's class is used from this probability on.
SURE = 0.7
# The input's shape in the published graph, which leaves it open.
_EXPORTED = (1, 1025, 2049, 3)
# Width of the stored probabilities: at least a quarter of the network's input.
SOFT_WIDTH = 160


@dataclass(frozen=True, slots=True)
class TeacherViews:
    """How the teacher looks at an image.

    scales: magnifications of its first size that are averaged with the usual sizes.
    mirrored: whether each is seen mirrored, too.
    sure: its probabilities are left out where none reaches this.
    """

    scales: tuple[float, ...] = ()
    mirrored: bool = False
    sure: float = 0.0

    def sizes(self, frame_wh: tuple[int, int]) -> list[tuple[int, int]]:
        """Return the input sizes for a frame."""
        usual = teacher_sizes(frame_wh)
        own = usual[0]
        return usual + [
            (round(own[0] * scale / 8) * 8 + 1, round(own[1] * scale / 8) * 8 + 1)
            for scale in self.scales
        ]


VIEWS = {"few": TeacherViews(), "many": TeacherViews((1.25,), mirrored=True, sure=0.5)}


@dataclass(frozen=True, slots=True)
class SoftLabels:
    """The target of one image.

    labels: uint8 (H, W) trainIds, 255 if unknown.
    soft: uint8 (h, w, 19), probabilities in 255ths; all zero if unknown.
    """

    labels: ClassMap
    soft: NDArray[np.uint8]


class Teacher:
    """A frozen DeepLab, rebuilt for each input size that the images need.

    sha256: of the graph, and views; parts of the names in the cache.
    """

    def __init__(self, path: Path, scratch: Path, views: TeacherViews = VIEWS["few"]) -> None:
        self._graph = read_graph(path)
        check_graph(path, self._graph.definition, way_on="use the graph of host-tools fetch")
        self._output = find_output(self._graph, None)
        self._input = find_input(self._graph, self._output, None)
        self._scaling = find_preprocessing(self._graph, self._input) or (127.5, 127.5)
        self._scratch = scratch
        self._networks: dict[tuple[int, int], Network] = {}
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self.views = views

    @property
    def key(self) -> str:
        """The part of a name in the cache that this teacher decides."""
        return self.sha256 + ("" if self.views == VIEWS["few"] else repr(self.views))

    def probabilities(self, image: Image) -> NDArray[np.float32]:
        """Return the mean over views of the class probabilities: float32 (H, W, 19), sums to 1."""
        height, width = image.shape[:2]
        sizes = self.views.sizes((width, height))
        total = np.zeros((height, width, CLASSES), np.float32)
        for size_wh in sizes:
            total += resize_maps(self._logits(image, size_wh), (width, height))
            if self.views.mirrored:
                mirrored = self._logits(np.ascontiguousarray(image[:, ::-1]), size_wh)
                total += resize_maps(mirrored, (width, height))[:, ::-1]
        total /= len(sizes) * (2 if self.views.mirrored else 1)
        total -= total.max(axis=2, keepdims=True)
        np.exp(total, out=total)
        total /= total.sum(axis=2, keepdims=True)
        return total

    def _logits(self, image: Image, size_wh: tuple[int, int]) -> NDArray[np.float32]:
        network = self._networks.get(size_wh)
        if network is None:
            network = self._networks[size_wh] = self._build(size_wh)
        small = cv2.resize(image, size_wh, interpolation=cv2.INTER_LINEAR)[..., ::-1]
        mean, std = self._scaling
        tensor = ((small.astype(np.float32) - mean) / std)[None, None]
        outputs = np.empty((1, *network.output.shape[1:]), np.float32)
        network.run_all(tensor[0], outputs)
        return np.asarray(outputs[0], np.float32)

    def _build(self, size_wh: tuple[int, int]) -> Network:
        name = f"{size_wh[0]}x{size_wh[1]}"
        shape = (1, size_wh[1], size_wh[0], 3)
        own = shape_of(self._graph, self._input) or ()
        if len(own) != 4 or None in own[1:]:
            own = _EXPORTED
        ends = GraphEnds(self._input, self._output, (1, *(int(side or 0) for side in own[1:])))
        saved, path = self._scratch / name, self._scratch / f"{name}.tflite"
        save_graph(rebuild_graph(self._graph, ends, shape), saved)
        path.write_bytes(convert_saved_model(saved, "float32", lambda: iter(())))
        return load_network(path, threads=2)


@contextmanager
def open_teacher(path: Path, views: TeacherViews = VIEWS["few"]) -> Iterator[Teacher]:
    """Open a frozen graph as a teacher; delete its temporary files at the end."""
    with tempfile.TemporaryDirectory() as folder:
        yield Teacher(path, Path(folder), views)


def teacher_sizes(frame_wh: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the teacher's input sizes for a frame: its own shape, and stretched.

    The teacher was trained on 2049x1025, and enlarged images score better: CamVid's 480x360
    scores .56 at 513x257 and .64 at 1025x513.
    """
    width, height = frame_wh
    wide = min(max(width, 1024), 2048) // 8 * 8 + 1
    own = (wide, round(wide * height / width / 8) * 8 + 1)
    stretched = (1025, 513)
    return [own] if width >= 1.9 * height else [own, stretched]


def soft_labels(
    probabilities: NDArray[np.float32],
    truth: ClassMap | None,
    truth_labels: str,
    sure: float = 0.0,
) -> SoftLabels:
    """Combine the teacher's probabilities with the truth.

    probabilities: float32 (H, W, 19). truth: uint8 (H, W) trainIds of `truth_labels`.
    Per pixel only the classes that the truth allows remain: a CamVid tree may be vegetation
    or terrain, and the teacher decides. Without truth the teacher's class is used from a
    probability of `SURE` on. sure: probabilities are left out where none reaches this.
    """
    allowed = np.ones((256, CLASSES), np.float32)
    if truth is None:
        left = probabilities
    else:
        table = fit_labels(CITYSCAPES, truth_labels).table
        classes = np.arange(CLASSES) if table is None else table[:CLASSES]
        for known in np.unique(classes):
            allowed[known] = classes == known
        # The truth also wins over a probability of zero.
        left = (probabilities + 1e-6) * allowed[truth]
        left /= left.sum(axis=2, keepdims=True)
    labels = left.argmax(axis=2).astype(np.uint8)
    unknown = left.max(axis=2) < SURE
    if truth is not None:
        unknown &= truth == VOID
    labels[unknown] = VOID
    left *= left.max(axis=2, keepdims=True) >= sure
    size_wh = soft_size((labels.shape[1], labels.shape[0]))
    soft = resize_maps(left, size_wh, cv2.INTER_AREA)
    return SoftLabels(labels, np.rint(soft * 255).astype(np.uint8))


def soft_size(frame_wh: tuple[int, int]) -> tuple[int, int]:
    """Return the size of a frame's stored probabilities."""
    return SOFT_WIDTH, round(SOFT_WIDTH * frame_wh[1] / frame_wh[0])
