"""A session closes its sinks and writes its summary, whatever fails."""

import io
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from rich.console import Console

from edge_app.errors import EdgeError, SinkError
from edge_app.frame import Frame
from edge_app.model.card import read_card
from edge_app.pipeline.pacing import PacedSource
from edge_app.results.run_summary import RunSummary
from edge_app.session import run_session as module
from edge_app.session.options import OutputOptions, RunOptions
from edge_app.session.tasks import TaskSpec
from edge_app.sinks.metrics_log import MetricsLog
from tests.support import media_files as made
from tests.support.digit_pages import empty_page, photograph, sample_digits, typical, write
from tests.support.media_files import write_video


@pytest.fixture(autouse=True)
def same_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave this process as it is."""
    monkeypatch.setattr(module, "prepare_process", lambda *_, **__: {})


def run(
    assets: Path, source: Path | str, model: str = "mnist", *, terminal: bool = False, **more: Any
) -> tuple[list[str], RunSummary]:
    """Run on a source to its end; return what was printed, and the summary."""
    outputs = OutputOptions(headless=True, keys=False, save=more.pop("save", None))
    task = TaskSpec(read_card(assets / "models" / model), str(source))
    out = io.StringIO()
    console = Console(file=out, width=200, force_terminal=terminal, color_system=None)
    summary, code = module.run_session(
        RunOptions(task, "int8", outputs, threads=1, **more), console
    )
    assert code == 0
    return out.getvalue().splitlines(), summary


def test_every_image_of_a_folder_has_its_answer(assets: Path, tmp_path: Path) -> None:
    """A line each, with the file's name; and the digits of a page, row by row."""
    folder = tmp_path / "digits"
    folder.mkdir()
    digits, classes = sample_digits()
    for number in range(4):
        cv2.imwrite(str(folder / f"{number}.png"), digits[number])
    paper = empty_page()
    for digit, xy in (
        (3, (100, 120)),
        (1, (300, 130)),
        (4, (500, 110)),
        (1, (120, 340)),
        (5, (350, 350)),
    ):
        write(paper, typical(digit), xy)
    cv2.imwrite(str(folder / "page.png"), photograph(paper))
    printed, _ = run(assets, folder)
    answers = [line for line in printed if ".png: " in line]
    for number, answer in enumerate(answers[:4]):
        assert answer.startswith(f"{number}.png: {classes[number]} ")
    assert answers[4].startswith("page.png: 3 1 4 / 1 5 (5 digits, ")


def test_the_answer_to_a_single_image_is_left_to_the_end(assets: Path, tmp_path: Path) -> None:
    """The summary that follows a run would push it off a small screen."""
    image = tmp_path / "gray.png"
    cv2.imwrite(str(image), np.full((720, 1280, 3), 128, np.uint8))
    printed, summary = run(assets, image, "street")
    assert not any("gray.png: " in line for line in printed)
    assert summary.answer is not None
    assert summary.answer.startswith("gray.png: ")


def test_what_is_replaced_is_said_in_one_line(assets: Path, tmp_path: Path) -> None:
    """The first run replaces nothing."""
    image, kept = tmp_path / "gray.png", tmp_path / "kept.png"
    cv2.imwrite(str(image), np.full((72, 128, 3), 128, np.uint8))
    first, _ = run(assets, image, "street", save=kept)
    assert not any(line.startswith("replaced") for line in first)
    second, _ = run(assets, image, "street", save=kept)
    assert f"replaced: {kept}" in second


def test_a_still_is_kept_with_its_overlay(assets: Path, tmp_path: Path) -> None:
    """The PNG has the frame's size and colours that the frame lacks; the answer is printed."""
    image, kept = tmp_path / "gray.png", tmp_path / "new" / "kept.png"
    cv2.imwrite(str(image), np.full((720, 1280, 3), 128, np.uint8))
    printed, summary = run(assets, image, "street", save=kept)
    assert summary.frames == 1
    saved = cv2.imread(str(kept))
    assert saved is not None
    assert saved.shape == (720, 1280, 3)
    assert np.ptp(saved.astype(int), axis=2).max() > 40
    assert summary.answer is not None
    assert summary.answer.endswith(" %")
    assert any(line.endswith(f": {kept}") for line in printed)


def test_of_a_clip_the_last_frame_is_kept(assets: Path, tmp_path: Path) -> None:
    """Its answer is not printed, as those of the other frames are not."""
    kept = tmp_path / "kept.png"
    printed, _ = run(assets, "synthetic:96x64", "street", save=kept, max_frames=3)
    assert kept.is_file()
    assert not any("road" in line for line in printed)


