"""The street network starts from its teacher and learns from a few images."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_app.errors import ModelError

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

from host_tools import cli
from host_tools.framework import load_keras, load_tensorflow
from host_tools.train.checkpoint import (
    Checkpoint,
    checkpoint_path,
    read_checkpoint,
    write_checkpoint,
)
from host_tools.train.history import History, from_json
from host_tools.train.street.batches import WeightedSet
from host_tools.train.street.data import TrainingData
from host_tools.train.street.encoder_init import (
    encoder_layers,
    init_encoder,
    keep_channels,
    read_encoder,
)
from host_tools.train.street.fit import (
    FitOptions,
    OnTrainingStep,
    TrainedStreet,
    fit,
    unfinished_path,
)
from host_tools.train.street.losses import LossShares
from host_tools.train.street.optimizer import TrainingRecipe, class_weights, is_encoder
from host_tools.train.street.street_network import BLOCKS as SHIPPED
from host_tools.train.street.street_network import FULL, street_network
from host_tools.train.street.street_sizes import SIZES, StreetSize
from host_tools.train.street.validation import ValidationSample, validation_scores
from tests.support.made_graph import write_graph
from tests.support.made_street import (
    BLOCKS,
    DECODER,
    SIZE_WH,
    SMALL,
    made_camvid,
    made_image,
    made_samples,
    made_teacher,
)

pytestmark = pytest.mark.tensorflow

SIZE = StreetSize(SIZE_WH, BLOCKS, DECODER)


def _network() -> Any:
    load_keras().utils.set_random_seed(0)
    return street_network(SIZE_WH, blocks=SMALL, decoder=DECODER)


def _fitted(
    out: Path,
    steps: int,
    *,
    resume: bool = False,
    on_step: OnTrainingStep = lambda done: None,
    **recipe: Any,
) -> TrainedStreet:
    validation = [ValidationSample(*made_image(seed), "cityscapes") for seed in range(50, 53)]
    return fit(
        _network(),
        _network(),
        TrainingData([WeightedSet(made_samples(8), 1.0)], validation),
        out,
        FitOptions(
            60,
            TrainingRecipe(batch=4, rate=0.02, encoder_rate=1.0, mean=0.8, warmup=0.001, **recipe),
            resume=resume,
            steps=steps,
        ),
        on_validation=lambda history: None,
        on_step=on_step,
    )


def test_the_large_network_has_all_of_the_teachers_blocks() -> None:
    """It takes 768x384 and has fewer than 2.5 million weights, an int8 file below 3.5 MB."""
    network = SIZES["large"].build()
    assert network.output_shape == (None, 96, 192, 19)
    assert network.get_layer("project16").output.shape[1:] == (12, 24, 320)
    assert network.count_params() < 2_500_000


def test_the_network_gives_logits_at_a_quarter() -> None:
    """The shipped network takes 512x256 and has fewer than 0.8 million weights."""
    network = street_network(blocks=SHIPPED)
    assert network.input_shape == (None, 256, 512, 3)
    assert network.output_shape == (None, 64, 128, 19)
    assert network.count_params() < 800_000


@pytest.mark.parametrize("folded", [True, False])
def test_the_encoder_computes_what_the_teacher_does(tmp_path: Path, folded: bool) -> None:
    """With all channels kept, a block has the teacher's output, with batch norm folded in."""
    tf = load_tensorflow()
    path = made_teacher(tmp_path / "teacher.pb", folded=folded)
    network = street_network((64, 32), blocks=FULL)
    weights = read_encoder(path)
    for name in encoder_layers(FULL):
        network.get_layer(name).set_weights(list(weights[name]))
    # The teacher pads an odd size evenly; on an even one both do the same.
    image = np.random.default_rng(1).uniform(-1, 1, (1, 32, 64, 3)).astype(np.float32)
    with tf.Graph().as_default() as graph:
        definition = tf.compat.v1.GraphDef.FromString(path.read_bytes())
        given = tf.compat.v1.placeholder(tf.float32, image.shape)
        (wanted,) = tf.import_graph_def(definition, {"sub_7": given}, ["block5:0"])
        with tf.compat.v1.Session(graph=graph) as session:
            expected = session.run(wanted, {given: image})
    inner = load_keras().Model(network.input, network.get_layer("add5").output)
    np.testing.assert_allclose(np.asarray(inner(image)), expected, rtol=1e-3, atol=1e-3)


