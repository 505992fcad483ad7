"""Videos give every frame in order with the file's time stamps, also unusual files."""

import re
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from edge_app.errors import SourceError
from edge_app.sources.truth import open_truth
from edge_app.sources.video import VideoFile, list_stamps
from tests.support import media_files as made

# Every file of ../shared/data/video: frames delivered, their size, the rate the source states,
# how many frames it says to expect, and damaged parts skipped; or the error.
EXPECTED: dict[str, tuple[int, tuple[int, int], float, int | None, int] | str] = {
    "camvid_val_drive.mp4": (101, (480, 360), 15, 101, 0),
    "decord_corrupted.mp4": (48, (1280, 720), 10, 50, 2),
    "decord_video_90.mov": (3, (320, 568), 30, 3, 0),
    "imageio_newtonscradle.gif": (36, (200, 150), 50, 36, 0),
    "made_audio_only.mp4": "has no video, only audio",
    "made_mjpeg.avi": (38, (320, 180), 25, 38, 0),
    "made_mnist_digits_480x360_15fps.avi": (200, (480, 360), 15, 200, 0),
    "made_odd_321x181_yuv444.mp4": (38, (321, 181), 25, 38, 0),
    "made_truncated_no_moov_or_partial.mp4": (11, (1280, 720), 25, 38, 1),
    "made_vfr.mp4": (19, (320, 180), 475 / 33, 19, 0),
    "made_zero_bytes.mp4": "is empty",
    "moviepy_no_duration.webm": (74, (1280, 720), 15000 / 1001, None, 0),
    "mp4parse_zero_empty_stsc.mp4": "has no frame that can be decoded",
    "torchcodec_h264_10bits.mp4": (30, (200, 200), 30, 30, 0),
    "torchcodec_h265_video.mp4": (10, (128, 128), 10, 10, 0),
    "udacity_solidWhiteRight.mp4": (221, (960, 540), 25, 221, 0),
    "udacity_vehicle_test_video.mp4": (38, (1280, 720), 25, 38, 0),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_file_has_its_expected_result(
    name: str, shared: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Frames, size, rate, count and damage, or the error, are as in the table."""
    outcome = EXPECTED[name]
    if isinstance(outcome, str):
        with pytest.raises(SourceError, match=outcome) as caught:
            list(VideoFile(shared / "video" / name))
        assert "\n" not in str(caught.value)
    else:
        with VideoFile(shared / "video" / name) as video:
            frames = list(video)
        sizes = {(frame.image.shape[1], frame.image.shape[0]) for frame in frames}
        assert (len(frames), sizes) == (outcome[0], {outcome[1]})
        assert video.rate_hz == pytest.approx(outcome[2])
        assert (video.frame_count, video.damaged) == outcome[3:]
        assert len(video.notes) == video.damaged
    assert capfd.readouterr().err == ""


def test_every_file_has_a_row(shared: Path) -> None:
    """Every file in the folder has a row in the table."""
    files = {path.name for path in (shared / "video").iterdir() if path.suffix != ".csv"}
    assert files == set(EXPECTED)


def test_frames_are_those_opencv_reads(shared: Path) -> None:
    """A rotated phone video looks as OpenCV reads it, within a few levels."""
    path = shared / "video" / "decord_video_90.mov"
    reader = cv2.VideoCapture(str(path))
    for frame in VideoFile(path):
        found, expected = reader.read()
        assert found
        assert np.abs(frame.image.astype(int) - expected).mean() < 3
    reader.release()


FORMATS: dict[str, dict[str, Any]] = {
    "odd 4:4:4": {"size_wh": (65, 49), "pix_fmt": "yuv444p"},
    "10 bits": {"pix_fmt": "yuv420p10le"},
    "HEVC": {"codec": "libx265", "options": {"x265-params": "log-level=none"}},
    "MPEG-4": {"codec": "mpeg4", "options": {"qmin": "1", "qmax": "2"}},
    "no B-frames": {"options": {"bf": "0"}},
    "B-frames": {"options": {"bf": "3"}},
}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_frame_comes_in_order(kind: str, tmp_path: Path) -> None:
    """Twelve numbered frames are 0 to 11, each with its time, in the stated size."""
    options = FORMATS[kind]
    path = made.write_video(tmp_path / "film.mp4", 12, **options)
    frames = list(VideoFile(path))
    assert [made.number_of(frame.image) for frame in frames] == list(range(12))
    assert [frame.time_s for frame in frames] == pytest.approx([n / 25 for n in range(12)])
    width, height = options.get("size_wh", (64, 48))
    assert {frame.image.shape for frame in frames} == {(height, width, 3)}


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [("a.avi", "mjpeg", "yuvj420p"), ("a.gif", "gif", "rgb8"), ("a.mkv", "ffv1", "yuv420p")],
)
def test_other_containers_are_read(name: str, codec: str, pix_fmt: str, tmp_path: Path) -> None:
    """Motion JPEG, GIF and Matroska give every frame too."""
    path = made.write_video(tmp_path / name, 6, codec=codec, pix_fmt=pix_fmt)
    numbers = [frame.image.mean() for frame in VideoFile(path)]
    assert len(numbers) == 6
    assert numbers == sorted(numbers)


def test_variable_rate_keeps_the_files_times(tmp_path: Path) -> None:
    """Times are those of the file, counted from the first frame."""
    times_ms = [0, 40, 80, 400, 440, 1000]
    path = made.write_video(tmp_path / "film.mp4", 6, times_ms=times_ms)
    times = [frame.time_s for frame in VideoFile(path)]
    assert times == pytest.approx([t / 1000 for t in times_ms], abs=0.002)


def test_a_stream_without_stamps_runs_at_its_rate(tmp_path: Path) -> None:
    """A raw H.264 stream has no clock, so its frames have equal intervals."""
    path = made.write_video(tmp_path / "film.h264", 6, container="h264", options={"bf": "0"})
    video = VideoFile(path)
    frames = list(video)
    assert [made.number_of(frame.image) for frame in frames] == list(range(6))
    assert [frame.time_s for frame in frames] == pytest.approx(
        [n / (video.rate_hz or 0) for n in range(6)]
    )
    assert video.frame_count is None


def test_damage_in_the_middle_is_counted_and_skipped(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The frames after a damaged one follow without a gap, with their own times."""
    path = made.write_intra(tmp_path / "film.mp4", 8)
    made.break_packet(path, 3)
    video = VideoFile(path)
    frames = list(video)
    assert [made.number_of(frame.image) for frame in frames] == [0, 1, 2, 4, 5, 6, 7]
    assert [frame.index for frame in frames] == list(range(7))
    assert frames[3].time_s == pytest.approx(4 / 25)
    assert video.damaged == 1
    assert "at 0.12 s" in video.notes[0]
    assert capfd.readouterr().err == ""


def test_damage_does_not_shift_the_truth(tmp_path: Path) -> None:
    """After a skipped frame every other frame still has its own truth."""
    path = made.write_intra(tmp_path / "film.mp4", 8)
    made.break_packet(path, 3)
    truth = open_truth(made.write_maps(tmp_path / "annot", [f"{n}.png" for n in range(8)]))
    frames = list(VideoFile(path, truth=truth))
    assert len(frames) == 7
    for frame in frames:
        assert np.unique(frame.truth).tolist() == [made.number_of(frame.image)]  # type: ignore[arg-type]


def test_damage_without_stamps_refuses_truth(tmp_path: Path) -> None:
    """If no stamp shows which frame was lost, truth is an error; frames still come."""
    path = made.write_video(
        tmp_path / "film.h264", 8, container="h264", options={"g": "1", "bf": "0"}
    )
    data = bytearray(path.read_bytes())
    slices = [found.end() for found in re.finditer(rb"\x00\x00\x01(?=[\x25\x65])", bytes(data))]
    data[slices[3]] = 0x3E  # a unit of a type that decoders pass over, so no slice is left
    path.write_bytes(data)
    assert set(list_stamps(path)) == {None}
    assert 0 < len(list(VideoFile(path))) < 8
    truth = open_truth(made.write_maps(tmp_path / "annot", [f"{n}.png" for n in range(8)]))
    with pytest.raises(SourceError, match="truth"):
        list(VideoFile(path, truth=truth))


def test_truth_must_be_as_long_as_the_video(tmp_path: Path) -> None:
    """Another number of labels is refused before the first frame, with both numbers."""
    path = made.write_video(tmp_path / "film.mp4", 6)
    truth = open_truth(made.write_maps(tmp_path / "annot", [f"{n}.png" for n in range(5)]))
    with pytest.raises(SourceError, match=r"5 frames.* 6;"):
        VideoFile(path, truth=truth)


def test_damaged_drive_keeps_its_positions(shared: Path) -> None:
    """In the corrupted drive each frame gets the truth of its position in the file."""

    class Asked:
        labels = "cityscapes"
        positions: list[int] = []  # noqa: RUF012

        def check(self, frame_count: int | None, names: list[str] | None) -> None:
            assert (frame_count, names) == (50, None)

        def of(self, index: int, name: str) -> int:
            self.positions.append(index)
            return 0

    truth = Asked()
    frames = list(VideoFile(shared / "video" / "decord_corrupted.mp4", truth=truth))
    assert truth.positions == [round((frame.time_s or 0) * 10) for frame in frames]
    assert len(set(range(50)) - set(truth.positions)) == 2


@pytest.mark.parametrize("cut", [0.02, 0.3, 0.6])
def test_a_truncated_video_is_an_error(cut: float, tmp_path: Path) -> None:
    """An MP4 without its end has no index."""
    path = made.write_video(tmp_path / "film.mp4", 8)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * cut)])
    with pytest.raises(SourceError, match=r"film\.mp4 .*; (check|give)"):
        list(VideoFile(path))


