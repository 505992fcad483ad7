"""A degraded int8 model is explained, and repaired where that is possible."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.labels import numbered_labels
from edge_app.model.card import InputSpec, ModelSpec, TensorInfo, Variant, write_card
from edge_app.model.preprocess import Preprocess
from host_tools.cli import main
from host_tools.convert.activation_statistics import measure_ranges
from host_tools.convert.ai_edge import quantize
from host_tools.diagnose.advice import advice, lost_by_kind, pattern_of, verdict, worst_layers
from host_tools.diagnose.measure import EXACT_DB, compare, decibels
from host_tools.diagnose.repair import find_repair
from host_tools.tflite.flatbuffer import read_graph
from tests.support.tiny_networks import GIVEN, SIZE_WH, tiny_samples, tiny_segmenter

pytest.importorskip("ai_edge_quantizer", reason="needs the host extra: pip install -e '.[host]'")
pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def even() -> bytes:
    """Return a network that 8 bits are enough for."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    return tiny_segmenter()


@pytest.fixture(scope="module")
def uneven() -> bytes:
    """Return a network whose middle has one channel far greater than the others."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    return tiny_segmenter(spread=3000.0)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Return a folder of smooth images."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, sample in enumerate(tiny_samples(4)):
        image = np.clip(sample[0] * 128 + 127, 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), image)
    return folder


def int8_of(model: bytes, given: InputSpec = GIVEN) -> bytes:
    """Quantize a network on the samples it is compared on."""
    return quantize(model, "int8", input=given, samples=tiny_samples())


def test_a_good_model_agrees(even: bytes) -> None:
    """If 8 bits are enough, every layer is near float32 and nothing is to be left in float."""
    found = compare(even, int8_of(even), tiny_samples())
    assert found.output is not None
    assert found.output.snr_db > 20
    assert "agrees with float32" in verdict(found)
    assert not any("keep-float" in sentence for sentence in advice(found))


def test_every_float_operator_is_compared_in_order(even: bytes) -> None:
    """The layers are the graph's operators, in the order they run."""
    found = compare(even, int8_of(even), tiny_samples())
    assert [layer.kind for layer in found.layers] == [
        operator.kind for operator in read_graph(even).operators
    ]
    assert found.unmatched == ()
    for layer in found.layers:
        assert layer.range_use is not None
        assert 0 < layer.range_use <= 1


def test_the_cause_is_the_worst_layer(uneven: bytes) -> None:
    """The worst layer is a multiplication with uneven channels, not one that follows it."""
    found = compare(uneven, int8_of(uneven), tiny_samples())
    assert found.output is not None
    assert found.output.snr_db < 10
    assert "collapsed" in verdict(found)
    worst = worst_layers(found)[0]
    assert worst.kind == "MUL"
    assert next(iter(lost_by_kind(found.layers))) == "MUL"
    assert f"--keep-float '{pattern_of(worst)}'" in " ".join(advice(found))


def test_the_advice_helps(uneven: bytes) -> None:
    """Leaving the named layers in float restores the output."""
    before = compare(uneven, int8_of(uneven), tiny_samples())
    patterns = [pattern_of(layer) for layer in worst_layers(before) if layer.lost_db >= 3]
    kept = quantize(
        uneven, "int8", input=GIVEN, samples=tiny_samples(), keep_float=[*patterns, "MUL"]
    )
    after = compare(uneven, kept, tiny_samples())
    assert before.output is not None
    assert after.output is not None
    assert after.output.snr_db > before.output.snr_db + 10


def test_trials_end_with_the_fewest_kinds_that_repair(uneven: bytes) -> None:
    """Plain int8 comes first, and the last trial is as good as leaving everything in float."""
    samples = tiny_samples()
    trials = find_repair(uneven, GIVEN, measure_ranges(uneven, samples), samples[:2])
    plain, everything, *_, best = trials
    assert plain.kept == ()
    assert best.snr_db > plain.snr_db + 10
    assert best.snr_db > everything.snr_db - 1
    assert set(best.kept) <= set(everything.kept)
    assert "MUL" in best.kept


def test_an_input_with_another_scaling_is_the_only_advice(even: bytes) -> None:
    """An image that falls into a few of 256 levels explains everything by itself."""
    wide = int8_of(even, InputSpec(SIZE_WH, "rgb", (127.0,), (0.5,)))
    found = compare(even, wide, tiny_samples())
    (only,) = advice(found)
    assert "of 256 levels" in only
    assert "calibrated on images with another mean and std" in only


def test_values_beyond_the_range_are_counted(even: bytes) -> None:
    """Calibration on dull images clips the values of lively ones, and the advice says so."""
    dull = quantize(even, "int8", input=GIVEN, samples=[0.05 * one for one in tiny_samples()])
    found = compare(even, dull, tiny_samples())
    assert max(layer.saturated or 0 for layer in found.layers) > 0.2
    assert any("clips" in sentence for sentence in advice(found))


