"""Video frames look as players show them: square pixels, upright, not mirrored."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edge_app.sources.displayed import displayed_size, orientation_of
from edge_app.sources.video import VideoFile
from tests.support import media_files as made

# The eight orientations: a display matrix (a, b, c, d), and the corners to which it brings the
# white left top one and the gray right top one, as (row, column).
LEFT_TOP, RIGHT_TOP, LEFT_BOTTOM, RIGHT_BOTTOM = (0, 0), (0, -1), (-1, 0), (-1, -1)
ORIENTATIONS = {
    "upright": ((1, 0, 0, 1), LEFT_TOP, RIGHT_TOP),
    "mirrored": ((-1, 0, 0, 1), RIGHT_TOP, LEFT_TOP),
    "upside down": ((-1, 0, 0, -1), RIGHT_BOTTOM, LEFT_BOTTOM),
    "mirrored, upside down": ((1, 0, 0, -1), LEFT_BOTTOM, RIGHT_BOTTOM),
    "transposed": ((0, 1, 1, 0), LEFT_TOP, LEFT_BOTTOM),
    "clockwise": ((0, 1, -1, 0), RIGHT_TOP, RIGHT_BOTTOM),
    "transposed, upside down": ((0, -1, -1, 0), RIGHT_BOTTOM, RIGHT_TOP),
    "counter-clockwise": ((0, -1, 1, 0), LEFT_BOTTOM, LEFT_TOP),
}


@pytest.mark.parametrize("kind", ORIENTATIONS)
def test_every_orientation_is_applied(kind: str, tmp_path: Path) -> None:
    """Rotated and mirrored frames are shown as the display matrix says."""
    matrix, white, gray = ORIENTATIONS[kind]
    image = np.zeros((48, 96, 3), np.uint8)
    image[:24, :24], image[:24, -24:] = 250, 120
    path = made.write_video(tmp_path / "film.mp4", images=[image] * 2, size_wh=(96, 48))
    made.turn(path, *matrix)
    frames = list(VideoFile(path))
    assert len(frames) == 2
    for frame in frames:
        assert frame.image.shape == ((96, 48, 3) if matrix[1] else (48, 96, 3))
        assert frame.image.flags.c_contiguous
        levels = {
            corner: int(frame.image[corner].mean())
            for corner in (LEFT_TOP, RIGHT_TOP, LEFT_BOTTOM, RIGHT_BOTTOM)
        }
        assert levels.pop(white) > 230
        assert 100 < levels.pop(gray) < 140
        assert max(levels.values()) < 20


def test_a_matrix_with_scale_is_an_orientation() -> None:
    """A scale beside the rotation changes nothing; an angle in between is none of the eight."""
    half, turned = 1 << 15, round(0.7071 * (1 << 16))

    def matrix(a: int, b: int, c: int, d: int) -> bytes:
        return struct.pack("=9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)

    assert orientation_of(matrix(0, half, -half, 0)) == (True, True, False)
    assert orientation_of(matrix(half, 0, 0, -2 * half)) == (False, False, True)
    assert orientation_of(matrix(turned, turned, -turned, turned)) is None
    assert orientation_of(bytes(36)) is not None  # an empty matrix is no rotation


def test_an_angle_in_between_is_noted(tmp_path: Path) -> None:
    """A film turned by 45 degrees is shown as it is stored, and the log says so."""
    path = made.write_video(tmp_path / "film.mp4", 2)
    data = path.read_bytes()
    at = data.index(made.IDENTITY, data.index(b"tkhd"))
    tilted = struct.pack(">9i", 46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30)
    path.write_bytes(data[:at] + tilted + data[at + len(tilted) :])
    video = VideoFile(path)
    assert [made.number_of(frame.image) for frame in video] == [0, 1]
    assert video.notes == [
        "film.mp4: states a rotation that is no quarter turn; shown as it is stored"
    ]


@pytest.mark.parametrize(
    ("size_wh", "pixels", "shown_wh"),
    [
        ((1440, 1080), Fraction(4, 3), (1920, 1080)),  # HDV
        ((720, 576), Fraction(16, 15), (768, 576)),  # PAL
        ((720, 576), Fraction(64, 45), (1024, 576)),  # PAL, wide
        ((720, 480), Fraction(8, 9), (720, 540)),  # NTSC: the height grows
        ((960, 1080), Fraction(2, 1), (1920, 1080)),  # half the columns, cheap recorders
        ((321, 181), Fraction(2896, 2889), (321, 181)),  # rounding
        ((640, 360), None, (640, 360)),
        ((640, 360), Fraction(0), (640, 360)),
    ],
)
def test_pixels_become_square(
    size_wh: tuple[int, int], pixels: Fraction | None, shown_wh: tuple[int, int]
) -> None:
    """The side that is too short grows; none shrinks."""
    assert displayed_size(size_wh, pixels) == shown_wh


@pytest.mark.parametrize(("name", "codec"), [("film.mp4", "libx264"), ("film.3gp", "mpeg4")])
def test_wide_pixels_are_shown_wide(name: str, codec: str, tmp_path: Path) -> None:
    """A circle that was squeezed to 3:4 is round again, and no edge is lost."""
    circle = np.full((96, 128, 3), 40, np.uint8)
    cv2.circle(circle, (64, 48), 40, (220, 220, 220), -1)
    squeezed = np.asarray(cv2.resize(circle, (96, 96), interpolation=cv2.INTER_AREA), np.uint8)
    path = made.write_video(
        tmp_path / name,
        images=[squeezed] * 3,
        size_wh=(96, 96),
        codec=codec,
        pixels=Fraction(4, 3),
    )
    for frame in VideoFile(path):
        assert frame.image.shape == (96, 128, 3)
        white = frame.image[..., 1] > 130
        assert abs(int(white.any(0).sum()) - int(white.any(1).sum())) <= 2
        assert np.abs(frame.image.astype(int) - circle).mean() < 8


def test_a_turned_film_of_wide_pixels_is_widened_first(tmp_path: Path) -> None:
    """Pixel aspect belongs to the stored image, the rotation follows."""
    path = made.write_video(tmp_path / "film.mp4", 2, size_wh=(96, 96), pixels=Fraction(4, 3))
    made.turn(path, 0, 1, -1, 0)
    assert {frame.image.shape for frame in VideoFile(path)} == {(128, 96, 3)}


def test_impossible_pixels_are_square(tmp_path: Path) -> None:
    """A header with pixels of 12:1 makes no image of twelve times the width."""
    path = made.write_video(tmp_path / "film.mp4", 2, pixels=Fraction(12, 1))
    video = VideoFile(path)
    assert {frame.image.shape for frame in video} == {(48, 64, 3)}
    assert "pixels of 12:1, which is not plausible" in video.notes[0]


def test_the_cases_are_shown_right(shared: Path) -> None:
    """The anamorphic and the mirrored film look as in a player."""
    cases = shared.parent / "cases"
    wide = next(iter(VideoFile(cases / "anamorphic_1440x1080_sar4_3.mp4")))
    assert wide.image.shape == (1080, 1920, 3)
    with av.open(str(cases / "mirrored_320.mp4")) as container:
        stored = next(container.decode(video=0)).to_ndarray(format="bgr24")
    mirrored = next(iter(VideoFile(cases / "mirrored_320.mp4")))
    assert np.abs(mirrored.image.astype(int) - stored[:, ::-1]).mean() < 4
