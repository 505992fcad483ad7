"""A network copies its outputs, keeps no view of native memory, and forgets earlier inputs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.network import Network
from tests.support.tflite_files import TfliteFile

NO_IMAGE = np.zeros((1, 1, 3), np.uint8)
VARIANTS = ("float32", "float16", "dynamic_range", "int8")


@pytest.fixture(params=VARIANTS)
def digits(request: pytest.FixtureRequest, assets: Path) -> Network:
    """Return each variant of the shipped digit network."""
    return load_network(assets / "models/mnist" / f"{request.param}.tflite", threads=1)


def run(network: Network, seed: int) -> NDArray[Any]:
    """Return the output for a random input."""
    values = np.random.default_rng(seed).integers(0, 100, network.input.shape[1:])

    def fill(_image: NDArray[np.uint8], into: NDArray[Any]) -> None:
        into[:] = values.astype(into.dtype)

    network.write(fill, NO_IMAGE)
    network.invoke()
    return network.read()


def test_the_shipped_variants_are_recognised(
    digits: Network, request: pytest.FixtureRequest
) -> None:
    """Each file is what its name says, and its input has the shape of a digit."""
    assert digits.variant_name() == request.node.callspec.params["digits"]
    assert digits.input.shape[:3] == (1, 28, 28)
    assert digits.output.shape == (1, 10)


def test_outputs_are_copies(digits: Network) -> None:
    """An output stays as it was during the next run, and can be overwritten safely."""
    first = run(digits, 1)
    kept = first.copy()
    second = run(digits, 2)
    assert np.array_equal(first, kept)
    assert not np.array_equal(first, second)
    first[:] = 0
    assert np.array_equal(digits.read(), second)
    assert first.flags["OWNDATA"] or first.base is None or first.base.flags["OWNDATA"]


def test_no_view_of_the_interpreters_memory_is_left(digits: Network) -> None:
    """After many runs the tensors can be allocated again, which a view would prevent."""
    outputs = [run(digits, seed) for seed in range(50)]
    digits._native.allocate_tensors()
    assert np.array_equal(run(digits, 7), outputs[7])


def test_run_all_gives_the_same_outputs_as_single_runs(digits: Network) -> None:
    """Several inputs in one call give the same outputs, and one duration each."""
    inputs = np.stack(
        [
            np.random.default_rng(seed)
            .integers(0, 100, digits.input.shape[1:])
            .astype(digits.input.dtype)
            for seed in range(5)
        ]
    )
    outputs = np.zeros((5, *digits.output.shape[1:]), digits.output.dtype)
    durations_ms = digits.run_all(inputs, outputs)
    assert len(durations_ms) == 5
    assert all(duration_ms > 0 for duration_ms in durations_ms)
    for seed, output in enumerate(outputs):
        assert np.array_equal(run(digits, seed)[0], output)
    digits._native.allocate_tensors()


def two_heads(path: Path, names: tuple[str, str] = ("first", "second")) -> Path:
    """Write a network with two outputs: its input + 1 and + 2."""
    file = TfliteFile()
    given = file.tensor((1, 4, 4, 3))
    outputs = [
        file.operator(
            "ADD", [given, file.constant(np.full(1, at + 1, np.float32))],
            file.tensor((1, 4, 4, 3), name=name), "AddOptions",
        )
        for at, name in enumerate(names)
    ]  # fmt: skip
    return file.write(path, [given], outputs)


@pytest.mark.parametrize("runtime", ["litert", "litert-fp16"])
@pytest.mark.parametrize(
    ("output", "added"), [(None, 1), ("first", 1), ("second", 2), ("0", 1), ("1", 2)]
)
def test_the_selected_output_is_read(
    tmp_path: Path, output: str | None, added: int, runtime: str
) -> None:
    """All outputs are listed; one is read, by its name or its position, alone and in a group."""
    path = two_heads(tmp_path / "two.tflite")
    network = load_network(path, threads=1, output=output, runtime=runtime)
    assert [one.name for one in network.outputs] == ["first", "second"]
    assert network.output.name == ("first", "second")[added - 1]
    inputs = np.full((1, 4, 4, 3), 5, np.float32)
    outputs = np.zeros_like(inputs)
    network.run_all(inputs, outputs)
    assert (outputs == 5 + added).all()
    assert (network.read() == 5 + added).all()


@pytest.mark.parametrize(
    ("names", "wanted", "problem"),
    [
        (("a", "b"), "c", "it has no output 'c'; it has: 0 a (1x4x4x3), 1 b (1x4x4x3); name one"),
        (("a", "b"), "2", "it has no output '2'"),
        (("a", "a"), "a", "it has several outputs 'a'; it has: 0 a (1x4x4x3), 1 a (1x4x4x3)"),
    ],
)
def test_an_output_that_is_not_there_is_refused_with_those_that_are(
    tmp_path: Path, names: tuple[str, str], wanted: str, problem: str
) -> None:
    """The message names the file and lists all outputs with their sizes."""
    path = two_heads(tmp_path / "two.tflite", names)
    with pytest.raises(ModelError) as fault:
        load_network(path, threads=1, output=wanted)
    assert str(fault.value).startswith(f"{path}: {problem}")


@pytest.mark.parametrize(
    ("taken", "given", "wanted"),
    [
        ((4, 6, 3), (4, 6, 3), (1, 4, 6, 3)),
        ((3, 4, 6), (72,), (1, 72)),
        ((1, 4, 6, 3), (4, 6, 3), (1, 4, 6, 3)),
        ((1, 4, 6, 3), (1, 72), (1, 72)),
        ((4, 6, 3), (1, 72), (1, 72)),
    ],
)
def test_a_missing_batch_axis_is_added(
    tmp_path: Path, taken: tuple[int, ...], given: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    """Whether input, output, both or none have it, an image goes in and its answer comes out."""
    file = TfliteFile()
    start = file.tensor(taken)
    end = file.reshape(start, given)
    network = load_network(file.write(tmp_path / "a.tflite", [start], [end]), threads=1)
    values = np.arange(72, dtype=np.float32).reshape(network.input.shape)
    assert network.output.shape == wanted

    def fill(_image: NDArray[np.uint8], into: NDArray[Any]) -> None:
        into[:] = values[0]

    network.write(fill, NO_IMAGE)
    network.invoke()
    made = network.read()
    assert np.array_equal(made, values.reshape(wanted))
    outputs = np.zeros_like(made)
    network.run_all(values + 1, outputs)
    assert np.array_equal(outputs, made + 1)
    network._native.allocate_tensors()


@pytest.mark.parametrize("name", ["tflm__trained_lstm_int8", "coral__keras_lstm_mnist_ptq"])
def test_a_recurrent_network_forgets_the_previous_image(shared: Path, name: str) -> None:
    """An input gives the same output whatever ran before, one by one and in groups."""
    network = load_network(shared / "tflite" / f"{name}.tflite", threads=1)
    first = run(network, 1)
    for seed in (2, 3):
        run(network, seed)
    assert np.array_equal(run(network, 1), first)
    one = np.random.default_rng(1).integers(0, 100, network.input.shape[1:])
    inputs = np.stack([one] * 3).astype(network.input.dtype)
    outputs = np.zeros((3, 10), network.output.dtype)
    network.run_all(inputs, outputs)
    assert np.array_equal(outputs, np.repeat(first, 3, axis=0))
