"""A training begins with the weights of a network trained before."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.errors import ModelError

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

from host_tools.convert.tf_converter import convert_saved_model
from host_tools.framework import load_keras
from host_tools.train.street.start_weights import check_start, start_from
from host_tools.train.street.street_network import DecoderBlock, street_network
from tests.support.made_street import DECODER, SIZE_WH, SMALL, made_image

pytestmark = pytest.mark.tensorflow


def _network(seed: int, decoder: DecoderBlock = DECODER) -> Any:
    load_keras().utils.set_random_seed(seed)
    return street_network(SIZE_WH, blocks=SMALL, decoder=decoder)


@pytest.fixture(scope="module")
def images() -> Any:
    """Images as the network takes them."""
    made = np.stack([made_image(seed, SIZE_WH)[0] for seed in range(6)])
    return made.astype(np.float32) / 127.5 - 1


@pytest.fixture(scope="module")
def trained(images: Any) -> Any:
    """Make a network whose batch norm has seen images."""
    network = _network(1)
    for _ in range(20):
        network(images, training=True)
    return network


@pytest.fixture(scope="module")
def files(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the network in each form; return the folder."""
    folder = tmp_path_factory.mktemp("trained")
    trained.save(folder / "street.keras")
    trained.export(folder / "saved", verbose=False)
    for name in ("float32", "float16"):
        data = convert_saved_model(folder / "saved", name, lambda: iter(()))
        (folder / f"{name}.tflite").write_bytes(data)
    return folder


@pytest.mark.parametrize("name", ["street.keras", "float32.tflite"])
def test_it_computes_what_the_file_does(name: str, files: Path, trained: Any, images: Any) -> None:
    """The logits are those of the network that the file is of."""
    network = _network(2)
    check_start(files / name)
    start_from(network, files / name, images)
    wanted = np.asarray(trained(images, training=False))
    np.testing.assert_allclose(np.asarray(network(images, training=False)), wanted, atol=1e-3)


def test_a_step_of_training_does_not_lose_what_it_knows(
    files: Path, trained: Any, images: Any
) -> None:
    """Batch norm, which is folded into the file, has the statistics of the images again."""
    network = _network(2)
    start_from(network, files / "float32.tflite", images)
    wanted = np.asarray(trained(images, training=False))
    found = np.asarray(network(images, training=True))
    np.testing.assert_allclose(found, wanted, atol=0.05 * float(np.abs(wanted).max()))


@pytest.mark.parametrize("name", ["street.keras", "float32.tflite"])
def test_a_network_of_another_size_is_refused(name: str, files: Path, images: Any) -> None:
    """Its layers have other widths."""
    other = _network(0, DecoderBlock(context=8, contexts=1, eighth=16, quarter=8))
    with pytest.raises(ModelError, match="--size"):
        start_from(other, files / name, images)


def test_a_quantized_file_is_refused(files: Path, images: Any) -> None:
    """Its weights are rounded."""
    with pytest.raises(ModelError, match="give the float32 variant"):
        start_from(_network(0), files / "float16.tflite", images)


def test_another_kind_of_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A training begins with a network only."""
    with pytest.raises(ModelError, match=r"\.keras or a float32 \.tflite"):
        check_start(tmp_path / "weights.h5")
