"""Graphs that reach files or Python are refused before they are loaded."""

from pathlib import Path
from typing import Any

import pytest

from edge_app.errors import ModelError
from host_tools.framework import load_keras, load_tensorflow
from host_tools.models.loaded_model import SourceOptions
from host_tools.models.open_model import open_model
from host_tools.models.trusted_code import check_graph, check_saved_model
from host_tools.train.street.teacher import Teacher

pytestmark = pytest.mark.tensorflow


def writing_module(target: Path) -> Any:
    """Return a module that writes a file when it is initialised and when it is called."""
    tensorflow: Any = load_tensorflow()
    module: Any = tensorflow.Module

    class Writing(module):  # type: ignore[misc]
        """A model that writes a file."""

        def write(self, image: Any) -> Any:
            """Write the file, and return the image."""
            tensorflow.io.write_file(str(target), "x")
            return image

    made = Writing()
    made.serve = tensorflow.function(
        made.write, input_signature=[tensorflow.TensorSpec((1, 8, 8, 3))]
    )
    return made


def test_a_saved_model_that_writes_is_refused(tmp_path: Path) -> None:
    """The operator is named, nothing was written, and --trust-code loads it."""
    tensorflow = load_tensorflow()
    module, folder = writing_module(tmp_path / "written"), tmp_path / "model"
    tensorflow.saved_model.save(module, str(folder), signatures=module.serve)
    with pytest.raises(ModelError, match=r"is a program.*WriteFile.*--trust-code"):
        open_model(folder, SourceOptions(), tmp_path)
    assert not (tmp_path / "written").exists()
    assert open_model(folder, SourceOptions(trust_code=True), tmp_path).saved


def test_ordinary_saved_models_pass(tmp_path: Path) -> None:
    """What Keras exports and what TensorFlow saves have savers of their own only."""
    keras, tensorflow = load_keras(), load_tensorflow()
    given = keras.Input((8, 8, 3), batch_size=1)
    model = keras.Model(given, keras.layers.Conv2D(2, 1)(given))
    model.export(str(tmp_path / "exported"), verbose=False)
    tensorflow.saved_model.save(model, str(tmp_path / "saved"))
    for name in ("exported", "saved"):
        check_saved_model(tmp_path / name)


def test_a_frozen_graph_that_reads_files_is_refused() -> None:
    """Its check would run the graph on an image."""
    tensorflow = load_tensorflow()
    with tensorflow.Graph().as_default() as graph:
        tensorflow.io.read_file("/etc/hostname")
    with pytest.raises(ModelError, match=r"ReadFile.*--trust-code"):
        check_graph(Path("a.pb"), graph.as_graph_def())


def test_a_teacher_that_reads_files_is_refused(tmp_path: Path) -> None:
    """A teacher is run too, and its command takes no word for it."""
    tensorflow = load_tensorflow()
    with tensorflow.Graph().as_default() as graph:
        tensorflow.io.read_file("/etc/hostname")
    path = tmp_path / "teacher.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(ModelError, match=r"ReadFile.*host-tools fetch$"):
        Teacher(path, tmp_path)
