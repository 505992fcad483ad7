"""Test that synthetic streets are what they say: repeatable, in perspective, and labelled."""

import os
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import UsageError
from edge_app.sources.factory import open_source
from edge_app.sources.truth import open_truth
from host_tools.cli import main
from host_tools.synthetic_streets.clip import Clip, clip_frame, write_clip
from host_tools.synthetic_streets.light import make_light
from host_tools.synthetic_streets.pinhole_camera import clip_near, look
from host_tools.synthetic_streets.plans import street_scene
from host_tools.synthetic_streets.raster import Canvas
from host_tools.synthetic_streets.shapes import Faces, Place
from host_tools.synthetic_streets.street_layout import OWN, Street, Thing, copies, still

SMALL = Clip(seconds=0.48, size_wh=(160, 96), truth_wh=(80, 48))
KNOWN = {*range(19), 255}


def _street() -> Street:
    light = make_light("noon", np.random.default_rng(0), vary=0.0)
    return Street(light, 120.0, 12.0, 6.0, 4.0, 0)


def test_a_seed_gives_the_same_scene_and_another_another() -> None:
    """Nothing but the seed decides."""
    one, other = street_scene(5, (160, 80)), street_scene(5, (160, 80))
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])
    assert not np.array_equal(street_scene(6, (160, 80))[0], one[0])


@pytest.mark.parametrize("seed", range(4))
def test_scenes_hold_known_classes_and_a_road_below_a_sky(seed: int) -> None:
    """Every pixel has a class; the road lies at the bottom and never above the horizon's sky."""
    image, labels = street_scene(seed, (256, 128))
    assert image.shape == (128, 256, 3)
    assert labels.shape == (128, 256)
    assert set(np.unique(labels)) <= KNOWN
    assert {0, 2} & set(np.unique(labels))
    rows = np.arange(128)[:, None] * np.ones((1, 256))
    assert rows[labels == 0].mean() > 64
    assert not (labels[:20] == 0).any()


def test_things_twice_as_far_are_half_as_high() -> None:
    """The pinhole model: size falls with the distance."""
    camera = look((400, 400), (0, 1.0, 0))
    heights = []
    for z in (10.0, 20.0):
        ends = camera.to_pixels(camera.to_camera(np.array([(0, 0, z), (0, 1.5, z)])))
        heights.append(ends[0, 1] - ends[1, 1])
    assert heights[0] == pytest.approx(2 * heights[1])


def test_what_is_behind_the_camera_is_cut_off() -> None:
    """A polygon through the camera keeps the part before it, one behind it nothing."""
    through = np.array([(0, 0, -5.0), (1, 0, -5.0), (1, 0, 5.0), (0, 0, 5.0)])
    assert clip_near(through)[:, 2].min() == pytest.approx(0.4)
    assert len(clip_near(through - (0, 0, 20))) == 0


def test_colour_and_label_are_painted_together() -> None:
    """Where a polygon's colour is, its label is, and nowhere else."""
    canvas = Canvas(look((80, 80), (0, 0, 0)))
    canvas.pixels[..., 3] = 10
    faces = Faces(13, (0, 0, 12))
    faces.across((-2, 2), (-1, 1), 10.0, (1.0, 2.0, 250.0))
    mesh = faces.mesh()
    canvas.world_polygon(mesh.points, (1.0, 2.0, 250.0), 13)
    image, labels, depth = canvas.reduced()
    painted = image[..., 2] == 250
    assert painted.any()
    assert (labels[painted] == 13).all()
    assert (labels[image[..., 2] == 0] == 10).all()
    assert depth[painted] == pytest.approx(10.0)


@pytest.mark.parametrize("speed", [0.0, -8.0, 4.4, 10.0])
def test_copies_are_where_they_were_once_the_camera_is_round(speed: float) -> None:
    """At any speed of the things, the camera sees the same image one period later."""
    street = _street()
    thing = Thing(still(()), Place(1.0, 33.0), OWN, (1, 1, 1), speed=speed)

    def seen(time_s: float) -> list[float]:
        places = (place.z - street.speed * time_s for place, _ in copies(street, thing, time_s))
        return sorted(round(z, 6) for z in places)

    assert seen(3.7)
    assert seen(3.7) == seen(3.7 + street.time_s)


def test_the_clip_ends_where_it_begins() -> None:
    """The frame after the last one is the first one, and its truth too."""
    make = clip_frame(SMALL)
    first, after = make(0), make(SMALL.frames)
    assert (first[1] == after[1]).mean() > 0.999  # rounding may move a point by a pixel
    assert np.abs(first[0].astype(int) - after[0]).mean() < 0.1
    assert not np.array_equal(first[1], make(SMALL.frames // 2)[1])


def test_the_clip_is_read_back_with_its_truth(tmp_path: Path) -> None:
    """Film and truth have as many frames, and edge_app pairs them; the same seed, same truth."""
    video, truth = write_clip(SMALL, tmp_path / "one")
    assert write_clip(SMALL, tmp_path / "two")[1].read_bytes() == truth.read_bytes()
    with open_source(str(video), truth=open_truth(truth)) as source:
        frames = list(source)
        assert source.truth_labels == "cityscapes"
    assert len(frames) == SMALL.frames
    make = clip_frame(SMALL)
    for frame in islice(frames, 3):
        image, labels = make(frame.index)
        assert isinstance(frame.truth, np.ndarray)
        assert frame.truth.shape == SMALL.truth_wh[::-1]
        assert (frame.truth == labels[1::2, 1::2]).mean() > 0.95
        assert np.abs(frame.image.astype(int) - image).mean() < 12


def test_scenes_are_laid_out_as_cityscapes_is(tmp_path: Path) -> None:
    """`scenes frames` writes pairs that the readers of Cityscapes find, and leaves old ones."""
    order = ["scenes", "frames", "--count", "2", "--size", "96x48", "--out", str(tmp_path)]
    assert main(order) == 0
    [path, _] = sorted(tmp_path.rglob("*_leftImg8bit.png"))
    before = path.stat().st_mtime_ns
    os.utime(path, ns=(before - 10**9, before - 10**9))
    assert main(order) == 0
    assert path.stat().st_mtime_ns == before - 10**9
    truth = open_truth(tmp_path / "gtFine")
    with open_source(str(tmp_path / "leftImg8bit"), truth=truth) as source:
        assert sum(isinstance(frame.truth, np.ndarray) for frame in source) == 2


def test_an_unknown_weather_is_refused() -> None:
    """The message names those there are."""
    with pytest.raises(UsageError, match="noon, overcast, dusk, rain"):
        make_light("hail", np.random.default_rng(0))
