"""SavedModels and Keras models of any usual form become one with one image and one output."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.errors import ModelError, UsageError
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.framework import load_keras, load_tensorflow
from host_tools.models.keras_file import export_saved_model, load_keras_file
from host_tools.models.loaded_model import LoadedModel, SourceOptions
from host_tools.models.saved_model import load_saved_model
from host_tools.tflite.flatbuffer import read_graph

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

pytestmark = pytest.mark.tensorflow
LAST = (1, 8, 16, 3)
IMAGE = np.random.default_rng(0).integers(0, 256, LAST).astype(np.float32)
KERNEL = np.random.default_rng(1).normal(0, 1, (1, 1, 3, 12)).astype(np.float32)
CONVOLVED = IMAGE @ KERNEL[0, 0]


class SavedFunctions:
    """A module that is saved with one or several functions."""

    def __init__(self, folder: Path) -> None:
        self.tf = load_tensorflow()
        self.module = self.tf.Module()
        self.module.kernel = self.tf.Variable(KERNEL)
        self.folder = folder / "made"

    def convolve(self, image: Any) -> Any:
        """Return the convolved image, by a variable."""
        return self.tf.nn.conv2d(image, self.module.kernel, 1, "SAME")

    def function(self, call: Any, *specs: Any) -> Any:
        """Return a traced function of some inputs."""
        return self.tf.function(call, input_signature=list(specs)).get_concrete_function()

    def image(self, shape: Any = LAST, dtype: str = "float32", name: str = "image") -> Any:
        """Return the specification of an input."""
        return self.tf.TensorSpec(shape, dtype, name)

    def save(self, **signatures: Any) -> Path:
        """Write the module, and return its folder."""
        self.tf.saved_model.save(self.module, str(self.folder), signatures=signatures or None)
        return self.folder


def _load(made: Path, folder: Path, **options: Any) -> LoadedModel:
    return load_saved_model(made, SourceOptions(**options), folder)


def _values(loaded: LoadedModel) -> Any:
    tf = load_tensorflow()
    serve = tf.saved_model.load(str(loaded.saved)).signatures["serving_default"]
    [made] = serve(tf.constant(IMAGE)).values()
    return made.numpy()


def test_one_of_several_outputs_is_chosen(tmp_path: Path) -> None:
    """The finest map unless another is named; all are listed."""
    made = SavedFunctions(tmp_path)
    call = made.function(
        lambda image: {"aux": made.convolve(image) * 2, "main": made.convolve(image)}, made.image()
    )
    folder = made.save(serving_default=call)
    loaded = _load(folder, tmp_path / "a")
    assert np.allclose(_values(loaded), CONVOLVED, atol=1e-3)
    assert loaded.notes["output"].startswith("main, as the finest or first of 0 aux (1x8x16x12)")
    assert np.allclose(
        _values(_load(folder, tmp_path / "b", output_tensor="aux")), CONVOLVED * 2, atol=1e-3
    )
    with pytest.raises(UsageError, match=r"no output 'x'; it has: 0 aux .*--output"):
        _load(folder, tmp_path, output_tensor="x")


def test_one_of_several_signatures_is_chosen_by_its_output(tmp_path: Path) -> None:
    """Without the usual one, all are listed; SIGNATURE/OUTPUT names one."""
    made = SavedFunctions(tmp_path)
    folder = made.save(
        scores=made.function(lambda image: {"all": made.convolve(image)}, made.image()),
        half=made.function(lambda image: {"all": made.convolve(image) / 2}, made.image()),
    )
    with pytest.raises(ModelError, match=r"--output: .*half/all"):
        _load(folder, tmp_path)
    loaded = _load(folder, tmp_path, output_tensor="half/all")
    assert np.allclose(_values(loaded), CONVOLVED / 2, atol=1e-3)
    assert loaded.notes["signature"] == "half"


def test_a_model_without_signatures_is_called(tmp_path: Path) -> None:
    """As those of TensorFlow Hub, in inference."""
    tf = load_tensorflow()
    made = SavedFunctions(tmp_path)
    kind: Any = tf.Module

    class Called(kind):  # type: ignore[misc]
        """A model with a flag for training."""

        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(KERNEL)

        @tf.function  # type: ignore[untyped-decorator]
        def __call__(self, image: Any, training: bool = True) -> Any:
            """Return the convolved image."""
            return tf.nn.conv2d(image, self.kernel, 1, "SAME") * (100.0 if training else 1.0)

    made.module = Called()
    for training in (True, False):
        made.module.__call__.get_concrete_function(made.image(), training=training)
    loaded = _load(made.save(), tmp_path)
    assert np.allclose(_values(loaded), CONVOLVED, atol=1e-3)


def test_flags_beside_the_image_are_false(tmp_path: Path) -> None:
    """Another input is refused by name."""
    made = SavedFunctions(tmp_path)
    tf = made.tf
    call = made.function(
        lambda image, training: made.convolve(image) * tf.where(training, 9.0, 1.0),
        made.image(), made.image((), "bool", "training"),
    )  # fmt: skip
    loaded = _load(made.save(serving_default=call), tmp_path)
    assert np.allclose(_values(loaded), CONVOLVED, atol=1e-3)
    assert loaded.notes["false_inputs"] == "training"


@pytest.mark.parametrize(
    ("specs", "why"),
    [
        ([("float32", "left"), ("float32", "right")], r"2 inputs \(.*left"),
        ([("string", "encoded")], "takes string"),
    ],
)
def test_other_inputs_are_refused(tmp_path: Path, specs: Any, why: str) -> None:
    """Pairs of images, and encoded ones."""
    made = SavedFunctions(tmp_path)
    call = made.function(lambda *given: given[0], *(made.image(LAST, *spec) for spec in specs))
    with pytest.raises(ModelError, match=why):
        _load(made.save(serving_default=call), tmp_path)


def test_whole_pixels_are_cast_outside(tmp_path: Path) -> None:
    """A cast inside of the network would stand between the input and its quantization."""
    made = SavedFunctions(tmp_path)
    call = made.function(
        lambda image: made.convolve(made.tf.cast(image, "float32")), made.image(dtype="uint8")
    )
    loaded = _load(made.save(serving_default=call), tmp_path)
    assert (loaded.mean, loaded.std) == ((0.0,), (1.0,))
    assert np.allclose(_values(loaded), CONVOLVED, atol=1e-3)
    graph = (
        load_tensorflow().saved_model.load(str(loaded.saved)).signatures["serving_default"].graph
    )
    assert "Cast" not in {operation.type for operation in graph.get_operations()}


def test_images_with_the_channels_first_are_turned(tmp_path: Path) -> None:
    """The new SavedModel takes and gives them last."""
    made = SavedFunctions(tmp_path)
    tf = made.tf

    def first(image: Any) -> Any:
        return tf.transpose(made.convolve(tf.transpose(image, (0, 2, 3, 1))), (0, 3, 1, 2))

    folder = made.save(serving_default=made.function(first, made.image((1, 3, 8, 16))))
    loaded = _load(folder, tmp_path)
    assert (loaded.shape, loaded.layout, loaded.notes["source_layout"]) == (LAST, "nhwc", "nchw")
    assert np.allclose(_values(loaded), CONVOLVED, atol=1e-3)


def test_keras_models_too(tmp_path: Path) -> None:
    """Outputs in a dictionary, and the channels first."""
    keras = load_keras()
    given = keras.Input((3, 8, 16))
    x = keras.layers.Permute((2, 3, 1))(given)
    x = keras.layers.Conv2D(12, 1, use_bias=False)(x)
    outputs = {name: keras.layers.Permute((3, 1, 2), name=name)(x * at)
               for at, name in enumerate(("main", "aux"), 1)}  # fmt: skip
    model = keras.Model(given, outputs)
    model.set_weights([KERNEL])
    path = tmp_path / "made.keras"
    model.save(path)
    loaded = load_keras_file(path, SourceOptions(), tmp_path / "a")
    assert (loaded.shape, loaded.notes["source_layout"]) == (LAST, "nchw")
    assert loaded.notes["output"].startswith("main, as")
    assert np.allclose(_values(loaded), CONVOLVED, atol=1e-3)
    other = load_keras_file(path, SourceOptions(output_tensor="aux"), tmp_path / "b")
    assert np.allclose(_values(other), CONVOLVED * 2, atol=1e-3)


def _keras(folder: Path, keras: Any, name: str) -> LoadedModel:
    given = keras.Input((8, 16, 3))
    model = keras.Model(given, keras.layers.Conv2D(12, 1, use_bias=False)(given))
    model.set_weights([KERNEL])
    model.save(folder / name)
    if keras.__name__ == "keras":
        return load_keras_file(folder / name, SourceOptions(), folder)
    export_saved_model(model, LAST, folder / "saved")
    return LoadedModel("", LAST, "", folder / "saved")


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("kind", ["saved", "keras", "tf_keras"])
def test_weights_become_constants(tmp_path: Path, kind: str) -> None:
    """Variables in a .tflite would be left in float, and the delegate takes none."""
    if kind == "saved":
        made = SavedFunctions(tmp_path)
        folder = made.save(serving_default=made.function(made.convolve, made.image()))
        loaded = _load(folder, tmp_path)
    else:
        keras = pytest.importorskip(kind, reason="needs it: pip install -e '.[host]'")
        loaded = _keras(tmp_path, keras, "made.keras" if kind == "keras" else "made.h5")
    assert loaded.saved
    assert np.allclose(_values(loaded), CONVOLVED, atol=1e-3)
    float32 = convert_saved_model(loaded.saved, "float32", lambda: iter(()))
    assert [one.kind for one in read_graph(float32).operators] == ["CONV_2D"]


def test_a_file_from_elsewhere_with_the_channels_first(shared: Path, tmp_path: Path) -> None:
    """A Keras model of permuted axes."""
    path = shared.parent / "cases" / "nchw.keras"
    loaded = load_keras_file(path, SourceOptions(), tmp_path)
    assert (loaded.shape, loaded.layout) == ((1, 64, 128, 3), "nhwc")
