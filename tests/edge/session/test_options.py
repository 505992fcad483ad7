"""A command line becomes one order, and one that contradicts itself is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.cli import PROGRAM
from edge_app.commands.run import run_options
from edge_app.errors import UsageError
from edge_app.session.options import RunOptions, check


def order(*arguments: str) -> RunOptions:
    """Return what `edge-app run` is asked for by some arguments."""
    return run_options(PROGRAM.parse(["run", *arguments]))


def test_nothing_but_a_model_runs_its_sample() -> None:
    """int8 on the pictures that ship with their truth, keys on, nothing recorded."""
    told = order("--model", "mnist")
    assert told.spec.name == "mnist"
    assert told.variant == "int8"
    assert told.source.endswith("digits-images-idx3-ubyte.gz")
    assert told.truth is not None
    assert told.truth.endswith("digits-labels-idx1-ubyte.gz")
    assert told.record is None
    assert told.keys
    assert told.keep_loaded is None
    check(told)


def test_a_source_of_ones_own_has_no_truth_but_its_own() -> None:
    """The sample's truth would not fit it."""
    assert order("drive.mp4", "--model", "street").truth is None
    told = order("frames", "--model", "street", "--truth", "maps", "--truth-labels", "camvid")
    assert (told.truth, told.truth_labels) == ("maps", "camvid")


def test_every_option_arrives() -> None:
    """What is typed is what is asked."""
    told = order(
        *("picamera", "--model", "street", "--variant", "float16", "--threads", "2"),
        *("--headless", "--loop", "--as-fast-as-possible", "--max-frames", "9"),
        *("--record", "out.mp4", "--record-max-mb", "50", "--segment-s", "60"),
        *("--metrics", "runs/one", "--alpha", "0.3", "--edges", "clean", "--keep-loaded", "3"),
        *("--camera-size", "640x480", "--fps", "15", "--exposure", "8", "--awb", "cloudy"),
        *("--hflip", "--vflip", "--rotation", "180", "--read-digits", "off"),
        *("--serve", "8080", "--serve-token", "secret"),
    )
    assert (told.variant, told.threads, told.keep_loaded) == ("float16", 2, 3)
    assert (told.headless, told.loop, told.as_fast_as_possible) == (True, True, True)
    assert told.max_frames == 9
    assert (told.record, told.record_max_mb, told.segment_s) == (Path("out.mp4"), 50, 60)
    assert told.metrics == Path("runs/one")
    assert (told.alpha, told.edges, told.read_digits) == (0.3, "clean", "off")
    assert (told.serve, told.serve_token) == (("127.0.0.1", 8080), "secret")
    camera = told.camera
    assert camera is not None
    assert (camera.size_wh, camera.fps, camera.exposure_ms) == ((640, 480), 15, 8)
    assert (camera.awb, camera.hflip, camera.vflip, camera.rotation) == ("cloudy", True, True, 180)
    check(told)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"truth": None, "truth_labels": "camvid"}, "--truth-labels needs --truth"),
        ({"record_max_mb": 5}, "need --record"),
        ({"segment_s": 5.0}, "need --record"),
        ({"serve_token": "secret"}, "--serve-token needs --serve"),
        ({"metrics_max_mb": 5}, "--metrics-max-mb needs --metrics"),
        ({"kiosk": True, "headless": True}, "give one"),
    ],
)
def test_options_that_hang_in_the_air_are_refused(changes: dict[str, object], words: str) -> None:
    """The words name the option that is missing."""
    told = replace(order("--model", "mnist"), **changes)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words):
        check(told)


def test_the_source_is_not_recorded_over(tmp_path: Path) -> None:
    """By whatever name it is given."""
    source = tmp_path / "drive.mp4"
    source.touch()
    told = order(str(source), "--model", "street", "--record", f"{tmp_path}/./drive.mp4")
    with pytest.raises(UsageError, match="would overwrite the source"):
        check(told)
