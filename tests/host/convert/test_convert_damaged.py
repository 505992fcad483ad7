"""A damaged or foreign source of any kind is one line and exit code 1, and leaves nothing."""

import shutil
from itertools import permutations
from pathlib import Path

import pytest

from host_tools import cli
from host_tools.framework import load_tensorflow
from host_tools.models.keras_file import export_saved_model, load_model
from tests.support.made_graph import write_graph

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

pytestmark = pytest.mark.tensorflow

KINDS = ("keras", "h5", "pb", "tflite")
# From nothing over a bare header to all but the last byte.
LENGTHS = (0, 1, 8, 64, 0.25, 0.5, 0.9, -40, -1)
FOREIGN = {
    "gif": b"GIF89a" * 50,
    "text": b"no model at all\n" * 40,
    "zeros": bytes(4096),
    "zip": b"PK\x05\x06" + bytes(18),
}
PARTS = ("saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001")


@pytest.fixture(scope="module")
def sources(keras_file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return an undamaged source of every kind."""
    folder = tmp_path_factory.mktemp("sources")
    network = load_model(keras_file)
    network.save(folder / "net.h5")
    export_saved_model(network, (1, 28, 28), folder / "saved")
    lite = load_tensorflow().lite.TFLiteConverter.from_saved_model(str(folder / "saved"))
    (folder / "net.tflite").write_bytes(lite.convert())
    return {
        "keras": keras_file,
        "h5": folder / "net.h5",
        "pb": write_graph(folder / "graph.pb"),
        "tflite": folder / "net.tflite",
        "saved": folder / "saved",
    }


def _cut(content: bytes, length: float) -> bytes:
    return content[: int(length * len(content)) if isinstance(length, float) else length]


def _refused(source: Path, mnist: Path, capfd: pytest.CaptureFixture[str]) -> str:
    """Convert a source, and return the line on stderr."""
    before = set(source.parent.iterdir())
    capfd.readouterr()
    line = ["convert", str(source), "--out", str(source.parent / "out")]
    code = cli.main([*line, "--calibration", str(mnist), "--eval", str(mnist)])
    error = capfd.readouterr().err
    assert code == 1
    assert error.startswith(f"host-tools: {source}")
    assert error.count("\n") == 1
    assert ";" in error, "the error does not end with advice"
    assert set(source.parent.iterdir()) == before
    return error


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_file(
    sources: dict[str, Path],
    mnist: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    kind: str,
    length: float,
) -> None:
    """Every kind, at every length; messages of native code are not shown."""
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(_cut(sources[kind].read_bytes(), length))
    error = _refused(path, mnist, capfd)
    assert ("is empty (0 bytes)" in error) == (length == 0)
    assert "not found: filepath" not in error  # Keras reports an existing file so


@pytest.mark.parametrize("content", FOREIGN)
@pytest.mark.parametrize("kind", KINDS)
def test_a_foreign_file(
    mnist: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], kind: str, content: str
) -> None:
    """An image, text, zeros and an empty archive with the name of a model."""
    path = tmp_path / f"foreign.{kind}"
    path.write_bytes(FOREIGN[content])
    _refused(path, mnist, capfd)


@pytest.mark.parametrize(
    ("kind", "other"), [pair for pair in permutations(KINDS, 2) if set(pair) != {"keras", "h5"}]
)
def test_one_kind_under_the_name_of_another(
    sources: dict[str, Path],
    mnist: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    kind: str,
    other: str,
) -> None:
    """The suffix decides how a file is read, and the error has its name.

    Of Keras files the content decides; see test_legacy_keras.
    """
    path = tmp_path / f"other.{kind}"
    path.write_bytes(sources[other].read_bytes())
    _refused(path, mnist, capfd)


@pytest.mark.parametrize("length", [None, 0, 1, 0.5, -1])
@pytest.mark.parametrize("part", PARTS)
def test_a_saved_model_with_a_damaged_part(
    sources: dict[str, Path],
    mnist: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    part: str,
    length: float | None,
) -> None:
    """The graph, the index or the weights are missing, empty, or truncated."""
    folder = tmp_path / "saved"
    shutil.copytree(sources["saved"], folder)
    if length is None:
        (folder / part).unlink()
    else:
        (folder / part).write_bytes(_cut((folder / part).read_bytes(), length))
    _refused(folder, mnist, capfd)


@pytest.mark.parametrize("part", PARTS)
def test_a_saved_model_with_a_foreign_part(
    sources: dict[str, Path],
    mnist: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    part: str,
) -> None:
    """An image with the part's name."""
    folder = tmp_path / "saved"
    shutil.copytree(sources["saved"], folder)
    (folder / part).write_bytes(FOREIGN["gif"])
    _refused(folder, mnist, capfd)
