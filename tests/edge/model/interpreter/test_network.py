"""Every model file runs, or says in words why not; pictures go in and answers come out."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.model.interpreter import network as room
from edge_app.model.interpreter.network import Network, load_network, physical_cores
from edge_app.model.interpreter.runtimes import find_runtime

NO_PICTURE = np.zeros((1, 1, 3), np.uint8)
RUNTIME = find_runtime()
VARIANTS = ("float32", "float16", "dynamic_range", "int8")


@dataclass(frozen=True, slots=True)
class Loads:
    """What a file is expected to be.

    partitions: by runtime, litert then tflite-runtime. size_wh: given where it is left open.
    """

    kind: str
    input: str
    output: str
    partitions: tuple[int, int]
    size_wh: tuple[int, int] | None = None


AWKWARD = {
    "coral__deeplab_mobilenet_edgetpu_slim_cityscapes_quant": Loads(
        "int8", "uint8 1x513x513x3", "int64 1x513x513", (3, 0)
    ),
    "coral__deeplab_mobilenet_edgetpu_slim_cityscapes_quant_edgetpu": (
        "was compiled for the Edge TPU; use the file it was compiled from (edgetpu-custom-op)"
    ),
    "coral__keras_lstm_mnist_ptq": Loads("int8", "uint8 1x28x28", "uint8 1x10", (1, 0)),
    "coral__model_invoking_error": "takes an input of shape [1, 3], not a picture",
    "coral__split_concat": "takes 3 inputs, a picture model takes one",
    "espnet_p2q8_cityscapes_512x1024_float32": Loads(
        "float32", "float32 1x512x1024x3", "float32 1x512x1024x19", (1, 14)
    ),
    "espnet_p2q8_cityscapes_512x1024_int8": Loads(
        "int8", "float32 1x512x1024x3", "float32 1x512x1024x19", (21, 20)
    ),
    "litert__argmax": "takes an input of shape [1, 1], not a picture",
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
    "litert__java_string": "takes text, not a picture (float32, uint8 or int8)",
    "litert__multi_signature_model": "takes 2 inputs, a picture model takes one",
    "litert__simple_add_dynamic_shape": "takes 2 inputs, a picture model takes one",
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
    "tfls__sentencepiece_tokenizer_flex_op": "takes text, not a picture",
}
GOOD = {
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


def size_in(name: str) -> tuple[str, tuple[int, int] | None]:
    """Split a row's name into the file and the size to run it at."""
    file, _, size = name.partition(" ")
    if not size:
        return file, None
    width, height = size.split("x")
    return file, (int(width), int(height))


@pytest.mark.parametrize("name", [f"tflite/{name}" for name in AWKWARD] + list(GOOD))
def test_every_file_has_its_outcome(shared: Path, name: str) -> None:
    """Each of the development models loads and runs as written down, or is refused in words."""
    outcome = GOOD.get(name) or AWKWARD[name.removeprefix("tflite/")]
    file, size_wh = size_in(name)
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
    assert network.kind() == outcome.kind
    for tensor, words in ((network.input, outcome.input), (network.output, outcome.output)):
        assert f"{tensor.dtype} {'x'.join(map(str, tensor.shape))}" == words
    assert made.shape == network.output.shape
    assert made.dtype == network.output.dtype
    expected = outcome.partitions[1 if RUNTIME == "tflite-runtime" else 0]
    assert network.delegation.partitions == expected, network.delegation.words()


def test_the_table_holds_every_awkward_file(shared: Path) -> None:
    """A file that is added to the folder needs a row."""
    there = {path.stem for path in (shared / "tflite").glob("*.tflite")}
    assert there == {size_in(name)[0] for name in AWKWARD}


def noise_bytes(count: int) -> bytes:
    """Return random bytes, the same each time."""
    return np.random.default_rng(1).bytes(count)


