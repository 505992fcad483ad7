"""Frozen graphs are read, rebuilt for other sizes, and refused with a reason."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import EdgeError, ModelError, UsageError
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.network import Network
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.framework import load_tensorflow
from host_tools.models import frozen
from host_tools.models.frozen import load_frozen
from host_tools.models.graph import (
    GraphEnds,
    TensorFlowGraph,
    find_input,
    find_output,
    find_preprocessing,
    read_graph,
)
from host_tools.models.loaded_model import SourceOptions
from host_tools.models.rebuild import (
    Subgraph,
    as_function,
    extract_subgraph,
    rebuild_graph,
    save_graph,
)
from tests.support.made_graph import SIZE_WH, write_graph

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

pytestmark = pytest.mark.tensorflow
SHAPE = (1, *SIZE_WH[::-1], 3)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny graph as a file."""
    return write_graph(tmp_path_factory.mktemp("graph") / "graph.pb")


@pytest.fixture(scope="module")
def graph(path: Path) -> TensorFlowGraph:
    """Return the tiny graph."""
    return read_graph(path)


def _network(path: Path, folder: Path, wishes: SourceOptions) -> Network:
    saved = load_frozen(path, wishes, folder).saved
    assert saved
    out = folder / "float32.tflite"
    out.write_bytes(convert_saved_model(saved, "float32", lambda: iter(())))
    return load_network(out, threads=1)


def test_the_exporters_names_are_found(graph: TensorFlowGraph) -> None:
    """The input after the scaling, and the output before upsampling."""
    output = find_output(graph, None)
    assert (find_input(graph, output, None), output) == ("sub_7", "ResizeBilinear_2")


def test_scaling_is_read_from_the_graph(graph: TensorFlowGraph) -> None:
    """Pixel * 2/255 - 1 is (pixel - 127.5) / 127.5, and nothing is scaled before the image."""
    assert find_preprocessing(graph, "sub_7") == (127.5, 127.5)
    assert find_preprocessing(graph, "ImageTensor") is None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((None, "nowhere"), "no such node; try one of: ArgMax"),
        (("nowhere", None), "no such node; try one of: ImageTensor"),
        (("ArgMax", None), "does not lead to ResizeBilinear_2"),
    ],
)
def test_an_unknown_name_lists_the_candidates(
    graph: TensorFlowGraph, options: tuple[str | None, str | None], why: str
) -> None:
    """The error for a wrong name lists the right ones."""
    with pytest.raises(UsageError, match=why):
        find_input(graph, find_output(graph, options[1]), options[0])


def test_several_outputs_are_listed() -> None:
    """Nothing is guessed if there are two outputs."""
    tf = load_tensorflow()
    with tf.Graph().as_default() as two_outputs:
        given = tf.compat.v1.placeholder(tf.float32, (1, 8, 8, 3), name="given")
        tf.nn.relu(given, name="one")
        tf.nn.relu6(given, name="two")
    definition = two_outputs.as_graph_def()
    graph = TensorFlowGraph(definition, {node.name: node for node in definition.node})
    with pytest.raises(
        UsageError, match=r"several outputs: one .1x8x8x3., two .1x8x8x3.; choose one with --output"
    ):
        find_output(graph, None)
    assert find_input(graph, find_output(graph, "one:0"), None) == "given"


def test_rebuilding_at_its_own_size_keeps_the_values(graph: TensorFlowGraph) -> None:
    """A mean instead of the pooling changes only the last bits."""
    ends = GraphEnds("sub_7", "ResizeBilinear_2", SHAPE)
    tensor = np.random.default_rng(1).uniform(-1, 1, SHAPE).astype(np.float32)
    given = load_tensorflow().constant(tensor)
    before = np.asarray(as_function(extract_subgraph(graph, ends))(given))
    rebuilt = rebuild_graph(graph, ends, SHAPE)
    assert np.allclose(np.asarray(as_function(rebuilt)(given)), before, atol=1e-4)
    assert "AvgPool" not in {operation.type for operation in rebuilt.graph.get_operations()}


