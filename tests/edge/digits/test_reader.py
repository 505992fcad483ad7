"""Pages are read digit by digit with a network that knows one digit."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.digits.reader import DigitReader, can_read
from edge_app.errors import UsageError
from edge_app.frame import Classification, Image, Readings
from edge_app.metrics.scorer import Scorer
from edge_app.model.card import VARIANTS, InputSpec, read_card
from edge_app.model.engine import Engine, load_engine
from edge_app.paths import assets_dir
from edge_app.sources.factory import open_source
from edge_app.sources.truth import open_truth
from tests.support import digit_pages as pages

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
PHOTO = SHARED / "frames" / "digits_photo_1.jpg"
STREAM = SHARED / "video" / "made_mnist_digits_480x360_15fps.avi"
LABELS = SHARED / "video" / "made_mnist_digits_labels.csv"
SPEC = read_card(assets_dir() / "models" / "mnist")


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Return the shipped digit network."""
    return load_engine(SPEC, "int8", threads=1)


def shared(path: Path) -> Path:
    """Return a file of the development data, or skip."""
    if not path.exists():
        pytest.skip("the development data is not beside the checkout")
    return path


def load_image(path: Path) -> Image:
    """Return the image of a file."""
    return np.asarray(cv2.imread(str(path)), np.uint8)


def read(engine: Engine, image: Image) -> list[int]:
    """Return the digits of a single image, from left to right."""
    result = DigitReader(engine.spec).timed(engine, image)[0]
    assert isinstance(result, Readings)
    return [reading.digit for reading in result.found]


def page_of(digits: tuple[int, ...]) -> np.ndarray:
    """Return a page with digits in a row."""
    page = pages.empty_page((960, 540))
    for i, digit in enumerate(digits):
        pages.write(page, pages.typical(digit), (110 + 105 * i, 270), 80)
    return page


ROW = (3, 1, 4, 2, 9, 6, 8, 0)


@pytest.mark.parametrize("angle_deg", [-6.0, 0.0, 8.0])
def test_a_page_in_uneven_light_is_read(engine: Engine, angle_deg: float) -> None:
    """All digits in their order, slightly rotated and under a shadow."""
    page = pages.shade(pages.turn(page_of(ROW), angle_deg))
    assert read(engine, pages.photograph(page)) == list(ROW)


def made_pages(
    engine: Engine, count: int, ink: float
) -> Iterator[tuple[list[int], NDArray[np.float64]]]:
    """Yield pages of ten legible samples in two rows, and their digits from left to right."""
    samples, classes = pages.sample_digits()
    crops = [np.repeat(one[..., None], 3, axis=2) for one in samples]
    results = [one.result for one in engine.timed_all(crops)]
    legible = np.array([
        isinstance(one, Classification) and one.class_id == truth and one.scores.max() > 0.9
        for one, truth in zip(results, classes, strict=True)
    ])  # fmt: skip
    for seed in range(count):
        rng = np.random.default_rng(seed)
        page, row = pages.empty_page((1280, 720)), [int(digit) for digit in rng.permutation(10)]
        for i, digit in enumerate(row):
            one = rng.choice(np.flatnonzero(legible & (classes == digit)))
            # Each digit begins to the right of the one before it, in the other row.
            pages.write(page, samples[one], (130 + 113 * i, 180 + 360 * (i % 2)), 75, ink)
        yield row, page


def test_digits_in_shadow_and_noise_are_read(engine: Engine) -> None:
    """Of 200 on a page lit from 60 to 220 levels, with a noise of 15, at most ten are lost."""
    right = shown = 0
    for seed, (row, page) in enumerate(made_pages(engine, 20, ink=100.0)):
        dark = pages.ramp(page, (60.0, 220.0))
        found = read(engine, pages.photograph(dark, noise=15.0, seed=seed, soft_px=1.5))
        right += sum(
            block.size for block in SequenceMatcher(None, row, found).get_matching_blocks()
        )
        shown += len(found)
    assert right >= 190
    assert shown <= 200


def test_the_page_in_shadow_is_read(engine: Engine) -> None:
    """All ten, two of them in the dark."""
    image = load_image(shared(SHARED.parent / "cases" / "shadow_page.jpg"))
    assert sorted(read(engine, image)) == list(range(10))