def test_digits_are_paced_for_a_person_only(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal ten a second, which is said; in a pipe at full speed."""
    waits: list[float | None] = []
    paced = PacedSource.frames

    def note(self: PacedSource) -> Iterator[Frame]:
        waits.append(self.pace_hz if self.waits else None)
        return paced(self)

    monkeypatch.setattr(PacedSource, "frames", note)
    source = assets / "samples" / "digits-images-idx3-ubyte.gz"
    printed, _ = run(assets, source, terminal=True, max_frames=3)
    assert any("10 a second" in line and "--as-fast-as-possible" in line for line in printed)
    printed, _ = run(assets, source, max_frames=3)
    assert not any("a second, to be followed" in line for line in printed)
    assert waits == [10.0, None]


def test_digits_that_are_taken_for_a_street_are_noticed(assets: Path) -> None:
    """Once, with the model that reads them; that model says nothing."""
    source = assets / "samples" / "digits-images-idx3-ubyte.gz"
    printed, _ = run(assets, source, "street", max_frames=2)
    assert printed.count("these are digits: --model mnist reads them") == 1
    printed, _ = run(assets, source, "mnist", max_frames=2)
    assert not any("these are digits" in line for line in printed)


def test_the_end_of_a_clip_is_explained_to_who_watched_it(assets: Path, tmp_path: Path) -> None:
    """And not to a pipe."""
    clip = write_video(tmp_path / "clip.mp4")
    for terminal in (True, False):
        printed, _ = run(assets, clip, "street", terminal=terminal)
        assert any("clip.mp4 has ended; --loop" in line for line in printed) == terminal


def test_a_fault_comes_after_true_counts(assets: Path, tmp_path: Path) -> None:
    """Images of two sizes cannot be recorded: last line, log and summary count both of them."""
    folder, metrics = tmp_path / "sizes", tmp_path / "m"
    folder.mkdir()
    for name, shape in (("a.png", (36, 64, 3)), ("b.png", (64, 36, 3))):
        cv2.imwrite(str(folder / name), np.full(shape, 128, np.uint8))
    outputs = OutputOptions(headless=True, keys=False, record=tmp_path / "out.mp4", metrics=metrics)
    task = TaskSpec(read_card(assets / "models" / "street"), str(folder))
    out = io.StringIO()
    console = Console(file=out, width=200, color_system=None)
    with pytest.raises(SinkError, match="does not fit the recording"):
        module.run_session(RunOptions(task, "int8", outputs, threads=1), console)
    assert "int8: 2 frames" in out.getvalue().splitlines()
    assert "0 frames" not in out.getvalue()
    summary = json.loads((metrics / "summary.json").read_text("utf-8"))
    assert (summary["status"], summary["frames"]) == ("failed", 2)
    assert summary["recording"]["frames"] == 1
    assert len((metrics / "frames.jsonl").read_text("utf-8").splitlines()) == 2


def test_a_fault_before_the_first_frame_is_all_that_is_said(assets: Path, tmp_path: Path) -> None:
    """No line about frames, a recording or an image that never were."""
    kept, recorded = tmp_path / "kept.png", tmp_path / "out.mp4"
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    outputs = OutputOptions(headless=True, keys=False, save=kept, record=recorded)
    task = TaskSpec(read_card(assets / "models" / "street"), str(broken))
    out = io.StringIO()
    console = Console(file=out, width=200, color_system=None)
    with pytest.raises(EdgeError):
        module.run_session(RunOptions(task, "int8", outputs, threads=1), console)
    assert "frame" not in out.getvalue()
    assert not kept.exists()
    assert not recorded.exists()


def test_a_sink_that_breaks_at_its_end_leaves_the_summary(
    assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is raised after the summary is written, which names it."""
    release = MetricsLog._release

    def fail(log: MetricsLog) -> None:
        release(log)
        raise RuntimeError("the sink broke")

    monkeypatch.setattr(MetricsLog, "_release", fail)
    options = RunOptions(
        TaskSpec(read_card(assets / "models" / "street"), "synthetic:96x64"),
        "int8",
        OutputOptions(headless=True, keys=False, metrics=tmp_path),
        threads=1,
        max_frames=2,
        as_fast_as_possible=True,
    )
    with pytest.raises(RuntimeError, match="the sink broke"):
        module.run_session(options, Console(file=io.StringIO()))
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert (summary["status"], summary["reason"]) == ("failed", "the sink broke")


def test_a_recording_has_the_shape_that_players_show(assets: Path, tmp_path: Path) -> None:
    """A film of 4:3 pixels is recorded wide, and damage is in the summary and in the notes."""
    film = made.write_lossy(
        tmp_path / "film.ts", 12, lost=2, size_wh=(720, 720), pixels=Fraction(4, 3)
    )
    options = RunOptions(
        TaskSpec(read_card(assets / "models" / "street"), str(film)),
        "int8",
        OutputOptions(headless=True, keys=False, record=tmp_path / "out.mp4"),
        threads=1,
        as_fast_as_possible=True,
    )
    printed = io.StringIO()
    summary, code = module.run_session(options, Console(file=printed, width=200))
    assert code == 0
    assert summary.damaged > 0
    assert summary.frames == 12 - summary.damaged
    assert printed.getvalue().count("film.ts: damaged from the frame at") == 1
    with av.open(str(tmp_path / "out.mp4")) as recorded:
        stream = recorded.streams.video[0]
        assert (stream.width, stream.height) == (960, 720)
        assert stream.sample_aspect_ratio in {None, 0, 1}  # 0: not stated, from PyAV 19 on
