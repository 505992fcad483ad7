"""Graphs that were frozen from a training session become graphs of inference, or are refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.errors import ModelError
from host_tools.framework import load_tensorflow
from host_tools.models.frozen import load_frozen
from host_tools.models.graph import TensorFlowGraph, read_graph
from host_tools.models.inference_graph import check_inference
from host_tools.models.loaded_model import SourceOptions

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

pytestmark = pytest.mark.tensorflow
SIZE = (1, 8, 16, 3)
WEIGHTS = np.random.default_rng(0).normal(0, 1, (1, 1, 3, 4)).astype(np.float32)


class TrainingGraph:
    """A graph of one convolution, with something between it and the output."""

    def __init__(self) -> None:
        self.tf = load_tensorflow()
        self.v1 = self.tf.compat.v1
        self.graph = self.tf.Graph()
        with self.graph.as_default():  # a training before may have asked for seeds everywhere
            self.v1.set_random_seed(1)

    def image(self) -> Any:
        """Return the convolved input."""
        given = self.v1.placeholder(self.tf.float32, SIZE, name="image")
        return self.tf.nn.conv2d(given, self.tf.constant(WEIGHTS, name="w"), 1, "SAME")

    def written(self, folder: Path) -> Path:
        """Return the graph as a file."""
        path = folder / "made.pb"
        path.write_bytes(self.graph.as_graph_def().SerializeToString())
        return path


def _run(graph: TensorFlowGraph, output: str, image: Any) -> Any:
    tf = load_tensorflow()
    with tf.Graph().as_default() as built:
        names = graph.ancestors(output)
        tf.import_graph_def(graph.definition_of(names), name="")
    with tf.compat.v1.Session(graph=built) as session:
        return session.run(f"{output}:0", {"image:0": image})


@pytest.fixture
def image() -> Any:
    """Return an input: float32 of SIZE."""
    return np.random.default_rng(1).normal(0, 1, SIZE).astype(np.float32)


def _convolved(image: Any) -> Any:
    return image @ WEIGHTS[0, 0]


def test_colocation_with_variables_that_are_gone_is_left_out(tmp_path: Path) -> None:
    """Freezing keeps `loc:@name` of a variable that has become a constant of another name."""
    made = TrainingGraph()
    with made.graph.as_default():
        made.tf.identity(made.image(), name="logits")
    definition = made.graph.as_graph_def()
    for node in definition.node:
        if node.op == "Identity":
            node.attr["_class"].list.s.append(b"loc:@weights")
            node.device = "/device:GPU:7"
    path = tmp_path / "frozen.pb"
    path.write_bytes(definition.SerializeToString())
    loaded = load_frozen(path, SourceOptions(), tmp_path)
    assert (loaded.shape, loaded.notes["rebuilt_agreement"]) == (SIZE, 1.0)
    assert "graph_of_inference" not in loaded.notes


@pytest.mark.parametrize("kind", ["default", "keep_prob", "constant", "old"])
def test_dropout_is_removed_with_its_scaling(tmp_path: Path, image: Any, kind: str) -> None:
    """Whatever the share is and wherever it comes from, the values are those of inference."""
    made = TrainingGraph()
    tf, v1 = made.tf, made.v1
    with made.graph.as_default():
        x = made.image()
        if kind == "default":
            share: Any = v1.placeholder_with_default(tf.constant(0.4), (), name="share")
        elif kind == "keep_prob":
            share = v1.placeholder(tf.float32, (), name="keep_prob")
        else:
            share = tf.constant(0.5)
        if kind == "old":  # as TensorFlow 1 wrote it
            with v1.name_scope("dropout"):
                random = tf.random.uniform(tf.shape(x))
                x = tf.divide(x, share) * tf.floor(share + random)
        else:
            x = v1.nn.dropout(x, keep_prob=share)
        tf.identity(x, name="logits")
    graph = read_graph(made.written(tmp_path))
    assert np.allclose(_run(graph, "logits", image), _convolved(image), atol=1e-5)
    assert any("dropout was removed: dropout" in line for line in graph.decided)
    check_inference(graph.nodes, graph.ancestors("logits"))


@pytest.mark.parametrize("named", ["flag", "default"])
def test_a_switch_takes_the_branch_of_inference(tmp_path: Path, image: Any, named: str) -> None:
    """Also where a branch is a constant that only a control input ties to its side."""
    made = TrainingGraph()
    tf, raw = made.tf, made.tf.raw_ops
    with made.graph.as_default():
        x = made.image()
        if named == "flag":
            training = made.v1.placeholder(tf.bool, name="is_training")
        else:
            training = made.v1.placeholder_with_default(False, (), name="training")
        when_false, when_true = raw.Switch(data=x, pred=training)
        factor_false, factor_true = raw.Switch(data=training, pred=training)
        with tf.control_dependencies([tf.identity(factor_true)]):
            ones = tf.constant(7.0)
        with tf.control_dependencies([tf.identity(factor_false)]):
            halves = tf.constant(0.5)
        merged = raw.Merge(inputs=[when_false * 3.0, when_true * 100.0])
        factor = raw.Merge(inputs=[halves, ones])
        tf.multiply(merged[0], factor[0], name="logits")
    graph = read_graph(made.written(tmp_path))
    assert np.allclose(_run(graph, "logits", image), 1.5 * _convolved(image), atol=1e-5)
    assert graph.decided[0] in {"is_training is false", "training has its default value"}
    loaded = load_frozen(made.written(tmp_path), SourceOptions(), tmp_path)
    assert loaded.notes["graph_of_inference"] == "; ".join(graph.decided)


def test_assertions_are_left_out(tmp_path: Path) -> None:
    """They hold by control inputs, which no .tflite has."""
    made = TrainingGraph()
    tf = made.tf
    with made.graph.as_default():
        x = made.image()
        with tf.control_dependencies([tf.debugging.Assert(tf.shape(x)[0] > 0, [x])]):
            tf.identity(x, name="logits")
    assert load_frozen(made.written(tmp_path), SourceOptions(), tmp_path).shape == SIZE


def _fake_quantized(tf: Any, x: Any) -> Any:
    return tf.raw_ops.FakeQuantWithMinMaxVars(inputs=x, min=-4.0, max=4.0)


def test_ranges_of_trained_quantization_stay(tmp_path: Path) -> None:
    """An evaluation graph of quantization-aware training is one of inference."""
    made = TrainingGraph()
    with made.graph.as_default():
        made.tf.identity(_fake_quantized(made.tf, made.image()), name="logits")
    assert load_frozen(made.written(tmp_path), SourceOptions(), tmp_path).shape == SIZE


def test_a_graph_that_still_learns_its_ranges_is_refused(tmp_path: Path) -> None:
    """Its ranges are moving averages, which it assigns."""
    made = TrainingGraph()
    with made.graph.as_default():
        made.tf.identity(_fake_quantized(made.tf, made.image()), name="logits")
    definition = made.graph.as_graph_def()
    fake = next(node for node in definition.node if node.op.startswith("FakeQuant"))
    definition.node.add(name="ema", op="AssignSub", input=[fake.input[1], fake.input[1]])
    fake.input[1] = "ema"
    path = tmp_path / "learns.pb"
    path.write_bytes(definition.SerializeToString())
    with pytest.raises(ModelError, match=r"still trains, with quantization \(ema is AssignSub\)"):
        load_frozen(path, SourceOptions(), tmp_path)


def _quantized(tf: Any, x: Any) -> Any:
    return tf.raw_ops.Dequantize(
        input=tf.raw_ops.QuantizeV2(input=x, min_range=-1.0, max_range=1.0, T=tf.quint8)[0],
        min_range=-1.0,
        max_range=1.0,
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_quantized, "quantized already"),
        (lambda tf, x: x + tf.random.normal(tf.shape(x)), "draws random numbers"),
    ],
)
def test_a_graph_that_is_none_of_inference_is_refused(
    tmp_path: Path, change: Any, why: str
) -> None:
    """The node is named, in one line."""
    made = TrainingGraph()
    with made.graph.as_default():
        made.tf.identity(change(made.tf, made.image()), name="logits")
    with pytest.raises(ModelError, match=why) as fault:
        load_frozen(made.written(tmp_path), SourceOptions(), tmp_path)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("name", ["tiny_tf1.pb", "public/portrait_deeplab_frozen_graph.pb"])
def test_real_exports_are_read(shared: Path, tmp_path: Path, name: str) -> None:
    """TensorFlow's own function froze one, DeepLab's exporter the other."""
    loaded = load_frozen(shared.parent / "cases" / name, SourceOptions(), tmp_path)
    assert loaded.notes["rebuilt_agreement"] > 0.9999
    if "portrait" in name:
        assert (loaded.mean, loaded.std, loaded.channels) == ((127.5,), (127.5,), "rgb")
        assert loaded.notes["input_tensor"] == "sub_2"
