"""Test that the street network starts from its teacher and learns from a few pictures."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.errors import ModelError

pytest.importorskip("tensorflow", reason="needs the host extra: pip install '.[host]'")

from host_tools import cli
from host_tools.framework import load_keras, load_tensorflow
from host_tools.train.checkpoint import Checkpoint, checkpoint_path, write_checkpoint
from host_tools.train.history import History, from_json
from host_tools.train.street.batches import WeightedSet
from host_tools.train.street.encoder_init import (
    front_layers,
    keep_channels,
    read_front,
    start_front,
)
from host_tools.train.street.fit import Fitted, Span, fit, unfinished_path
from host_tools.train.street.optimizer import TrainingRecipe, class_weights, is_front
from host_tools.train.street.street_network import BLOCKS as SHIPPED
from host_tools.train.street.street_network import FULL, street_network
from host_tools.train.street.train_command import street_command
from host_tools.train.street.validation import ValidationSample, score_held
from tests.support.made_graph import write_graph
from tests.support.made_street import (
    BLOCKS,
    DECODER,
    SIZE_WH,
    SMALL,
    made_camvid,
    made_picture,
    made_studies,
    made_teacher,
)


def _network() -> object:
    load_keras().utils.set_random_seed(0)
    return street_network(SIZE_WH, blocks=SMALL, decoder=DECODER)


def _fitted(
    out: Path,
    steps: int,
    *,
    resume: bool = False,
    moved: Callable[[float], None] | None = None,
) -> Fitted:
    held = [ValidationSample(*made_picture(seed), "cityscapes") for seed in range(50, 53)]
    return fit(
        _network(),
        _network(),
        [WeightedSet(made_studies(8), 1.0)],
        held,
        out,
        recipe=TrainingRecipe(batch=4, rate=0.02, front=1.0, mean=0.8, warm=0.001),
        span=Span(minutes=60, steps=steps),
        resume=resume,
        tell=lambda history: None,
        moved=moved,
    )


def test_the_network_gives_logits_at_a_quarter() -> None:
    """What ships takes 512x256 and has fewer than 0.8 million weights."""
    network = street_network(blocks=SHIPPED)
    assert network.input_shape == (None, 256, 512, 3)
    assert network.output_shape == (None, 64, 128, 19)
    assert network.count_params() < 800_000


@pytest.mark.parametrize("folded", [True, False])
def test_the_front_is_the_teachers(tmp_path: Path, folded: bool) -> None:
    """With all channels kept, a block gives what the teacher gives, batch norm folded in."""
    tf = load_tensorflow()
    path = made_teacher(tmp_path / "teacher.pb", folded=folded)
    network = street_network((64, 32), blocks=FULL)
    weights = read_front(path)
    for name in front_layers(FULL):
        network.get_layer(name).set_weights(list(weights[name]))
    # The teacher pads an odd size evenly; on an even one both do the same.
    picture = np.random.default_rng(1).uniform(-1, 1, (1, 32, 64, 3)).astype(np.float32)
    with tf.Graph().as_default() as graph:
        definition = tf.compat.v1.GraphDef.FromString(path.read_bytes())
        given = tf.compat.v1.placeholder(tf.float32, picture.shape)
        (wanted,) = tf.import_graph_def(definition, {"sub_7": given}, ["block5:0"])
        with tf.compat.v1.Session(graph=graph) as session:
            expected = session.run(wanted, {given: picture})
    inner = load_keras().Model(network.input, network.get_layer("add5").output)
    np.testing.assert_allclose(np.asarray(inner(picture)), expected, rtol=1e-3, atol=1e-3)


def test_another_graph_is_no_teacher_to_start_from(tmp_path: Path) -> None:
    """A graph that is no MobileNetV2 is refused."""
    with pytest.raises(ModelError, match="give DeepLab's frozen graph"):
        read_front(write_graph(tmp_path / "other.pb"))


def test_channels_that_repeat_others_go_first() -> None:
    """Half of the channels say the same as the other half: leaving them out loses nothing."""
    random = np.random.default_rng(0)
    own = random.normal(1, 1, (500, 6))
    values = np.concatenate([own, 2 * own + 0.5], axis=1)
    project = random.normal(0, 1, (12, 4)).astype(np.float32)
    chosen, left, shift, lost = keep_channels(values, project, 6)
    assert sorted(channel % 6 for channel in chosen) == list(range(6))
    assert lost < 1e-3
    np.testing.assert_allclose(values[:, chosen] @ left + shift, values @ project, atol=0.05)


def test_a_pruned_front_has_the_channels_that_count(tmp_path: Path) -> None:
    """Every layer of the front gets weights of its own shape; the loss is a share of each block."""
    weights = read_front(made_teacher(tmp_path / "teacher.pb", folded=True))
    network = street_network(SIZE_WH, blocks=SHIPPED)
    before = network.get_layer("project12").get_weights()[0]
    pictures = np.stack([made_picture(seed, SIZE_WH)[0] for seed in range(4)]).astype(np.float32)
    lost = start_front(network, SHIPPED, weights, pictures / 127.5 - 1)
    assert len(lost) == len(SHIPPED)
    assert all(0 <= share < 1 for share in lost)
    assert not np.array_equal(network.get_layer("project12").get_weights()[0], before)


def test_only_the_front_starts_from_the_teacher() -> None:
    """The decoder's depthwise layers are not taken for the front's."""
    assert is_front("expand12/kernel")
    assert is_front("stem/bias")
    assert not is_front("eighth_depthwise/kernel")
    assert not is_front("logits/kernel")


def test_the_rate_rises_and_falls() -> None:
    """It is highest after the first part of the time and hardly anything at the end."""
    recipe = TrainingRecipe(rate=1.0, warm=0.1)
    rates = [recipe.rate_at(done) for done in np.linspace(0, 1, 101)]
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert np.argmax(rates) == 10
    assert 0 < rates[-1] < 0.01
    assert recipe.rate_at(1.5) == rates[-1]


def test_a_trial_is_over_by_its_steps() -> None:
    """The rate falls over the steps of a trial, however slow the machine; time still ends it."""
    assert Span(minutes=60, steps=90).done(6.0, 45) == pytest.approx(0.5)
    assert Span(minutes=60, steps=90).done(3600.0, 45) == pytest.approx(1.0)
    assert Span(minutes=60).done(1800.0, 45) == pytest.approx(0.5)


def test_rare_classes_weigh_more() -> None:
    """The mean weight of a pixel is 1, that of a rare class higher."""
    weights = class_weights([900, 99, 1])
    assert weights[0] < 1 < weights[1] < weights[2]
    assert np.dot(weights, [0.9, 0.099, 0.001]) == pytest.approx(1.0)


def test_a_network_that_knows_two_classes_scores_them() -> None:
    """A network that always says road has half of the mean over sky and road, or less."""

    class Road:
        """Say road everywhere."""

        input_shape = (None, 32, 64, 3)

        def predict_on_batch(self, picture: object) -> object:
            """Return logits at a quarter of the size."""
            logits = np.zeros((1, 8, 16, 19), np.float32)
            logits[..., 0] = 1
            return logits

    image, truth = made_picture(0)
    miou, accuracy = score_held(Road(), [ValidationSample(image, truth, "cityscapes")])
    assert accuracy == pytest.approx(float((truth == 0).mean()))
    assert miou == pytest.approx(accuracy / 2)


def test_it_learns_and_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    """Ctrl-C leaves a network to convert; the resumed run tells sky and road apart."""
    out = tmp_path / "street.keras"
    moves = []

    def stop(done: float) -> None:
        moves.append(done)
        if len(moves) == 20:
            raise KeyboardInterrupt

    first = _fitted(out, 90, moved=stop)
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


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    """Nothing goes on from weights of other shapes."""
    out = tmp_path / "street.keras"
    arrays = [np.zeros(3, np.float32)]
    write_checkpoint(Checkpoint(History(), arrays, arrays), checkpoint_path(out))
    with pytest.raises(ModelError, match="another network"):
        _fitted(out, 2, resume=True)


def test_the_command_trains_from_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From CamVid's layout and a frozen graph to a .keras file, its history and chart."""
    pytest.importorskip("matplotlib", reason="needs the host extra: pip install '.[host]'")
    camvid = made_camvid(tmp_path / "camvid", 2)
    teacher = made_teacher(tmp_path / "teacher.pb", folded=True)
    out = tmp_path / "street.keras"
    line = ["train", "street", "--data", f"camvid:{camvid}", "--teacher", str(teacher)]
    options = cli.PROGRAM.parse([*line, "--out", str(out)])
    code = street_command(
        options,
        size_wh=SIZE_WH,
        blocks=BLOCKS,
        decoder=DECODER,
        recipe=TrainingRecipe(batch=2),
        span=Span(60, steps=2),
    )
    assert code == 0
    shown = capsys.readouterr().out
    assert "next: host-tools convert" in shown
    assert len(list((tmp_path / "street.cache").glob("*.npz"))) == 2
    chart = cv2.imread(str(out.with_suffix(".history.png")))
    assert chart.shape[1] > 600


@pytest.mark.parametrize(
    ("line", "code", "why"),
    [
        ("train street --data camvid --teacher t.pb", 2, "camvid:PATH"),
        ("train street --data scenes:many --teacher t.pb", 2, "scenes:400"),
        ("train street --data camvid:x --teacher t.pb --out a.h5", 2, "must end in .keras"),
        ("train street --data camvid:x --teacher t.pb --resume", 1, "no checkpoint"),
        ("train street --data camvid:x --teacher t.pb", 1, "t.pb cannot be read"),
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
    assert cli.main(line.split()) == code
    assert why in capsys.readouterr().err
