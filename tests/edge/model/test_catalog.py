"""Test which model a name stands for."""

import shutil
from pathlib import Path

import pytest

from edge_app.errors import ModelError, UsageError
from edge_app.model.catalog import resolve_model, resolve_model_folder, sample
from edge_app.model.inferred.card_overrides import CardOverrides
from edge_app.model.init_card import write_model_folder
from tests.support.metadata_files import write_classifier


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


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("net.h5", "net.h5 is a Keras model, which does not run here; convert it first: host-tools "
                   "convert net.h5 --out models/net --calibration IMAGES"),
        ("net.keras", "host-tools convert net.keras --out models/net --calibration IMAGES"),
        ("net.pb", "host-tools convert net.pb --out models/net --calibration IMAGES"),
        ("saved", "host-tools convert saved --out models/saved --calibration IMAGES"),
        ("net.onnx", "onnx2tf -i net.onnx -o net, then: host-tools convert net --out models/net"),
        ("net.pt", "net.pt is a PyTorch file, which does not run here; export the model from "),
        ("gone.h5", "gone.h5 does not exist; check the path"),
    ],
)  # fmt: skip
def test_a_model_of_another_kind_is_shown_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    """The command stands in the message as it can be typed."""
    monkeypatch.chdir(tmp_path)
    for file in ("net.h5", "net.keras", "net.pb", "net.onnx", "net.pt", "saved/saved_model.pb"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(b"content")
    with pytest.raises(ModelError) as fault:
        resolve_model(name)
    assert why in str(fault.value)


def test_what_needs_a_folder_takes_shipped_names_and_advises_no_other_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands have no --task and --labels, and nothing to compare in a single file."""
    monkeypatch.chdir(tmp_path)
    assert resolve_model_folder("street").name == "street"
    Path("empty").mkdir()
    Path("one.tflite").touch()
    for name, why in (
        ("empty", "empty has no model.json; name a model folder, a model that ships (mnist, street)"
                  ", or two files"),
        ("one.tflite", "one.tflite is a single file; name a model folder, or two files"),
    ):  # fmt: skip
        with pytest.raises(ModelError) as fault:
            resolve_model_folder(name, otherwise=", or two files")
        assert str(fault.value) == why


def test_what_a_card_says_is_not_overridden(tmp_path: Path) -> None:
    """The options are refused by name: they would have no effect."""
    folder = tmp_path / "own"
    write_model_folder(write_classifier(tmp_path / "net.tflite", 3), folder, CardOverrides())
    given = CardOverrides(mean=(1.0,), size_wh=(8, 8), threshold=0.0)
    with pytest.raises(UsageError, match=r"leave out --input-size --mean --threshold$") as fault:
        resolve_model(str(folder), given)
    assert f"{folder} has a model card; correct {folder / 'model.json'}" in str(fault.value)


def test_a_file_that_a_card_lists_is_read_by_it(tmp_path: Path) -> None:
    """Unless options say how it is read."""
    folder = tmp_path / "own"
    labels = tmp_path / "labels.txt"
    labels.write_text("cat\ndog\ncow\n", "utf-8")
    path = write_classifier(tmp_path / "net.tflite", 3)
    write_model_folder(path, folder, CardOverrides(labels=str(labels), mean=(9.0,), std=(2.0,)))
    file = str(folder / "float32.tflite")
    listed = resolve_model(file)
    assert (listed.labels.names, listed.input.mean) == (("cat", "dog", "cow"), (9.0,))
    assert not listed.guessed
    assert resolve_model(file, CardOverrides(std=(1.0,))).guessed


def test_a_classifier_of_photographs_sees_the_street(tmp_path: Path) -> None:
    """Digits are for networks that know them."""
    path = write_classifier(tmp_path / "net.tflite", 3)
    assert sample(resolve_model(str(path)))[0].endswith("street.mp4")
    assert "digits" in sample(resolve_model("mnist"))[0]