def test_an_album_cover_is_no_video(tmp_path: Path) -> None:
    """A sound file with a cover image has no video."""
    import av

    path = tmp_path / "song.mp3"
    cover = cv2.imencode(".png", made.numbered_image(1))[1].tobytes()
    with av.open(str(path), "w") as output:
        sound = output.add_stream("mp3", rate=44100)
        picture: Any = output.add_stream("png", rate=1)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "rgb24"
        picture.disposition = av.stream.Disposition.attached_pic.value
        packet = av.Packet(cover)
        packet.stream, packet.pts, packet.dts = picture, 0, 0
        silence = av.AudioFrame.from_ndarray(
            np.zeros((2, 1152), np.float32), format="fltp", layout="stereo"
        )
        silence.sample_rate = 44100
        output.mux(sound.encode(silence))
        output.mux(packet)
        output.mux(sound.encode())
    with pytest.raises(SourceError, match="no video"):
        VideoFile(path)


def test_a_title_in_another_encoding_is_ignored(tmp_path: Path) -> None:
    """The title of a video is not decoded."""
    path = tmp_path / "named.mp4"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "TITLExx"
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        black = np.zeros((48, 64, 3), np.uint8)
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(black, format="bgr24")))
        container.mux(stream.encode())
    data = path.read_bytes()
    assert data.count(b"TITLExx") == 1
    path.write_bytes(data.replace(b"TITLExx", b"\xe9\xff\xfeLExx"))
    with VideoFile(path) as film:
        assert len(list(film)) == 5


