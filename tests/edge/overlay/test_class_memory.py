"""Legends and agreements keep their lines: nothing jumps, nothing flickers."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.controls import Controls
from edge_app.frame import Image, Segmentation
from edge_app.labels import CITYSCAPES, PASCAL_VOC
from edge_app.metrics.agreement import compare
from edge_app.model.catalog import resolve_model, sample
from edge_app.model.engine import Engine, load_engine
from edge_app.overlay.class_memory import (
    APPEARS,
    LISTED_S,
    LOWEST_FROM,
    STAYS,
    ClassAgreement,
    ClassesInView,
)
from edge_app.overlay.street import StreetView
from edge_app.sources.factory import open_source
from tests.support.steps import status
from tests.support.text_boxes import note_texts

ROAD, SKY, CAR = 0, 10, 13
_REFRESH_S = 0.2


def shares(**of: float) -> NDArray[np.float64]:
    """Return the share of each class of Cityscapes, by name."""
    return np.array([of.get(name, 0.0) for name in CITYSCAPES.names])


def test_a_class_that_flickers_keeps_its_line() -> None:
    """A class that is in every tenth refresh alone is listed all the time, once it is."""
    legend = ClassesInView(CITYSCAPES.palette_bgr())
    listed = []
    for i in range(200):
        car = 0.1 if i % 10 == 0 else 0.0
        listed.append(set(legend.update(shares(road=0.9, car=car), i * _REFRESH_S)))
    assert {*map(frozenset, listed)} == {frozenset({ROAD, CAR})}


def test_a_class_leaves_some_seconds_after_it_was_in_view() -> None:
    """And not before."""
    legend = ClassesInView(CITYSCAPES.palette_bgr())
    legend.update(shares(road=0.9, car=0.1), 0.0)
    # Far longer than the average remembers, and still listed.
    assert legend.update(shares(road=1.0), LISTED_S - 0.01) == (ROAD, CAR)
    assert legend.update(shares(road=1.0), LISTED_S) == (ROAD,)


def test_a_class_needs_more_to_appear_than_to_stay() -> None:
    """One between the two limits neither appears nor leaves."""
    between = shares(road=0.9, car=(APPEARS + STAYS) / 2)
    legend = ClassesInView(CITYSCAPES.palette_bgr())
    assert legend.update(between, 0.0) == (ROAD,)
    legend.update(shares(road=0.9, car=0.2), 1.0)
    for second in range(2, 60):
        assert set(legend.update(between, float(second))) == {ROAD, CAR}


def test_a_class_in_a_single_frame_is_not_listed() -> None:
    """Shares are averaged over about half a second."""
    legend = ClassesInView(CITYSCAPES.palette_bgr())
    legend.update(shares(road=1.0), 0.0)
    assert legend.update(shares(road=0.99, car=2 * APPEARS), 0.04) == (ROAD,)


def test_background_has_no_line() -> None:
    """Its colour is black, so it is not painted."""
    share = np.array([0.5, 0.001, 0.499])
    assert ClassesInView(PASCAL_VOC.palette_bgr()).update(share, 0.0) == (2,)


def test_the_longest_listed_come_first_for_legends_with_little_space() -> None:
    """At the start the largest; a class that appears later never takes another one's line."""
    legend = ClassesInView(CITYSCAPES.palette_bgr())
    assert legend.update(shares(sky=0.3, road=0.6), 0.0) == (ROAD, SKY)
    assert legend.update(shares(sky=0.1, road=0.1, car=0.8), 5.0) == (ROAD, SKY, CAR)


def test_agreements_are_averaged_over_pixels_and_seconds() -> None:
    """A class of a few pixels in one frame does not outweigh what follows."""
    memory = ClassAgreement()
    memory.update({"car": 0.0}, {"car": 0.0001}, 0.0)
    classes, _ = memory.update({"car": 0.9}, {"car": 0.1}, 0.2)
    assert dict(classes)["car"] == pytest.approx(0.9, abs=0.01)
    # A listed class that neither variant has now keeps its last figure.
    classes, _ = memory.update({}, {"car": 0.0}, 0.4)
    assert dict(classes)["car"] == pytest.approx(0.9, abs=0.01)


