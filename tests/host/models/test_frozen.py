"""Test that frozen graphs are probed, rebuilt for other sizes, and refused in words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import EdgeError, ModelError, UsageError
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.network import Network
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.framework import load_tensorflow
from host_tools.models import frozen as room
from host_tools.models.frozen import load_frozen
from host_tools.models.graph import GraphEnds, TensorFlowGraph, read_graph
from host_tools.models.graph_ends import find_input, find_output, find_preprocessing
from host_tools.models.loaded_model import SourceOptions
from host_tools.models.rebuild import Subgraph, as_function, extract_subgraph, rebuild_graph
from tests.support.made_graph import SIZE_WH, write_graph

pytest.importorskip("tensorflow", reason="needs the host extra: pip install '.[host]'")
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
    """Behind the scaling, and before anything is enlarged."""
    output = find_output(graph, None)
    assert (find_input(graph, output, None), output) == ("sub_7", "ResizeBilinear_2")


def test_scaling_is_read_off_the_graph(graph: TensorFlowGraph) -> None:
    """Times 2/255 less 1 is (pixel - 127.5) / 127.5, and nothing is done before the image."""
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
def test_names_that_are_not_there_list_the_candidates(
    graph: TensorFlowGraph, options: tuple[str | None, str | None], why: str
) -> None:
    """A wrong name is answered with the names that would do."""
    with pytest.raises(UsageError, match=why):
        find_input(graph, find_output(graph, options[1]), options[0])


def test_several_unknown_ends_are_listed() -> None:
    """Nothing is guessed where two outputs have equal right."""
    tf = load_tensorflow()
    with tf.Graph().as_default() as made:
        given = tf.compat.v1.placeholder(tf.float32, (1, 8, 8, 3), name="given")
        tf.nn.relu(given, name="one")
        tf.nn.relu6(given, name="two")
    definition = made.as_graph_def()
    graph = TensorFlowGraph(definition, {node.name: node for node in definition.node})
    with pytest.raises(UsageError, match="several ends: one, two; choose one with --output-tensor"):
        find_output(graph, None)
    assert find_input(graph, find_output(graph, "one:0"), None) == "given"


def test_rebuilt_at_its_own_size_it_gives_the_same_values(graph: TensorFlowGraph) -> None:
    """The mean in place of the pooling changes nothing but the last bits."""
    ends = GraphEnds("sub_7", "ResizeBilinear_2", SHAPE)
    tensor = np.random.default_rng(1).uniform(-1, 1, SHAPE).astype(np.float32)
    given = load_tensorflow().constant(tensor)
    before = np.asarray(as_function(extract_subgraph(graph, ends))(given))
    laid = rebuild_graph(graph, ends, SHAPE)
    assert np.allclose(np.asarray(as_function(laid)(given)), before, atol=1e-4)
    assert "AvgPool" not in {operation.type for operation in laid.graph.get_operations()}


@pytest.mark.parametrize("size_wh", [(65, 33), (33, 17), (97, 41), (64, 48), (129, 65)])
def test_it_is_rebuilt_for_another_size(
    path: Path, tmp_path: Path, size_wh: tuple[int, int]
) -> None:
    """Input and output have the new size, and the delegate takes all of it in one piece."""
    network = _network(path, tmp_path, SourceOptions(size_wh))
    rows, columns = (-(-side // 2) for side in size_wh[::-1])
    assert network.input.shape == (1, size_wh[1], size_wh[0], 3)
    assert network.output.shape == (1, rows, columns, 19)
    assert network.delegation.partitions == 1


def test_a_dilated_convolution_reaches_as_far_at_any_size(path: Path, tmp_path: Path) -> None:
    """A flat picture gives the same answer in its middle whatever the size."""
    middles = []
    for size_wh in (SIZE_WH, (97, 61)):
        folder = tmp_path / str(size_wh[0])
        folder.mkdir()
        network = _network(path, folder, SourceOptions(size_wh, None, "ResizeBilinear_2"))
        outputs = np.empty((1, *network.output.shape[1:]), np.float32)
        network.run_all(np.full((1, *network.input.shape[1:]), 0.3, np.float32), outputs)
        middles.append(outputs[0, outputs.shape[1] // 2, outputs.shape[2] // 2])
    # The pooled part sees the borders, which weigh differently.
    assert np.corrcoef(*middles)[0, 1] > 0.99


def test_class_ids_can_be_the_output(path: Path, tmp_path: Path) -> None:
    """An output below the enlargement is rebuilt to the new size of the input."""
    network = _network(path, tmp_path, SourceOptions((33, 17), None, "ArgMax"))
    assert network.output.shape == (1, 17, 33)


def test_what_the_card_needs_is_told(path: Path, tmp_path: Path) -> None:
    """Scaling, names, the size it was built for, and how well the rebuilding agrees."""
    loaded = load_frozen(path, SourceOptions((33, 17)), tmp_path)
    assert (loaded.mean, loaded.std, loaded.channels) == ((127.5,), (127.5,), "rgb")
    assert loaded.notes["built_for_wh"] == [65, 33]
    assert loaded.notes["rebuilt_agreement"] >= 0.999


def test_a_rebuilding_that_changes_answers_is_refused(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A graph laid wrongly does not pass for the one that came."""

    def turned(graph: TensorFlowGraph, ends: GraphEnds, shape: tuple[int, ...]) -> Subgraph:
        laid = rebuild_graph(graph, ends, shape)
        with laid.graph.as_default():
            logits = laid.graph.get_tensor_by_name(laid.output)
            return replace(laid, output=load_tensorflow().reverse(logits, [3]).name)

    monkeypatch.setattr(room, "rebuild_graph", turned)
    with pytest.raises(ModelError, match="% of the pixels the class they had"):
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
def test_files_that_are_no_graph_are_one_line(
    path: Path, tmp_path: Path, content: bytes | None, why: str
) -> None:
    """Empty, foreign and cut-off files are told apart from graphs."""
    wrong = tmp_path / "wrong.pb"
    whole = path.read_bytes()
    wrong.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(EdgeError, match=why) as fault:
        load_frozen(wrong, SourceOptions(), tmp_path)
    assert "\n" not in str(fault.value)


def test_deeplab_is_probed(shared: Path) -> None:
    """The real graph gives the same names and scaling."""
    graph = read_graph(shared / "deeplab" / "frozen_inference_graph.pb")
    output = find_output(graph, None)
    name = find_input(graph, output, None)
    assert (name, output) == ("sub_7", "ResizeBilinear_2")
    assert find_preprocessing(graph, name) == (127.5, 127.5)


def test_deeplab_is_rebuilt_small(shared: Path, tmp_path: Path) -> None:
    """At 129x65 it is one partition, with the pooling as a mean."""
    graph = read_graph(shared / "deeplab" / "frozen_inference_graph.pb")
    ends = GraphEnds("sub_7", "ResizeBilinear_2", (1, 1025, 2049, 3))
    room.save_graph(rebuild_graph(graph, ends, (1, 65, 129, 3)), tmp_path / "saved")
    out = tmp_path / "float32.tflite"
    out.write_bytes(convert_saved_model(tmp_path / "saved", "float32", lambda: iter(())))
    network = load_network(out, threads=1)
    assert network.output.shape == (1, 9, 17, 19)
    assert (network.delegation.partitions, dict(network.delegation.left)) == (1, {})
    assert len(out.read_bytes()) <= 8_410_000
