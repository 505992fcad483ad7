"""Tensors and operators are read from a file without a runtime."""

from pathlib import Path

import numpy as np

from edge_app.model.inferred.graph_facts import read_graph_facts
from tests.support.tflite_files import TfliteFile


def test_tensors_and_operators_are_those_of_the_file(tmp_path: Path) -> None:
    """Names, shapes with what is open, quantization, constants, and the last operators."""
    file = TfliteFile()
    given = file.tensor((1, 4, 6, 3), "int8", "image", 0.5, -3, signature=(-1, 4, 6, 3))
    factor = file.constant(np.array([2, 3, 4], np.float32))
    real = file.operator("DEQUANTIZE", [given], file.tensor((1, 4, 6, 3)), "DequantizeOptions")
    scaled = file.operator("MUL", [real, factor], file.tensor((1, 4, 6, 3)), "MulOptions")
    own = file.operator("OwnThing", [scaled], file.tensor((1, 4, 6, 3)))
    output = file.reshape(own, (1, 72), name="answer")
    facts = read_graph_facts(file.write(tmp_path / "a.tflite", [given], [output], {"x": b"yz"}))
    assert facts is not None
    one = facts.tensor(facts.inputs[0])
    assert (one.name, one.shape, one.dtype) == ("image", (-1, 4, 6, 3), "int8")
    assert (one.scale, one.zero_point, one.size_text) == (0.5, -3, "1x4x6x3")
    assert [op.name for op in facts.operators] == ["DEQUANTIZE", "MUL", "OwnThing", "RESHAPE"]
    assert facts.last_operators(facts.outputs[0]) == ["RESHAPE", "OwnThing"]
    assert [op.name for op in facts.readers(facts.inputs[0])] == ["DEQUANTIZE"]
    values = facts.constant(factor)
    assert values is not None
    assert values.tolist() == [2, 3, 4]
    assert facts.constant(given) is None
    assert facts.metadata == {"x": b"yz"}


def test_an_argmax_shows_how_many_classes_there_are(tmp_path: Path) -> None:
    """Through operators that pass its ids on."""
    file = TfliteFile()
    given = file.tensor((1, 4, 6, 7))
    output = file.operator(
        "CAST", [file.argmax(given, "int64")], file.tensor((1, 4, 6)), "CastOptions"
    )
    facts = read_graph_facts(file.write(tmp_path / "a.tflite", [given], [output]))
    assert facts is not None
    assert facts.width_before(facts.outputs[0], "ARG_MAX") == 7
    assert facts.width_before(facts.outputs[0], "SOFTMAX") is None


def test_what_is_no_network_has_no_facts(tmp_path: Path, assets: Path) -> None:
    """An empty, missing, cut or other file: loading it says what is wrong."""
    whole = (assets / "models/mnist/int8.tflite").read_bytes()
    path = tmp_path / "a.tflite"
    assert read_graph_facts(path) is None
    for content in (b"", b"TFL3", b"\0" * 100, whole[:20]):
        path.write_bytes(content)
        assert read_graph_facts(path) is None
    path.write_bytes(whole[: len(whole) // 2])
    read_graph_facts(path)  # facts or none
