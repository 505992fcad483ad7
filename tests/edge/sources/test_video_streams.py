"""The right stream of a file is read at the rate that the file states."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from edge_app.errors import SourceError, UsageError
from edge_app.sources.factory import open_source
from edge_app.sources.video import VideoFile
from tests.support import media_files as made

SMALL, LARGE = (64, 48), (160, 120)


@pytest.mark.parametrize("sizes", [(SMALL, LARGE), (LARGE, SMALL)])
def test_the_largest_of_two_streams_is_read_and_said(sizes: Any, tmp_path: Path) -> None:
    """Action cameras put a small copy first or second; a note names both and the option."""
    path = made.write_two_streams(tmp_path / "film.mp4", sizes)
    video = VideoFile(path)
    largest = sizes.index(LARGE)
    assert [made.number_of(frame.image) for frame in video] == [largest] * 3
    assert video.notes == [
        f"film.mp4: 2 video streams: {largest} is read, the largest one; --video-stream "
        f"0 ({sizes[0][0]}x{sizes[0][1]}) or 1 ({sizes[1][0]}x{sizes[1][1]})"
    ]


def test_another_stream_can_be_chosen(tmp_path: Path) -> None:
    """The option takes the stream with that number; one that is not there is refused."""
    path = str(made.write_two_streams(tmp_path / "film.mp4", (SMALL, LARGE)))
    with open_source(path, video_stream=0) as source:
        assert {frame.image.shape for frame in source} == {(48, 64, 3)}
        assert "0 is read, as chosen" in source.notes[0]
    with pytest.raises(SourceError, match=r"no video stream 2; .* 0 \(64x48\) or 1 \(160x120\)$"):
        open_source(path, video_stream=2)


# Container, codec and more options of streams of 15 Hz; raw ones have no container, and FFmpeg
# takes 25 Hz for them.
RATES: dict[str, tuple[str, str, int]] = {
    "raw H.264": ("h264", "libx264", 12),
    "raw MPEG-2": ("mpeg2video", "mpeg2video", 12),
    "raw MPEG-4": ("m4v", "mpeg4", 12),
    "MPEG-PS": ("mpeg", "mpeg2video", 12),
    "short MPEG-PS": ("mpeg", "mpeg2video", 2),
    "MPEG-PS of H.264": ("mpeg", "libx264", 12),
    "MPEG-TS": ("mpegts", "mpeg4", 12),
    "Flash": ("flv", "libx264", 12),
}


@pytest.mark.parametrize("kind", RATES)
def test_the_stated_rate_is_the_files(kind: str, tmp_path: Path) -> None:
    """A film of 15 Hz has 15 Hz, and its frames come at that interval."""
    container, codec, count = RATES[kind]
    options = {"strict": "-2", "bf": "0", "qmin": "1", "qmax": "2"}
    path = made.write_video(
        tmp_path / "film", count, codec=codec, container=container, rate=15, options=options
    )
    video = VideoFile(path)
    frames = list(video)
    assert video.rate_hz == pytest.approx(15)
    assert [made.number_of(frame.image) for frame in frames] == list(range(count))
    steps = np.diff([frame.time_s or 0 for frame in frames])
    assert steps == pytest.approx([1 / 15] * (count - 1), abs=0.002)
    assert video.notes == []


def test_motion_jpeg_without_a_container_states_no_rate(tmp_path: Path) -> None:
    """The rate is unknown, and the log says at which one its frames come."""
    path = made.write_video(tmp_path / "film.mjpeg", 3, codec="mjpeg", pix_fmt="yuvj420p", rate=10)
    video = VideoFile(path)
    assert video.rate_hz is None
    assert [frame.time_s for frame in video] == pytest.approx([0, 0.04, 0.08])
    assert video.notes == ["film.mjpeg: states no rate; its frames come at 25 Hz"]


@pytest.mark.parametrize("source", ["photo", "folder", "digits", "synthetic", "0", "rtsp://a/b"])
@pytest.mark.parametrize("number", [0, 1])
def test_a_stream_cannot_be_chosen_of_anything_else(
    source: str, number: int, tmp_path: Path
) -> None:
    """It is refused before a camera is opened, as a usage error."""
    folder = tmp_path / "images"
    folder.mkdir()
    PillowImage.new("RGB", (8, 8)).save(folder / "a.png")
    digits = made.write_idx(tmp_path / "digits", np.zeros((1, 28, 28), np.uint8))
    text = {"photo": str(folder / "a.png"), "folder": str(folder), "digits": str(digits)}
    with pytest.raises(UsageError, match="--video-stream needs a video file; leave it out"):
        open_source(text.get(source, source), video_stream=number)