@pytest.mark.parametrize(
    ("signal", "noise", "wanted"),
    [(100.0, 1.0, 20.0), (1.0, 1.0, 0.0), (1.0, 0.0, EXACT_DB), (0.0, 1.0, -EXACT_DB)],
)
def test_decibels(signal: float, noise: float, wanted: float) -> None:
    """Ten decibels are a factor of ten in energy, and the ends are finite."""
    assert decibels(signal, noise) == pytest.approx(wanted)


def test_models_that_do_not_belong_together_are_refused(even: bytes) -> None:
    """Every refusal names what to give instead."""
    int8 = int8_of(even)
    for first, second, samples, word in (
        (int8, int8, tiny_samples(), "not float32"),
        (even, int8, [], "--images"),
        (even, b"nothing", tiny_samples(), "not load"),
    ):
        with pytest.raises(ModelError, match=word):
            compare(first, second, samples)


def numbers(spec: InputSpec) -> list[str]:
    """Return a card's scaling as options of the command."""
    return ["--mean", str(spec.mean[0]), "--std", str(spec.std[0])]


def test_the_command_explains_two_files(
    uneven: bytes, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two files without a card give table, sentences, chart and JSON."""
    (tmp_path / "a.tflite").write_bytes(uneven)
    (tmp_path / "b.tflite").write_bytes(int8_of(uneven))
    files = ["--float32", str(tmp_path / "a.tflite"), "--int8", str(tmp_path / "b.tflite")]
    out = tmp_path / "out"
    wanted = ["--images", str(photos), "--repair", "--out", str(out), *numbers(GIVEN)]
    assert main(["diagnose", *files, *wanted]) == 0
    shown = capsys.readouterr().out
    assert "collapsed" in shown
    assert "--keep-float MUL" in shown
    chart = cv2.imread(str(out / "layers.png"))
    assert chart is not None
    assert chart.std() > 10
    record = json.loads((out / "layers.json").read_text())
    assert record["samples"] == 4
    assert len(record["layers"]) == len(read_graph(uneven).operators)
    assert record["trials"][-1]["snr_db"] > record["trials"][0]["snr_db"]


def test_the_command_reads_a_model_folder(
    even: bytes, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The card says how images are scaled."""
    variants = {}
    for name, content in (("float32", even), ("int8", int8_of(even))):
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(content)
        variants[name] = Variant(name, path, len(content))
    labels = numbered_labels("four", ("a", "b", "c", "d"))
    write_card(ModelSpec("tiny", "Tiny", "segmentation", labels, GIVEN, variants), tmp_path)
    assert main(["diagnose", str(tmp_path), "--images", str(photos), "--samples", "2"]) == 0
    assert "agrees with float32" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        ([], 2, "--float32 and --int8"),
        (["nowhere"], 1, "nowhere"),
        (["nowhere", "--int8", "a.tflite"], 2, "not both"),
        (["--float32", "no.tflite", "--int8", "no.tflite"], 1, "no.tflite"),
        (["nowhere", "--samples", "0"], 2, "--samples 0"),
    ],
)
def test_wrong_use_is_one_line(
    arguments: list[str], code: int, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A usage error exits 2, an error in the files 1."""
    assert main(["diagnose", *arguments, "--images", "photos"]) == code
    error = capsys.readouterr().err
    assert word in error
    assert error.count("\n") == 1


@pytest.fixture(scope="module")
def street(shared: Path) -> NDArray[np.float32]:
    """Return one street image as ESPNet takes it: BGR, scaled by 1/255 after mean and std."""
    std = (45.32 * 255, 46.15 * 255, 44.91 * 255)
    given = InputSpec((1024, 512), "bgr", (72.39, 82.91, 73.16), std)
    tensor = np.empty((1, 512, 1024, 3), np.float32)
    prepare = Preprocess(given, TensorInfo("x", tensor.shape, np.dtype(np.float32)))
    image = min((shared / "camvid" / "train").glob("*.jpg"))
    prepare.fill(np.asarray(cv2.imread(str(image)), np.uint8), tensor[0])
    return tensor


def test_the_collapsed_espnet_is_explained(shared: Path, street: NDArray[np.float32]) -> None:
    """Its input covers 256 times the range of images, so that a street is two levels of grey."""
    folder = shared / "tflite"
    found = compare(
        (folder / "espnet_p2q8_cityscapes_512x1024_float32.tflite").read_bytes(),
        (folder / "espnet_p2q8_cityscapes_512x1024_int8.tflite").read_bytes(),
        [street],
    )
    assert "collapsed" in verdict(found)
    assert "the input uses 2 of 256 levels" in advice(found)[0]