def test_another_graph_is_refused_as_a_teacher(tmp_path: Path) -> None:
    """Only a MobileNetV2 has the encoder's weights."""
    with pytest.raises(ModelError, match="give DeepLab's frozen graph"):
        read_encoder(write_graph(tmp_path / "other.pb"))


def test_redundant_channels_are_pruned_first() -> None:
    """Half of the channels repeat the other half; without them nothing is lost."""
    random = np.random.default_rng(0)
    own = random.normal(1, 1, (500, 6))
    values = np.concatenate([own, 2 * own + 0.5], axis=1)
    project = random.normal(0, 1, (12, 4)).astype(np.float32)
    chosen, left, shift, lost = keep_channels(values, project, 6)
    assert sorted(channel % 6 for channel in chosen) == list(range(6))
    assert lost < 1e-3
    np.testing.assert_allclose(values[:, chosen] @ left + shift, values @ project, atol=0.05)


def test_a_pruned_encoder_gets_weights_of_its_own_shapes(tmp_path: Path) -> None:
    """Every layer of the encoder is set; the loss is a share of each block's variance."""
    weights = read_encoder(made_teacher(tmp_path / "teacher.pb", folded=True))
    network = street_network(SIZE_WH, blocks=SHIPPED)
    before = network.get_layer("project12").get_weights()[0]
    images = np.stack([made_image(seed, SIZE_WH)[0] for seed in range(4)]).astype(np.float32)
    lost = init_encoder(network, SHIPPED, weights, images / 127.5 - 1)
    assert len(lost) == len(SHIPPED)
    assert all(0 <= share < 1 for share in lost)
    assert not np.array_equal(network.get_layer("project12").get_weights()[0], before)


def test_only_the_encoder_starts_from_the_teacher() -> None:
    """The decoder's depthwise layers are not mistaken for the encoder's."""
    assert is_encoder("expand12/kernel")
    assert is_encoder("stem/bias")
    assert not is_encoder("eighth_depthwise/kernel")
    assert not is_encoder("logits/kernel")


def test_the_rate_rises_and_falls() -> None:
    """It is highest after the warm-up and almost zero at the end."""
    recipe = TrainingRecipe(rate=1.0, warmup=0.1)
    rates = [recipe.rate_at(done) for done in np.linspace(0, 1, 101)]
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert np.argmax(rates) == 10
    assert 0 < rates[-1] < 0.01
    assert recipe.rate_at(1.5) == rates[-1]


def test_a_trial_ends_by_its_steps() -> None:
    """The rate falls over the steps of a trial, however slow the machine; the time also ends it."""
    assert FitOptions(minutes=60, steps=90).done(3000.0, 0) == 0
    assert FitOptions(minutes=60, steps=90).done(6.0, 45) == pytest.approx(0.5)
    assert FitOptions(minutes=60, steps=90).done(3600.0, 45) == pytest.approx(1.0)
    assert FitOptions(minutes=60).done(1800.0, 45) == pytest.approx(0.5)


def test_rare_classes_weigh_more() -> None:
    """The mean weight of a pixel is 1, and that of a rare class is higher."""
    weights = class_weights([900, 99, 1])
    assert weights[0] < 1 < weights[1] < weights[2]
    assert np.dot(weights, [0.9, 0.099, 0.001]) == pytest.approx(1.0)


def test_a_constant_answer_scores_its_share_of_the_pixels() -> None:
    """Road everywhere is as accurate as road is frequent, and has half of that as mIoU."""

    class Road:
        """Answers road everywhere."""

        input_shape = (None, 32, 64, 3)

        def predict_on_batch(self, image: object) -> object:
            """Return logits at a quarter of the size."""
            logits = np.zeros((1, 8, 16, 19), np.float32)
            logits[..., 0] = 1
            return logits

    image, truth = made_image(0)
    miou, accuracy = validation_scores(Road(), [ValidationSample(image, truth, "cityscapes")])
    assert accuracy == pytest.approx(float((truth == 0).mean()))
    assert miou == pytest.approx(accuracy / 2)


