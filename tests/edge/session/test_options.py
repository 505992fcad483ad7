"""A command line becomes the options of a run, and one that contradicts itself is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.cli import PROGRAM
from edge_app.commands.run import run_options
from edge_app.errors import UsageError
from edge_app.session.options import RunOptions


def parse(*arguments: str) -> RunOptions:
    """Return the options of `edge-app run` with some arguments."""
    return run_options(PROGRAM.parse(["run", *arguments]))


def test_a_model_alone_runs_its_sample() -> None:
    """Int8 on the shipped images and their truth, with keys and without a recording."""
    options = parse("--model", "mnist")
    assert options.task.spec.name == "mnist"
    assert options.variant == "int8"
    assert options.task.source.endswith("digits-images-idx3-ubyte.gz")
    assert options.task.truth is not None
    assert options.task.truth.endswith("digits-labels-idx1-ubyte.gz")
    assert options.outputs.record is None
    assert options.outputs.keys
    assert options.keep_loaded is None


def test_a_given_source_has_its_own_truth_only() -> None:
    """The sample's truth would not fit it."""
    assert parse("drive.mp4", "--model", "street").task.truth is None
    given = ("--truth", "maps", "--truth-labels", "camvid")
    task = parse("frames", "--model", "street", *given).task
    assert (task.truth, task.truth_labels) == ("maps", "camvid")


def test_every_option_arrives() -> None:
    """Each value is the one on the command line."""
    options = parse(
        *("picamera", "--model", "street", "--variant", "float16", "--threads", "2"),
        *("--headless", "--loop", "--as-fast-as-possible", "--max-frames", "9"),
        *("--record", "out.mp4", "--record-max-mb", "50", "--segment-s", "60"),
        *(
            "--save",
            "last.PNG",
            "--metrics",
            "runs/one",
            "--alpha",
            "0.3",
            "--edges",
            "clean",
            "--keep-loaded",
            "3",
        ),
        *("--camera-size", "640x480", "--fps", "15", "--exposure", "8", "--awb", "cloudy"),
        *("--hflip", "--vflip", "--rotation", "180", "--read-digits", "off"),
        *("--serve", "8080", "--serve-token", "secret"),
    )
    assert (options.variant, options.threads, options.keep_loaded) == ("float16", 2, 3)
    assert options.loop
    assert options.as_fast_as_possible
    assert (options.max_frames, options.read_digits) == (9, "off")
    outputs = options.outputs
    assert outputs.headless
    assert (outputs.record, outputs.record_max_mb, outputs.segment_s) == (Path("out.mp4"), 50, 60)
    assert (outputs.metrics, outputs.save) == (Path("runs/one"), Path("last.PNG"))
    assert (outputs.alpha, outputs.edges) == (0.3, "clean")
    assert (outputs.serve, outputs.serve_token) == (("127.0.0.1", 8080), "secret")
    camera = options.camera
    assert camera is not None
    assert (camera.size_wh, camera.fps, camera.exposure_ms) == ((640, 480), 15, 8)
    assert (camera.awb, camera.hflip, camera.vflip, camera.rotation) == ("cloudy", True, True, 180)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["synthetic", "--truth-labels", "camvid"], "--truth-labels needs --truth"),
        (["--record-max-mb", "5"], "need --record"),
        (["--segment-s", "5"], "need --record"),
        (["--record", "out.avi"], "--record out.avi has to end in .mp4, .* name it out.mp4"),
        (["--save", ".png"], "--save .png is no .png file; give a name like overlay.png"),
        (["--save", "still.jpg"], "--save still.jpg is no .png file; give a name like still.png"),
        (["--serve-token", "secret"], "--serve-token needs --serve"),
        (["--metrics-max-mb", "5"], "--metrics-max-mb needs --metrics"),
        (["--kiosk", "--headless"], "give one"),
    ],
)
def test_options_that_need_others_are_refused_alone(arguments: list[str], text: str) -> None:
    """The message names the option that is missing."""
    with pytest.raises(UsageError, match=text):
        parse("--model", "mnist", *arguments)


def test_the_source_is_not_recorded_over(tmp_path: Path) -> None:
    """By whatever name it is given."""
    source = tmp_path / "drive.mp4"
    source.touch()
    with pytest.raises(UsageError, match="would overwrite the source"):
        parse(str(source), "--model", "street", "--record", f"{tmp_path}/./drive.mp4")
    still = tmp_path / "still.png"
    still.touch()
    with pytest.raises(UsageError, match="would overwrite the source"):
        parse(str(still), "--model", "street", "--save", str(still))
