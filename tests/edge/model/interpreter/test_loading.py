"""Every model file loads, or gives a message that says what is wrong with it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.errors import ModelError
from edge_app.model.interpreter import loading, native_interpreter
from edge_app.model.interpreter.loading import load_network, physical_cores
from edge_app.model.interpreter.runtimes import find_runtime

RUNTIME = find_runtime()


@dataclass(frozen=True, slots=True)
class Loads:
    """What loading a file is expected to give.

    partitions: of litert, then of tflite-runtime. size_wh: for files that leave it open.
    """

    variant: str
    input: str
    output: str
    partitions: tuple[int, int]
    size_wh: tuple[int, int] | None = None


UNUSUAL: dict[str, Loads | str] = {
    "coral__deeplab_mobilenet_edgetpu_slim_cityscapes_quant": Loads(
        "int8", "uint8 1x513x513x3", "int64 1x513x513", (3, 0)
    ),
    "coral__deeplab_mobilenet_edgetpu_slim_cityscapes_quant_edgetpu": (
        "was compiled for the Edge TPU; use the file it was compiled from (edgetpu-custom-op)"
    ),
    "coral__keras_lstm_mnist_ptq": Loads("int8", "uint8 1x28x28", "uint8 1x10", (1, 0)),
    "coral__model_invoking_error": "takes an input of shape [1, 3], not an image",
    "coral__split_concat": "takes 3 inputs, not one",
    "espnet_p2q8_cityscapes_512x1024_float32": Loads(
        "float32", "float32 1x512x1024x3", "float32 1x512x1024x19", (1, 14)
    ),
    "espnet_p2q8_cityscapes_512x1024_int8": Loads(
        "int8", "float32 1x512x1024x3", "float32 1x512x1024x19", (21, 20)
    ),
    "litert__argmax": "takes an input of shape [1, 1], not an image",
    "litert__java_add_unknown_dimensions": (
        "leaves its input size open; give it in a model card or with --input-size"
    ),
    "litert__java_add_unknown_dimensions 3x8": Loads(
        "float32", "float32 1x8x3x3", "float32 1x8x3x3", (1, 1), (3, 8)
    ),
    "litert__java_add_unknown_dimensions 10x8": (
        "has a fixed input of [1, -1, 3, 3], it cannot be run at [1, 8, 10, 3]"
    ),
    "litert__java_invalid_model": "not a .tflite file; get or convert it again",
    "litert__java_string": "takes text, not an image (float32, float16, uint8, int8, int16, int32)",
    "litert__multi_signature_model": "takes 2 inputs, not one",
    "litert__simple_add_dynamic_shape": "takes 2 inputs, not one",
    "mlc__vww_96_int8": Loads("int8", "int8 1x96x96x3", "int8 1x2", (2, 0)),
    "tflm__trained_lstm_int8": Loads("int8", "int8 1x28x28", "int8 1x10", (1, 0)),
    "tfls__deeplabv3": Loads("float32", "float32 1x257x257x3", "float32 1x257x257x21", (1, 1)),
    "tfls__dilated_conv": "leaves its input size open",
    "tfls__dilated_conv 32x24": Loads(
        "float32", "float32 1x24x32x3", "float32 1x24x32x16", (2, 0), (32, 24)
    ),
    "tfls__mobilenet_v1_0.25_224_1_metadata_1": Loads(
        "float32", "float32 1x224x224x3", "float32 1x1001", (2, 2)
    ),
    "tfls__sentencepiece_tokenizer_flex_op": "takes text, not an image",
}
USUAL = {
    "seed_mnist/converted_model_f32": Loads("float32", "float32 1x28x28", "float32 1x10", (1, 0)),
    "seed_mnist/float16_quantized": Loads("float16", "float32 1x28x28", "float32 1x10", (1, 0)),
    "seed_mnist/dynamic_range_quantized": Loads(
        "dynamic_range", "float32 1x28x28", "float32 1x10", (1, 0)
    ),
    "seed_mnist/int8_quantized": Loads("int8", "uint8 1x28x28", "uint8 1x10", (1, 0)),
    "street_trial/float32": Loads("float32", "float32 1x256x512x3", "float32 1x64x128x19", (1, 1)),
    "street_trial/int8": Loads("int8", "uint8 1x256x512x3", "int8 1x64x128x19", (1, 0)),
    "deeplab/seed_1025x2049_dynamic_range": Loads(
        "dynamic_range", "float32 1x1025x2049x3", "float32 1x129x257x19", (1, 30)
    ),
    "deeplab/seed_1025x2049_int8": Loads(
        "int8", "float32 1x1025x2049x3", "float32 1x129x257x19", (2, 0)
    ),
}


def name_and_size(name: str) -> tuple[str, tuple[int, int] | None]:
    """Split a row's name into the file and the size to run it at."""
    file, _, size = name.partition(" ")
    if not size:
        return file, None
    width, height = size.split("x")
    return file, (int(width), int(height))


