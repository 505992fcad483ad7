"""A Keras model becomes the four variants."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.model.card import VARIANTS
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.network import Network
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.framework import load_keras, load_tensorflow
from host_tools.models.keras_file import export_saved_model, load_model, weights_sha256
from host_tools.models.loaded_model import fixed_shape
from tests.support.made_digits import made_digits

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

pytestmark = pytest.mark.tensorflow


def _dataset() -> Iterator[list[NDArray[np.float32]]]:
    for digit in made_digits(100).scaled():
        yield [digit[None]]


@pytest.fixture(scope="module")
def files(keras_file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Convert the tiny model into every variant."""
    folder = tmp_path_factory.mktemp("variants")
    export_saved_model(load_model(keras_file), (1, 28, 28), folder / "saved")
    paths = {name: folder / f"{name}.tflite" for name in VARIANTS}
    for name, path in paths.items():
        path.write_bytes(convert_saved_model(folder / "saved", name, _dataset))
    return paths


@pytest.fixture(scope="module")
def networks(files: dict[str, Path]) -> dict[str, Network]:
    """Load every variant."""
    return {name: load_network(path, threads=1) for name, path in files.items()}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_file_is_its_variant(networks: dict[str, Network], name: str) -> None:
    """The four differ in their tensors' types."""
    assert networks[name].variant_name() == name


@pytest.mark.parametrize("name", VARIANTS)
def test_the_batch_is_one_and_the_graph_one_partition(
    networks: dict[str, Network], name: str
) -> None:
    """With an open batch most of the graph would run on slower kernels."""
    assert networks[name].input.shape == (1, 28, 28)
    assert networks[name].delegation.partitions == 1


def test_int8_takes_pixels_unchanged(networks: dict[str, Network]) -> None:
    """The quantized input of a pixel is the pixel."""
    tensor = networks["int8"].input
    pixels = np.arange(256, dtype=np.uint8)
    assert tensor.dtype == np.uint8
    assert np.array_equal(tensor.quantize(pixels / 255), pixels)
    assert networks["int8"].output.dtype == np.int8


@pytest.mark.parametrize("name", VARIANTS)
def test_the_old_runtime_has_every_operator(files: dict[str, Path], name: str) -> None:
    """tflite-runtime 2.14 stops at FULLY_CONNECTED version 11 and CONV_2D version 8."""
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.Model.GetRootAs(files[name].read_bytes(), 0)
    codes = [model.OperatorCodes(i) for i in range(model.OperatorCodesLength())]
    newest = {schema.BuiltinOperator.FULLY_CONNECTED: 11, schema.BuiltinOperator.CONV_2D: 8}
    versions = {code.BuiltinCode(): code.Version() for code in codes}
    assert all(versions[kind] <= limit for kind, limit in newest.items())


def _layers(kind: str) -> Any:
    """Return networks that cannot be converted."""
    layers, models = load_keras().layers, load_keras().models
    image = layers.Input((None, None, 3) if kind == "open size" else (8, 8, 3))
    flat = layers.GlobalAveragePooling2D()(image)
    if kind == "five channels":
        image = layers.Input((8, 8, 5))
        return models.Model(image, layers.GlobalAveragePooling2D()(image))
    return models.Model(image, layers.Dense(2)(flat))


@pytest.mark.parametrize("kind", ["open size", "five channels"])
def test_inputs_that_are_no_image_are_refused(kind: str) -> None:
    """Size and depth must be fixed, since they are part of the file."""
    why = "fixed height and width" if kind == "open size" else "1 or 3"
    with pytest.raises(ModelError, match=why):
        fixed_shape(_layers(kind).inputs[0].shape, None)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("broken.keras", b"no zip", "is truncated or no Keras file"),
        ("broken.h5", b"no hdf5", "is truncated or no Keras file"),
    ],
)
def test_files_that_are_no_model_are_refused(
    tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    """Each wrong file has its own error."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelError, match=why):
        load_model(path)


def test_an_operator_that_tflite_lacks(tmp_path: Path) -> None:
    """The error contains the converter's own reason."""
    tensorflow = load_tensorflow()

    class Odd(tensorflow.Module):  # type: ignore[misc, name-defined]
        @tensorflow.function(  # type: ignore[untyped-decorator]
            input_signature=[tensorflow.TensorSpec((1, 4, 4), tensorflow.float32)]
        )
        def serve(self, image: Any) -> Any:
            return tensorflow.linalg.det(image)

    odd = Odd()
    tensorflow.saved_model.save(odd, str(tmp_path), signatures=odd.serve)
    with pytest.raises(ModelError, match=r"cannot make float32.*MatrixDeterminant"):
        convert_saved_model(tmp_path, "float32", _dataset)


def test_the_reason_has_what_native_code_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exceptions of native code often say no more than that it failed."""

    def fail(*_: object) -> None:
        os.write(2, b"W0000 1 odd.cc:1] a greeting\nerror: operator 7 is odd\n")
        raise RuntimeError("it failed")

    lite = load_tensorflow().lite
    monkeypatch.setattr(lite.TFLiteConverter, "from_saved_model", fail)
    with pytest.raises(ModelError, match="float32: it failed error: operator 7 is odd; use"):
        convert_saved_model(tmp_path, "float32", _dataset)


def test_the_digest_of_the_weights(keras_file: Path) -> None:
    """The same file gives the same digest, and other weights another one."""
    model = load_model(keras_file)
    before = weights_sha256(model)
    assert weights_sha256(load_model(keras_file)) == before
    model.set_weights([weights + 1 for weights in model.get_weights()])
    assert weights_sha256(model) != before
