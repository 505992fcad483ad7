"""The demonstration: every variant on what ships, and floors for what ships."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import pytest

from edge_app.model.card import VARIANTS
from tests.support.whole_runs import edge, summary_of

# What the shipped street model must keep on the shipped clip, over the classes present.
STREET_MIOU = 0.60


def _frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_the_demo_leaves_a_video_a_log_and_a_table_of_digits(tmp_path: Path) -> None:
    """Every variant has its overlay video and summary, and the table names them."""
    done = edge("demo", "--model", "mnist", "--headless", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "what quantization costs" in done.stdout
    for variant in VARIANTS:
        assert summary_of(tmp_path / variant)["frames"] == 500
        assert _frames(tmp_path / f"mnist-{variant}.mp4") == 500


def test_the_demo_shows_the_street_first(tmp_path: Path) -> None:
    """All variants see every frame of the clip, keep their quality, and two are compared."""
    done = edge("demo", "--headless", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "what quantization costs" in done.stdout
    mious = {}
    for variant in VARIANTS:
        summary = summary_of(tmp_path / variant)
        assert (summary["model"], summary["frames"], summary["dropped"]) == ("street", 300, 0)
        quality = summary["quality"]
        assert quality["frames"] == 300
        assert f"{quality['miou']:.3f}".removeprefix("0") in done.stdout
        mious[variant] = quality["miou"]
        assert _frames(tmp_path / f"street-{variant}.mp4") == 300
    assert mious["int8"] >= STREET_MIOU
    for variant in VARIANTS:
        assert mious[variant] == pytest.approx(mious["float32"], abs=0.03)
    for name in ("split", "difference"):
        picture = cv2.imread(str(tmp_path / f"{name}.png"))
        assert picture is not None
        # Masks of several classes stand on it: it is neither gray nor of one colour.
        assert picture.reshape(-1, 3).std(axis=0).min() > 20
        assert str(tmp_path / f"{name}.png") in done.stdout