def test_it_learns_and_resumes_after_ctrl_c(tmp_path: Path) -> None:
    """Ctrl-C leaves a network to convert; the resumed run learns sky and road."""
    out = tmp_path / "street.keras"
    steps = []

    def stop(done: float) -> None:
        steps.append(done)
        if len(steps) == 20:
            raise KeyboardInterrupt

    first = _fitted(out, 90, on_step=stop)
    assert not first.finished
    assert first.path == unfinished_path(out)
    assert load_keras().models.load_model(first.path).output_shape[-1] == 19
    assert not out.exists()
    second = _fitted(out, 90, resume=True)
    assert second.finished
    assert not unfinished_path(out).exists()
    assert second.history.records[0] == first.history.records[0]
    assert [record["steps"] for record in second.history.records] == [20, 90]
    assert second.history.records[-1]["minutes"] > first.history.records[-1]["minutes"]
    assert second.history.records[-1]["held_out_miou"] > 0.8
    assert from_json(json.loads(out.with_suffix(".history.json").read_text())) == second.history


def test_every_loss_together_learns_and_resumes(tmp_path: Path) -> None:
    """Inner layers, mIoU and hard pixels: the weights of the inner layers are kept, too."""
    out = tmp_path / "street.keras"
    losses = LossShares(lovasz=0.5, auxiliary=0.4, sure=0.9)
    _fitted(out, 20, losses=losses)
    second = _fitted(out, 90, resume=True, losses=losses)
    assert second.history.records[-1]["held_out_miou"] > 0.8
    assert load_keras().models.load_model(second.path).output_shape[-1] == 19
    with pytest.raises(ModelError, match="another network"):
        _fitted(out, 120, resume=True)


def test_frozen_blocks_keep_their_weights(tmp_path: Path) -> None:
    """The stem and the first two blocks; the block after them is trained."""
    out = tmp_path / "street.keras"
    before, path = _network(), _fitted(out, 3, frozen=2).path
    after = load_keras().models.load_model(path)
    for name, same in (("stem", True), ("project1", True), ("depthwise2", False)):
        pair = [network.get_layer(name).get_weights()[0] for network in (before, after)]
        assert np.array_equal(*pair) is same


def test_two_trials_end_with_the_same_weights(tmp_path: Path) -> None:
    """Nothing in them depends on the time."""
    weights = []
    for name in ("one", "two"):
        out = tmp_path / f"{name}.keras"
        _fitted(out, 3)
        weights.append(read_checkpoint(checkpoint_path(out)).weights)
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    """A training does not continue from weights of other shapes."""
    out = tmp_path / "street.keras"
    arrays = [np.zeros(3, np.float32)]
    write_checkpoint(Checkpoint(History(), arrays, arrays), checkpoint_path(out))
    with pytest.raises(ModelError, match="another network"):
        _fitted(out, 2, resume=True)


def test_the_command_trains_from_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From CamVid's layout and a frozen graph to a .keras file, its history and chart."""
    pytest.importorskip("matplotlib", reason="needs the host extra: pip install -e '.[host]'")
    camvid = made_camvid(tmp_path / "camvid", 2)
    teacher = made_teacher(tmp_path / "teacher.pb", folded=True)
    out = tmp_path / "street.keras"
    monkeypatch.setitem(SIZES, "small", SIZE)
    line = ["train", "street", "--data", f"camvid:{camvid}", "--teacher", str(teacher)]
    assert cli.main([*line, "--minutes", "0.05", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "next: host-tools convert" in shown
    assert len(list((tmp_path / "street.cache").glob("*.npz"))) == 2
    chart = cv2.imread(str(out.with_suffix(".history.png")))
    assert chart is not None
    assert chart.shape[1] > 600


@pytest.mark.parametrize(
    ("line", "code", "why"),
    [
        ("train street --data camvid --teacher t.pb", 2, "camvid:PATH"),
        ("train street --data scenes:many --teacher t.pb", 2, "scenes:400"),
        ("train street --data camvid:x --teacher t.pb --out a.h5", 2, "must end in .keras"),
        ("train street --data scenes:1 --teacher a.pb --resume", 1, "no checkpoint"),
        ("train street --data scenes:1 --teacher t.pb", 1, "t.pb cannot be read"),
    ],
)
def test_a_fault_is_one_line(
    line: str,
    code: int,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What cannot be is said in one line, before anything is trained."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.pb").write_bytes(b"no graph")
    assert cli.main(line.split()) == code
    assert why in capsys.readouterr().err
