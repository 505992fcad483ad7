"""A model folder as the source of a conversion: its float32 file, and its card."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError
from edge_app.model.inferred.card_overrides import CardOverrides
from edge_app.model.init_card import write_model_folder
from host_tools.models.loaded_model import SourceOptions
from host_tools.models.open_model import model_file, open_model
from tests.support.tflite_files import TfliteFile


def network(path: Path) -> Path:
    """Write a segmenter of four classes."""
    file = TfliteFile()
    given = file.tensor((1, 8, 16, 3))
    maps = file.conv(given, np.ones((4, 1, 1, 3)), (1, 8, 16, 4))
    return file.write(path, [given], [maps])


def test_the_card_of_a_folder_comes_with_its_float32_file(tmp_path: Path) -> None:
    """What was corrected in it is what a conversion starts from."""
    overrides = CardOverrides(mean=(1.0,), std=(2.0,), fit="letterbox")
    written = write_model_folder(network(tmp_path / "x.tflite"), tmp_path / "net", overrides)
    path = model_file(tmp_path / "net")
    assert path == tmp_path / "net" / "float32.tflite"
    loaded = open_model(path, SourceOptions(), tmp_path)
    assert loaded.card is not None
    assert loaded.card.input == written.input
    assert (loaded.mean, loaded.notes["card"]) == ((1.0,), "of net")
    assert model_file(tmp_path) == tmp_path  # it has no card


def test_a_folder_without_float32_is_refused(tmp_path: Path) -> None:
    """Naming what it has."""
    write_model_folder(network(tmp_path / "x.tflite"), tmp_path / "net", CardOverrides())
    card = (tmp_path / "net" / "model.json").read_text("utf-8")
    (tmp_path / "net" / "model.json").write_text(card.replace('"float32"', '"int8"'), "utf-8")
    with pytest.raises(ModelError, match=r"net has no float32 variant \(int8\)"):
        model_file(tmp_path / "net")