def test_the_lowest_classes_change_only_for_a_clear_lead() -> None:
    """Of classes that are about equal, the same ones stay beside the large figure."""
    memory = ClassAgreement()
    area = dict.fromkeys(("road", "sky", "car", "bus", "pole"), 0.1)
    seen = set()
    for i in range(100):
        wave = 0.01 * (-1) ** (i // 10)
        now = {"road": 0.99, "sky": 0.90 + wave, "car": 0.90, "bus": 0.90 - wave, "pole": 0.91}
        seen.add(frozenset(memory.update(now, area, i * _REFRESH_S)[1]))
    assert len(seen) == 1
    now["road"] = 0.1
    for i in range(100, 130):
        lowest = memory.update(now, area, i * _REFRESH_S)[1]
    assert "road" in lowest


def test_classes_of_a_few_pixels_are_not_among_the_lowest() -> None:
    """Their agreement is 0 % as soon as one variant alone sees them."""
    memory = ClassAgreement()
    area = {"road": 0.5, "rider": LOWEST_FROM / 2, "car": 0.1}
    _, lowest = memory.update({"road": 0.99, "rider": 0.0, "car": 0.9}, area, 0.0)
    assert lowest == ("car", "road")


def segmented(engine: Engine, image: Image) -> Segmentation:
    """Return the class map of an image."""
    result = engine.predict(image)
    assert isinstance(result, Segmentation)
    return result


@pytest.mark.parametrize("compared", [False, True], ids=["alone", "compared"])
def test_on_a_real_drive_no_line_jumps_or_flickers(
    monkeypatch: pytest.MonkeyPatch, compared: bool
) -> None:
    """Of the clip that ships: always in label order, and no entry for less than seconds."""
    spec = resolve_model("street")
    engine, other = load_engine(spec, "int8"), load_engine(spec, "dynamic_range")
    controls = Controls(compare="difference" if compared else "off")
    view = StreetView(spec.labels, "auto", 720, hints=True)
    written = note_texts(monkeypatch)
    legends: list[tuple[float, list[str]]] = []
    with open_source(sample(spec)[0]) as source:
        for frame in source:
            if frame.index % 5:  # at 25 frames per second, as often as panels are drawn
                continue
            now_s = 1.001 * (frame.time_s or 0.0)  # never a hair less than 0.2 s later
            first, second = segmented(engine, frame.image), None
            if compared:
                again = segmented(other, frame.image)
                second = compare(first, again, "dynamic_range", spec.labels)
            written.boxes.clear()
            view.draw(frame, first, status(), controls, now_s, second)
            names = [text for text, _, _ in written.boxes if text in spec.labels.names]
            legends.append((now_s, names))
    assert len(legends) == 60
    order = {name: i for i, name in enumerate(spec.labels.names)}
    spans: dict[str, list[float]] = defaultdict(list)  # when each line appeared and left
    for (_, before), (now_s, after) in pairwise([(0.0, []), *legends]):
        assert after == sorted(after, key=order.__getitem__)
        for name in {*before} ^ {*after}:
            spans[name].append(now_s)
    for name, times in spans.items():
        shown_s = [end - start for start, end in zip(times[::2], times[1::2], strict=False)]
        assert all(each >= LISTED_S - _REFRESH_S for each in shown_s), name
        hidden_s = [start - end for end, start in zip(times[1::2], times[2::2], strict=False)]
        assert all(each >= 0.9 for each in hidden_s), name
    # Eight moments 0.4 s apart, after the first seconds: one list.
    assert len({tuple(names) for _, names in legends[20:36:2]}) == 1
    engine.close()
    other.close()
