"""Files of Keras 2, HDF5 under other names, and files without layers."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from edge_app.errors import ModelError
from host_tools.framework import load_keras
from host_tools.models import keras_file
from host_tools.models.keras_contents import KerasContents, read_contents
from host_tools.models.keras_file import load_by, load_model
from host_tools.models.legacy_keras import current_config

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
]
IMAGE = np.random.default_rng(0).normal(0, 1, (1, 8, 8, 3)).astype(np.float32)


def _model(keras: Any) -> Any:
    given = keras.Input((8, 8, 3))
    x = keras.layers.DepthwiseConv2D(3, padding="same")(given)
    return keras.Model(given, keras.layers.Conv2D(4, 1)(x))


def _change(path: Path, change: Any) -> None:
    """Change the configuration inside an HDF5 file, as text."""
    with h5py.File(path, "r+") as file:
        text = change(json.dumps(json.loads(file.attrs["model_config"])))
        del file.attrs["model_config"]
        file.attrs["model_config"] = text


def _with_groups(text: str) -> str:
    return text.replace('"depth_multiplier"', '"groups": 1, "depth_multiplier"')


def _with_dtype(text: str) -> str:
    return text.replace(
        '"GlorotUniform", "config": {', '"GlorotUniform", "config": {"dtype": "float32", '
    )


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.hdf5"])
def test_hdf5_loads_under_any_name(tmp_path: Path, name: str) -> None:
    """The form is read from the bytes, since Keras goes by the name."""
    model = _model(load_keras())
    model.save(tmp_path / "made.h5")
    path = (tmp_path / "made.h5").rename(tmp_path / name)
    loaded, loader = load_by(path)
    assert np.array_equal(loaded(IMAGE), model(IMAGE))
    assert loader == ""


@pytest.mark.parametrize("change", [_with_groups, _with_dtype])
def test_arguments_that_change_nothing_are_left_out(tmp_path: Path, change: Any) -> None:
    """Keras 3 refuses them; the predictions are those of the file, and how it loaded is said."""
    model = _model(load_keras())
    path = tmp_path / "made.h5"
    model.save(path)
    _change(path, change)
    loaded, loader = load_by(path)
    assert np.array_equal(loaded(IMAGE), model(IMAGE))
    assert loader.endswith("without arguments that only training uses")


def test_groups_that_mean_something_stay() -> None:
    """Only a number of one is the same as none."""
    layer = {
        "class_name": "DepthwiseConv2D",
        "config": {"groups": 2, "kernel_constraint": {"a": 1}},
    }
    made = current_config(layer)
    assert made["config"] == {"groups": 2, "kernel_constraint": None}


def test_a_file_of_keras_2_goes_through_tf_keras(tmp_path: Path) -> None:
    """Where Keras 3 cannot load it, Keras 2 can, which is said."""
    keras2 = pytest.importorskip("tf_keras", reason="needs tf_keras: pip install -e '.[host]'")
    model = _model(keras2)
    path = tmp_path / "made.h5"
    model.save(path)
    _change(path, lambda text: _with_dtype(_with_groups(text)))
    loaded, loader = load_by(path)
    assert np.allclose(loaded(IMAGE), model(IMAGE), atol=1e-6)
    assert loader == f"tf_keras {keras2.__version__}"


def test_code_of_keras_2_is_not_run_unless_it_is_trusted(tmp_path: Path) -> None:
    """tf_keras would run a Lambda layer of an HDF5 file unasked."""
    keras2 = pytest.importorskip("tf_keras", reason="needs tf_keras: pip install -e '.[host]'")
    given = keras2.Input((8, 8, 3))
    path = tmp_path / "made.h5"
    keras2.Model(given, keras2.layers.Lambda(lambda image: image * 2, name="twice")(given)).save(
        path
    )
    _change(path, lambda text: text.replace('"name": "twice"', '"name": "twice", "none": 1'))
    with pytest.raises(ModelError, match=r"Lambda layer \(twice\).*--trust-code"):
        load_model(path)


def test_the_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of Keras 2 that Keras 3 does not load, on a machine without tf_keras."""
    monkeypatch.setattr(keras_file, "load_tf_keras", lambda: None)
    contents = KerasContents(is_hdf5=True, config={}, version="2.2.4-tf")
    text = keras_file._failure(Path("a.h5"), contents, ValueError("no such argument"))
    assert "written by Keras 2.2.4-tf" in text
    assert text.endswith("tf_keras")


def test_weights_alone_are_refused(tmp_path: Path) -> None:
    """They have no layers."""
    path = tmp_path / "a.weights.h5"
    _model(load_keras()).save_weights(path)
    with pytest.raises(ModelError, match=r"holds weights only.*model\.save"):
        load_model(path)


@pytest.mark.parametrize("content", [b"no model", b"\x89HDF\r\n\x1a\n" + bytes(90), b"PK\x03\x04"])
def test_what_is_no_file_of_keras_is_one_line(tmp_path: Path, content: bytes) -> None:
    """Neither HDF5 nor an archive, or the start of one."""
    path = tmp_path / "a.h5"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"a\.h5 is truncated or no") as fault:
        load_model(path)
    assert "\n" not in str(fault.value)


def test_modules_outside_of_layers_are_seen() -> None:
    """tf_keras imports what a configuration names, so that such files do not reach it."""
    config = [{"module": name} for name in ("keras.layers", "builtins", "os", "keras.utils", None)]
    contents = KerasContents(is_hdf5=True, config=config, version="2.13.0")
    assert contents.foreign_modules == ["keras.utils", "os"]


@pytest.mark.parametrize("name", ["h5_named.keras", "teachable_groups.h5"])
def test_files_from_elsewhere_load(shared: Path, name: str) -> None:
    """HDF5 under the other name, and a group argument."""
    assert load_model(shared.parent / "cases" / name).inputs[0].shape[1:] == (96, 96, 3)


def test_code_of_another_python_is_said(shared: Path) -> None:
    """A real file of Keras 2.2 has Lambda layers of Python 3.6."""
    path = shared.parent / "cases" / "public" / "portrait_slim_keras2.h5"
    assert read_contents(path).is_keras2
    with pytest.raises(ModelError, match=r"Lambda layer .*--trust-code"):
        load_model(path)
    with pytest.raises(ModelError, match=r"Lambda layers .*does not load in Python"):
        load_model(path, trust_code=True)
