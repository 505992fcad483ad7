"""A file that only the delegate refuses runs, and the operator is named."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.cli import main
from edge_app.model.interpreter import sandbox
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.refused_operator import is_delegate_fault
from edge_app.model.interpreter.runtimes import find_runtime
from tests.support.refused_networks import refused_by_delegate

pytestmark = pytest.mark.skipif(find_runtime() != "litert", reason="needs LiteRT's XNNPACK")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def refused(assets: Path, tmp_path: Path, kind: str, part: str) -> Path:
    """Write the digit network with an operator that the delegate refuses."""
    int8 = (assets / "models" / "mnist" / "int8.tflite").read_bytes()
    path = tmp_path / f"{kind}.tflite"
    path.write_bytes(refused_by_delegate(int8, kind, part))
    return path


@pytest.mark.parametrize(
    ("kind", "part", "named"),
    [
        ("CONV_2D", "weights", "CONV_2D"),
        ("FULLY_CONNECTED", "output", "FULLY_CONNECTED"),
        ("CONV_2D", "output", "MAX_POOL_2D"),  # its input has another scale than its output
    ],
)
def test_it_runs_on_the_runtimes_own_kernels(
    assets: Path, tmp_path: Path, kind: str, part: str, named: str
) -> None:
    """The first time and, from the cache, the second; both say which operator it was."""
    path = refused(assets, tmp_path, kind, part)
    for _ in range(2):
        network = load_network(path)
        assert network.delegation.partitions == 0
        assert network.delegation.refused == named
        assert network.delegation.summary() == (
            f"XNNPACK cannot prepare {named} of this file, so all 6 operators run on the "
            "runtime's own kernels, which are slower"
        )
        network.write(lambda image, into: np.copyto(into, image[..., 0]), _digit())
        network.invoke()
        assert network.read().shape == (1, 10)


def _digit() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((28, 28, 3), 200, np.uint8)


def test_a_file_is_tried_once(
    assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache remembers the operator, so that no second child is started."""
    path = refused(assets, tmp_path, "CONV_2D", "weights")
    load_network(path)
    monkeypatch.setattr(sandbox, "_CHILD", "no.such.module")
    assert load_network(path).delegation.refused == "CONV_2D"


def test_run_says_it(assets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the first lines of the run, with the operator's name."""
    path = refused(assets, tmp_path, "FULLY_CONNECTED", "output")
    source = str(assets / "samples" / "digits-images-idx3-ubyte.gz")
    assert main(["run", source, "--model", str(path), "--headless", "--max-frames", "2"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "XNNPACK cannot prepare FULLY_CONNECTED of this file" in said


def test_only_faults_of_the_delegate_are_tried_without_it() -> None:
    """A damaged file is refused at once, by its own fault."""
    assert is_delegate_fault("Node number 6 (TfLiteXNNPackDelegate) failed to prepare.")
    assert not is_delegate_fault("Mmap of '3' at offset '0' failed")
