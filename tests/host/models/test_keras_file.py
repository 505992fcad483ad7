"""Keras files that are damaged, swollen or programs are refused in one line."""

import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from edge_app.errors import ModelError
from host_tools.framework import load_keras
from host_tools.models import keras_file as reader
from host_tools.models.keras_file import check_archive, load_model

pytestmark = pytest.mark.tensorflow


def with_code(path: Path) -> Path:
    """Save a model with a Lambda layer, whose code is in the file."""
    keras = load_keras()
    given = keras.Input((8, 8, 3), batch_size=1)
    keras.Model(given, keras.layers.Lambda(lambda image: image * 2)(given)).save(path)
    return path


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("name", ["a.keras", "a.h5"])
def test_code_in_a_file_is_not_run_unless_it_is_trusted(tmp_path: Path, name: str) -> None:
    """A Lambda layer is refused before its code runs, with the option that allows it."""
    path = with_code(tmp_path / name)
    with pytest.raises(ModelError, match=r"Lambda layer.*Python code.*--trust-code"):
        load_model(path)
    assert load_model(path, trust_code=True).inputs


@pytest.mark.parametrize(("version", "refused"), [("3.11.3", True), ("3.12.0", False)])
def test_a_keras_that_runs_hidden_code_is_refused(version: str, refused: bool) -> None:
    """Before 3.12, Keras ran a Lambda layer of an .h5 file whatever it was asked."""
    if refused:
        with pytest.raises(ModelError, match=r"Keras 3\.11\.3 runs code.*keras>=3\.12"):
            reader._check_version(version)
    else:
        reader._check_version(version)


def test_an_archive_has_a_limit(tmp_path: Path) -> None:
    """A .keras file of zeros is refused by its stated size, before it is unpacked."""
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(150_000_000))
    with pytest.raises(ModelError, match=r"unpacks to 150 MB.*100 times"):
        check_archive(path)


def test_a_damaged_member_is_one_line(keras_file: Path, tmp_path: Path) -> None:
    """Whatever zipfile and h5py raise becomes a ModelError with the file's name."""
    whole = keras_file.read_bytes()
    path = tmp_path / "a.keras"
    for at in range(30, len(whole), len(whole) // 12):
        path.write_bytes(whole[:at] + bytes(20) + whole[at + 20 :])
        with suppress(ModelError):  # some bytes are of no consequence
            load_model(path)