# What tflite-runtime does not verify it may also die of, in the child.
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: b"",
    "one byte": lambda whole: whole[:1],
    "the first 100 bytes": lambda whole: whole[:100],
    "the first half": lambda whole: whole[: len(whole) // 2],
    "the last 1000 bytes missing": lambda whole: whole[:-1000],
    "random": lambda whole: noise_bytes(5000),
    "a header, then garbage": lambda whole: whole[:8] + noise_bytes(5000),
    "a header alone": lambda whole: whole[:8],
    "zeros from the middle on": lambda whole: whole[:4000] + bytes(len(whole) - 4000),
    "a web page": lambda whole: b"<!DOCTYPE html><title>404</title>" * 20,
    "an HDF5 file": lambda whole: b"\x89HDF\r\n\x1a\n" + bytes(4000),
    "a git-lfs pointer": lambda whole: b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_refused_in_words(
    assets: Path, tmp_path: Path, damage: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever is in it, the app lives on and says what to do."""
    whole = (assets / "models/mnist/float32.tflite").read_bytes()
    path = tmp_path / "damaged.tflite"
    path.write_bytes(DAMAGE[damage](whole))
    with pytest.raises(ModelError, match=r"get or convert it again") as fault:
        load_network(path)
    assert str(fault.value).startswith(f"{path} ")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.tflite", r"none\.tflite is not there; check the path"),
        ("", r"is a folder; name a \.tflite file in it, or a folder with a model\.json"),
    ],
)
def test_what_is_no_file_is_named(tmp_path: Path, name: str, words: str) -> None:
    """A missing file and a folder are told apart."""
    with pytest.raises(ModelError, match=words):
        load_network(tmp_path / name)


@pytest.fixture(params=VARIANTS)
def digits(request: pytest.FixtureRequest, assets: Path) -> Network:
    """Return each variant of the shipped digit network."""
    return load_network(assets / "models/mnist" / f"{request.param}.tflite", threads=1)


def ask(network: Network, seed: int) -> NDArray[Any]:
    """Return the answer to a random input."""
    values = np.random.default_rng(seed).integers(0, 100, network.input.shape[1:])

    def fill(_image: NDArray[np.uint8], into: NDArray[Any]) -> None:
        into[:] = values.astype(into.dtype)

    network.write(fill, NO_PICTURE)
    network.invoke()
    return network.read()


def test_the_shipped_variants_are_recognised(digits: Network, request: Any) -> None:
    """Each file is what its name says, and its input has the shape of a digit."""
    assert digits.kind() == request.node.callspec.params["digits"]
    assert digits.input.shape[:3] == (1, 28, 28)
    assert digits.output.shape == (1, 10)


def test_outputs_are_copies(digits: Network) -> None:
    """An answer stays as it was while the next is made, and spoiling it spoils nothing."""
    first = ask(digits, 1)
    kept = first.copy()
    second = ask(digits, 2)
    assert np.array_equal(first, kept)
    assert not np.array_equal(first, second)
    first[:] = 0
    assert np.array_equal(digits.read(), second)
    assert first.flags["OWNDATA"] or first.base is None or first.base.flags["OWNDATA"]


def test_no_view_of_the_interpreters_memory_is_left(digits: Network) -> None:
    """After many pictures the interpreter can be prepared anew, which any view would forbid."""
    answers = [ask(digits, seed) for seed in range(50)]
    digits._native.allocate_tensors()
    assert np.array_equal(ask(digits, 7), answers[7])


def test_a_group_is_answered_like_its_inputs(digits: Network) -> None:
    """Several inputs at once give the same answers, and one duration each."""
    inputs = np.stack(
        [
            np.random.default_rng(seed)
            .integers(0, 100, digits.input.shape[1:])
            .astype(digits.input.dtype)
            for seed in range(5)
        ]
    )
    outputs = np.zeros((5, *digits.output.shape[1:]), digits.output.dtype)
    durations_s = digits.run_all(inputs, outputs)
    assert len(durations_s) == 5
    assert all(duration_s > 0 for duration_s in durations_s)
    for seed, output in enumerate(outputs):
        assert np.array_equal(ask(digits, seed)[0], output)
    digits._native.allocate_tensors()


def test_loading_is_silent_and_notes_are_kept(
    assets: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The delegate's greeting is dropped, other native lines become notes, and none is printed."""
    path = assets / "models/mnist/float32.tflite"
    assert load_network(path).notes == ()
    prepare = room.prepare

    def noisy(*arguments: Any) -> Any:
        os.write(2, b"WARNING: this model is old\n")
        return prepare(*arguments)

    monkeypatch.setattr(room, "prepare", noisy)
    assert load_network(path).notes == ("WARNING: this model is old",)
    assert capfd.readouterr() == ("", "")


def test_threads_are_the_physical_cores_unless_given(assets: Path) -> None:
    """The number in use is told."""
    path = assets / "models/mnist/int8.tflite"
    assert load_network(path).threads == physical_cores()
    assert load_network(path, threads=3).threads == 3
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("name", ["tflm__trained_lstm_int8", "coral__keras_lstm_mnist_ptq"])
def test_a_recurrent_network_forgets_the_picture_before(shared: Path, name: str) -> None:
    """The same digit gets the same answer, whatever came before, one by one and in groups."""
    network = load_network(shared / "tflite" / f"{name}.tflite", threads=1)
    first = ask(network, 1)
    for seed in (2, 3):
        ask(network, seed)
    assert np.array_equal(ask(network, 1), first)
    one = np.random.default_rng(1).integers(0, 100, network.input.shape[1:])
    inputs = np.stack([one] * 3).astype(network.input.dtype)
    outputs = np.zeros((3, 10), network.output.dtype)
    network.run_all(inputs, outputs)
    assert np.array_equal(outputs, np.repeat(first, 3, axis=0))


@pytest.mark.parametrize("shape", [[1, 28, 28, 2], [1, 28], [28], [1, 1, 28, 28, 3]])
def test_an_input_that_is_no_picture_is_refused(shape: list[int]) -> None:
    """Two channels, lists and volumes are not pictures."""
    detail = {"dtype": np.float32, "shape": np.array(shape)}
    with pytest.raises(ModelError, match="not a picture of 1 or 3 channels; convert"):
        room._check_input(Path("a.tflite"), [detail])


@pytest.mark.parametrize("kind", [np.int64, np.float64, np.int32, np.bool_, np.complex64])
def test_an_input_of_another_type_is_refused(kind: type) -> None:
    """Only float32, uint8 and int8 hold pictures."""
    detail = {"dtype": kind, "shape": np.array([1, 28, 28, 1])}
    with pytest.raises(ModelError, match=r"not a picture \(float32, uint8 or int8\)"):
        room._check_input(Path("a.tflite"), [detail])


@pytest.mark.parametrize(
    ("shape", "signature", "size_wh", "given"),
    [
        ([1, 28, 28, 1], [1, 28, 28, 1], None, None),
        ([1, 28, 28, 1], [-1, 28, 28, 1], None, None),
        ([1, 1, 1, 3], [1, -1, -1, 3], (513, 257), (1, 257, 513, 3)),
        ([1, 1, 1, 3], [-1, -1, -1, 3], (513, 257), (1, 257, 513, 3)),
        ([8, 28, 28, 1], [-1, 28, 28, 1], None, (1, 28, 28, 1)),
        ([1, 1, 28], [-1, -1, 28], (28, 30), (1, 30, 28)),
        ([8, 28, 28, 1], [8, 28, 28, 1], None, "takes batches of 8; convert it with a batch of"),
        ([1, 1, 1, 3], [1, -1, -1, 3], None, "leaves its input size open"),
        ([1, 1, 64, 3], [1, -1, 64, 3], (32, 32), "has a fixed input of"),
    ],
)
def test_open_sides_are_filled_in(
    shape: list[int],
    signature: list[int],
    size_wh: tuple[int, int] | None,
    given: tuple[int, ...] | str | None,
) -> None:
    """Batch and size left open are set; what is fixed stays, and a clash is told."""
    detail = {"shape": np.array(shape), "shape_signature": np.array(signature)}
    if isinstance(given, str):
        with pytest.raises(ModelError, match=given):
            room._open_shape(Path("a.tflite"), detail, size_wh)
        return
    assert room._open_shape(Path("a.tflite"), detail, size_wh) == given


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "Encountered unresolved custom op: edgetpu-custom-op.\nSee instructions: https://x",
            "was compiled for the Edge TPU; use the file it was compiled from (edgetpu-custom-op)",
        ),
        (
            "Encountered unresolved custom op: TFLite_Detection.\nSee instructions: https://x",
            "needs a custom operator that no runtime here has; convert it with built-in operators"
            " only (TFLite_Detection)",
        ),
        (
            "Select TensorFlow op(s), included in the given model, is(are) not supported by this "
            "interpreter. Node number 0 (FlexSize) failed to prepare.",
            "needs TensorFlow's flex operators; convert it with built-in operators only (FlexSize)",
        ),
        (
            "Didn't find op for builtin opcode 'CONV_2D' version '9'. Are you using an old TFLite "
            "binary with a newer model?",
            "uses an operator newer than this runtime; use --runtime litert or a newer runtime",
        ),
        (
            "Model provided is schema version 0 not equal to supported version 3.",
            "is damaged or not a .tflite file; get or convert it again",
        ),
        (
            "something new\nhappened",
            "does not load: something new happened; get or convert it again",
        ),
    ],
)
def test_a_runtimes_words_become_ours(said: str, words: str) -> None:
    """What the native loader says is told as what it means for the user."""
    assert room._in_words(Path("a.tflite"), said) == f"a.tflite {words}"