@pytest.mark.parametrize("name", [f"tflite/{name}" for name in UNUSUAL] + list(USUAL))
def test_every_file_loads_or_is_refused_as_expected(shared: Path, name: str) -> None:
    """Each development model loads and runs as its row says, or gives its row's message."""
    outcome = USUAL.get(name) or UNUSUAL[name.removeprefix("tflite/")]
    file, size_wh = name_and_size(name)
    path = shared / f"{file}.tflite"
    if RUNTIME == "tflite-runtime" and "1025x2049" in file:
        pytest.skip("takes 10 s a run on the old runtime; test_runtime_agreement runs one of them")
    if isinstance(outcome, str):
        with pytest.raises(ModelError) as fault:
            load_network(path, size_wh=size_wh)
        assert str(fault.value).startswith(f"{path} ")
        assert outcome in str(fault.value)
        assert "; " in str(fault.value)
        return
    network = load_network(path, size_wh=size_wh)
    network.invoke()
    made = network.read()
    assert network.variant_name() == outcome.variant
    for tensor, text in ((network.input, outcome.input), (network.output, outcome.output)):
        assert f"{tensor.dtype} {'x'.join(map(str, tensor.shape))}" == text
    assert made.shape == network.output.shape
    assert made.dtype == network.output.dtype
    expected = outcome.partitions[1 if RUNTIME == "tflite-runtime" else 0]
    assert network.delegation.partitions == expected, network.delegation.summary()


def test_every_unusual_file_has_a_row(shared: Path) -> None:
    """Every file in the folder has a row in the table."""
    there = {path.stem for path in (shared / "tflite").glob("*.tflite")}
    assert there == {name_and_size(name)[0] for name in UNUSUAL}


def noise_bytes(count: int) -> bytes:
    """Return random bytes, the same each time."""
    return np.random.default_rng(1).bytes(count)


# tflite-runtime may crash on what it does not verify: in the child process.
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "one byte": lambda content: content[:1],
    "the first 100 bytes": lambda content: content[:100],
    "the first half": lambda content: content[: len(content) // 2],
    "the last 1000 bytes missing": lambda content: content[:-1000],
    "random": lambda content: noise_bytes(5000),
    "a header, then garbage": lambda content: content[:8] + noise_bytes(5000),
    "a header alone": lambda content: content[:8],
    "zeros from the middle on": lambda content: content[:4000] + bytes(len(content) - 4000),
    "a web page": lambda content: b"<!DOCTYPE html><title>404</title>" * 20,
    "an HDF5 file": lambda content: b"\x89HDF\r\n\x1a\n" + bytes(4000),
    "a git-lfs pointer": lambda content: (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0"
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_refused(
    assets: Path, tmp_path: Path, damage: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A damaged file gives a ModelError that says what to do, and no native output."""
    content = (assets / "models/mnist/float32.tflite").read_bytes()
    path = tmp_path / "damaged.tflite"
    path.write_bytes(DAMAGE[damage](content))
    with pytest.raises(ModelError, match=r"get or convert it again") as fault:
        load_network(path)
    assert str(fault.value).startswith(f"{path} ")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.tflite", r"none\.tflite does not exist; check the path"),
        ("", r"is a folder; name a \.tflite file in it, or a folder with a model\.json"),
    ],
)
def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, name: str, message: str) -> None:
    """A missing file and a folder have messages of their own."""
    with pytest.raises(ModelError, match=message):
        load_network(tmp_path / name)


def test_loading_is_silent_and_notes_are_kept(
    assets: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The delegate's usual line is dropped, other native lines are notes; nothing is printed."""
    path = assets / "models/mnist/float32.tflite"
    assert load_network(path).notes == ()
    create = native_interpreter.create_interpreter

    def noisy(*arguments: Any) -> Any:
        os.write(2, b"WARNING: this model is old\n")
        return create(*arguments)

    monkeypatch.setattr(loading, "create_interpreter", noisy)
    assert load_network(path).notes == ("WARNING: this model is old",)
    assert capfd.readouterr() == ("", "")


def test_threads_are_the_physical_cores_unless_given(assets: Path) -> None:
    """The network says how many threads it uses."""
    path = assets / "models/mnist/int8.tflite"
    assert load_network(path).threads == physical_cores()
    assert load_network(path, threads=3).threads == 3
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)