def test_chalk_is_read(engine: Engine) -> None:
    """Light on dark."""
    assert read(engine, 255 - pages.photograph(page_of(ROW))) == list(ROW)


def test_every_stage_is_timed(engine: Engine) -> None:
    """Finding digits counts as prepare; an empty page needs no network."""
    reader = DigitReader(SPEC)
    assert min(reader.timed(engine, pages.photograph(page_of(ROW)))[1:]) > 0
    result, prepare_ms, invoke_ms, _ = reader.timed(engine, pages.photograph(pages.empty_page()))
    assert result == Readings()
    assert prepare_ms > 0
    assert invoke_ms == 0


def test_an_image_about_as_large_as_the_input_is_one_digit(engine: Engine) -> None:
    """Unless reading is on; and with reading off a page is one digit."""
    small = np.repeat(pages.typical(7)[..., None], 3, axis=2)
    large = pages.photograph(page_of(ROW))
    auto, on, off = (DigitReader(SPEC, choice) for choice in ("auto", "on", "off"))
    assert isinstance(auto.timed(engine, small)[0], Classification)
    assert isinstance(auto.timed(engine, np.tile(small, (3, 9, 1)))[0], Classification)
    assert isinstance(auto.timed(engine, large)[0], Readings)
    assert isinstance(on.timed(engine, small)[0], Readings)
    assert isinstance(off.timed(engine, large)[0], Classification)


def test_other_models_do_not_read(engine: Engine) -> None:
    """A colour classifier classifies whole pages; reading with it is a usage error."""
    from dataclasses import replace

    other = replace(SPEC, input=InputSpec((28, 28), "rgb"))
    assert can_read(SPEC)
    assert not can_read(other)
    assert not DigitReader(other).reads(
        replace(engine, spec=other), np.zeros((200, 200, 3), np.uint8)
    )
    with pytest.raises(UsageError, match="--model mnist"):
        DigitReader(other, "on")


def test_digits_of_a_stream_are_tracked_and_those_of_single_images_are_not(engine: Engine) -> None:
    """A frame that drops out keeps its readings; another photograph has its own."""
    page, empty = pages.photograph(page_of(ROW)), pages.photograph(pages.empty_page((960, 540)))
    tracking, single = DigitReader(SPEC, follow=True), DigitReader(SPEC)
    for reader, kept in ((tracking, len(ROW)), (single, 0)):
        reader.timed(engine, page)
        result = reader.timed(engine, empty)[0]
        assert isinstance(result, Readings)
        assert len(result.found) == kept


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_pencil_photograph_is_read_by_every_variant(variant: str) -> None:
    """All eight digits, real pencil on real paper."""
    image = load_image(shared(PHOTO))
    assert read(load_engine(SPEC, variant, threads=1), image) == [0, 5, 2, 2, 1, 8, 5, 9]


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_labelled_stream_is_read_by_every_variant(variant: str) -> None:
    """Twenty digits of ten frames each; one that is nearly another may be missed."""
    reader, engine = DigitReader(SPEC, follow=True), load_engine(SPEC, variant, threads=1)
    truth = open_truth(shared(LABELS), "digits")
    with open_source(str(shared(STREAM)), truth=truth) as source:
        scorer = Scorer(SPEC.labels, "digits")
        for frame in source:
            scorer.add(frame, reader.timed(engine, frame.image)[0])
    quality = scorer.quality()
    assert quality is not None
    assert quality.frames == 200
    assert quality.top1 is not None
    assert quality.top1 >= 0.95
    recall = dict(quality.per_class)
    assert recall.pop("8") is None  # there is none in it
    assert sum(share == 1.0 for share in recall.values()) >= 8


@pytest.mark.parametrize(("name", "digit"), [("digits_leo_digit-1", 9), ("digits_leo_digit-2", 3)])
def test_drawings_on_a_black_ground_are_read(engine: Engine, name: str, digit: int) -> None:
    """One digit, in a window whose title bar and buttons are not digits."""
    image = load_image(shared(SHARED / "frames" / f"{name}.jpg"))
    assert read(engine, image) == [digit]


def test_a_street_has_no_digits(engine: Engine) -> None:
    """A camera that looks out of the window finds nothing."""
    image = load_image(shared(SHARED / "frames" / "mit_driveseg_sample.png"))
    assert read(engine, image) == []
