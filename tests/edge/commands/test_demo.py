"""The demo runs every variant on the shipped samples, which keep their quality."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import pytest

from edge_app.model.card import VARIANTS
from tests.support.whole_runs import edge, summary_of

# Least mIoU of the shipped street model on the shipped clip, over the classes present.
STREET_MIOU = 0.60


def _frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_the_demo_writes_a_video_and_a_log_per_variant(tmp_path: Path) -> None:
    """Every variant has its overlay video and summary, and the table is printed."""
    done = edge("demo", "--model", "mnist", "--headless", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "what quantization costs" in done.stdout
    for variant in VARIANTS:
        assert summary_of(tmp_path / variant)["frames"] == 500
        assert _frames(tmp_path / f"mnist-{variant}.mp4") == 500


def test_the_demo_is_of_the_street_by_default(tmp_path: Path) -> None:
    """All variants run on every frame, keep their quality, and two are compared."""
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
        image = cv2.imread(str(tmp_path / f"{name}.png"))
        assert image is not None
        # It has the colours of several classes, so it is not of one colour.
        assert image.reshape(-1, 3).std(axis=0).min() > 20
        assert str(tmp_path / f"{name}.png") in done.stdout
