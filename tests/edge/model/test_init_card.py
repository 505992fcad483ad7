"""A file without a card becomes a model folder whose card can be corrected."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.errors import UsageError
from edge_app.model.card import CARD_NAME, read_card
from edge_app.model.engine import load_engine
from edge_app.model.infer_card import CardOverrides
from edge_app.model.init_card import write_model_folder
from tests.support.metadata_files import metadata, pack, write_classifier

NOTHING = CardOverrides()


def test_a_folder_with_a_copy_and_a_card_is_written(tmp_path: Path) -> None:
    """It reads as what was inferred, and may be corrected: nothing in it fixes the answers."""
    path = pack(
        write_classifier(tmp_path / "net.tflite", 3, metadata(labels="labels.txt")),
        labels_txt="cat\ndog\ncow\n",
    )
    spec = write_model_folder(path, tmp_path / "models" / "pets", NOTHING)
    card = read_card(tmp_path / "models" / "pets")
    assert (card.name, card.title) == ("pets", "net")
    assert (card.input, card.output, card.labels) == (spec.input, spec.output, spec.labels)
    assert card.output.activation == "logits"
    assert card.source == {"weights": "net.tflite", "card": "inferred by edge-app models init"}
    (variant,) = card.variants.values()
    assert variant.path.read_bytes() == path.read_bytes()
    assert not card.golden
    load_engine(replace(card, input=replace(card.input, mean=(9.0,))), "float32")


def test_a_card_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    """Somebody may have corrected it."""
    path = write_classifier(tmp_path / "net.tflite", 3)
    write_model_folder(path, tmp_path / "own", NOTHING)
    card = tmp_path / "own" / CARD_NAME
    fields = json.loads(card.read_text("utf-8"))
    card.write_text(json.dumps({**fields, "title": "Mine"}), "utf-8")
    with pytest.raises(UsageError, match="is there already; correct that file"):
        write_model_folder(path, tmp_path / "own", NOTHING)
    assert read_card(tmp_path / "own").title == "Mine"


def test_a_file_in_the_folder_is_not_replaced(tmp_path: Path) -> None:
    """Only the folder's card tells that it is one of ours."""
    path = write_classifier(tmp_path / "net.tflite", 3)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "float32.tflite").write_text("precious", "utf-8")
    with pytest.raises(UsageError, match=r"float32.tflite is there already; name a new folder"):
        write_model_folder(path, tmp_path / "own", NOTHING)
    assert (tmp_path / "own" / "float32.tflite").read_text("utf-8") == "precious"
