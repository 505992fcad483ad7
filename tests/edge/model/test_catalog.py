"""Test which model a name stands for."""

import shutil
from pathlib import Path

import pytest

from edge_app.errors import ModelError
from edge_app.model.catalog import resolve_model


def test_a_data_folder_does_not_hide_a_shipped_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`host-tools fetch mnist` leaves a folder of that name, which has no card."""
    monkeypatch.chdir(tmp_path)
    Path("mnist").mkdir()
    assert resolve_model("mnist").name == "mnist"


def test_a_model_folder_comes_before_a_shipped_model(
    tmp_path: Path, assets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder with a card is what the user named."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(assets / "models" / "street", tmp_path / "mnist")
    assert resolve_model("mnist").task == "segmentation"


def test_a_folder_without_a_card_is_an_error(tmp_path: Path) -> None:
    """Where no shipped model has the name, the folder is meant."""
    with pytest.raises(ModelError, match=r"no model\.json"):
        resolve_model(str(tmp_path))