@pytest.mark.parametrize("size_wh", [(65, 33), (33, 17), (97, 41), (64, 48), (129, 65)])
def test_a_graph_is_rebuilt_for_another_size(
    path: Path, tmp_path: Path, size_wh: tuple[int, int]
) -> None:
    """Input and output have the new size, and the delegate takes the whole graph."""
    network = _network(path, tmp_path, SourceOptions(size_wh))
    rows, columns = (-(-side // 2) for side in size_wh[::-1])
    assert network.input.shape == (1, size_wh[1], size_wh[0], 3)
    assert network.output.shape == (1, rows, columns, 19)
    assert network.delegation.partitions == 1


def test_a_dilated_convolution_reaches_as_far_at_any_size(path: Path, tmp_path: Path) -> None:
    """A flat image gives the same values in its middle at every size."""
    middles = []
    for size_wh in (SIZE_WH, (97, 61)):
        folder = tmp_path / str(size_wh[0])
        folder.mkdir()
        network = _network(path, folder, SourceOptions(size_wh, None, "ResizeBilinear_2"))
        outputs = np.empty((1, *network.output.shape[1:]), np.float32)
        network.run_all(np.full((1, *network.input.shape[1:]), 0.3, np.float32), outputs)
        middles.append(outputs[0, outputs.shape[1] // 2, outputs.shape[2] // 2])
    # The pooled part sees the borders, whose weight depends on the size.
    assert np.corrcoef(*middles)[0, 1] > 0.99


def test_class_ids_can_be_the_output(path: Path, tmp_path: Path) -> None:
    """An output after the upsampling has the new size of the input."""
    network = _network(path, tmp_path, SourceOptions((33, 17), None, "ArgMax"))
    assert network.output.shape == (1, 17, 33)


def test_the_notes_for_the_card(path: Path, tmp_path: Path) -> None:
    """Scaling, tensor names, the original size, and the agreement of the rebuilt graph."""
    loaded = load_frozen(path, SourceOptions((33, 17)), tmp_path)
    assert (loaded.mean, loaded.std, loaded.channels) == ((127.5,), (127.5,), "rgb")
    assert loaded.notes["built_for_wh"] == [65, 33]
    assert loaded.notes["rebuilt_agreement"] >= 0.999


def test_a_rebuilt_graph_with_other_classes_is_refused(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrongly rebuilt graph is an error."""

    def turned(graph: TensorFlowGraph, ends: GraphEnds, shape: tuple[int, ...]) -> Subgraph:
        rebuilt = rebuild_graph(graph, ends, shape)
        with rebuilt.graph.as_default():
            logits = rebuilt.graph.get_tensor_by_name(rebuilt.output)
            return replace(rebuilt, output=load_tensorflow().reverse(logits, [3]).name)

    monkeypatch.setattr(frozen, "rebuild_graph", turned)
    with pytest.raises(ModelError, match="keeps the class of only"):
        load_frozen(path, SourceOptions(), tmp_path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"no graph at all", "no frozen graph"),
        (b"\x1c\x00\x00\x00TFL3" * 40, "no frozen graph"),
        (None, "truncated"),
    ],
)
def test_a_file_that_is_no_graph_is_one_line(
    path: Path, tmp_path: Path, content: bytes | None, why: str
) -> None:
    """Empty, foreign and truncated files are errors."""
    wrong = tmp_path / "wrong.pb"
    whole = path.read_bytes()
    wrong.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(EdgeError, match=why) as fault:
        load_frozen(wrong, SourceOptions(), tmp_path)
    assert "\n" not in str(fault.value)


def test_deeplab_is_read(shared: Path) -> None:
    """The real graph has the same names and scaling."""
    graph = read_graph(shared / "deeplab" / "frozen_inference_graph.pb")
    output = find_output(graph, None)
    name = find_input(graph, output, None)
    assert (name, output) == ("sub_7", "ResizeBilinear_2")
    assert find_preprocessing(graph, name) == (127.5, 127.5)


def test_deeplab_is_rebuilt_small(shared: Path, tmp_path: Path) -> None:
    """At 129x65 the real graph is one partition, with the pooling as a mean."""
    graph = read_graph(shared / "deeplab" / "frozen_inference_graph.pb")
    ends = GraphEnds("sub_7", "ResizeBilinear_2", (1, 1025, 2049, 3))
    save_graph(rebuild_graph(graph, ends, (1, 65, 129, 3)), tmp_path / "saved")
    out = tmp_path / "float32.tflite"
    out.write_bytes(convert_saved_model(tmp_path / "saved", "float32", lambda: iter(())))
    network = load_network(out, threads=1)
    assert network.output.shape == (1, 9, 17, 19)
    assert (network.delegation.partitions, dict(network.delegation.left)) == (1, {})
    assert len(out.read_bytes()) <= 8_410_000