def test_frames_that_ffmpeg_flags_are_counted_and_left_out(tmp_path: Path) -> None:
    """After a lost packet the smeared frames are damaged, and the others keep their times."""
    path = made.write_lossy(tmp_path / "film.ts", 18, lost=7)
    video = VideoFile(path)
    with av.open(str(path)) as container:
        flags = {f.pts or 0: f.is_corrupt for f in container.decode(video=0)}
    frames = list(video)
    flagged = sum(flags.values())
    assert 0 < flagged < 6
    assert (len(frames), video.damaged) == (18 - flagged, flagged)
    times = [round((frame.time_s or 0) * 25) for frame in frames]
    assert set(range(18)) - set(times) == {n for n, pts in enumerate(sorted(flags)) if flags[pts]}
    assert "film.ts: damaged from the frame at" in video.notes[0]


def test_left_out_frames_do_not_shift_the_truth(tmp_path: Path) -> None:
    """Every frame that is scored has the label of its own position."""
    path = made.write_lossy(tmp_path / "film.ts", 18, lost=7)
    labels = made.write_idx(tmp_path / "labels", np.arange(18, dtype=np.uint8) % 10)
    video = VideoFile(path, truth=open_truth(labels))
    frames = list(video)
    assert video.damaged
    assert len(frames) == 18 - video.damaged
    positions = [round((frame.time_s or 0) * 25) for frame in frames]
    assert [frame.truth for frame in frames] == [position % 10 for position in positions]
    assert positions[-1] == 17


def test_the_lossy_case_has_fourteen_damaged_frames(shared: Path) -> None:
    """FFmpeg flags 14 of the 23 frames that are left."""
    video = VideoFile(shared.parent / "cases" / "lost_packets.ts")
    assert (len(list(video)), video.damaged) == (9, 14)
