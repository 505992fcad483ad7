"""The digit network is trained and saved; a half-trained one never replaces a finished one."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress

from edge_app.errors import EdgeError, ModelError, SinkError, UsageError
from host_tools.framework import load_keras
from host_tools.train.checkpoint import check_target, checkpoint_path, read_checkpoint, save_network
from host_tools.train.history import History, from_json
from host_tools.train.mnist.digit_chart import digit_chart
from host_tools.train.mnist.train_digits import (
    OURS,
    REFERENCE,
    TrainedDigits,
    digit_network,
    epoch_order,
    train_digits,
)
from host_tools.train.watching import training_bar
from tests.support.made_digits import made_digits

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

pytestmark = pytest.mark.tensorflow


def _train(out: Path, progress: Progress, **options: Any) -> TrainedDigits:
    """Train on 200 made digits: two batches per epoch, one epoch by default."""
    digits = made_digits(200)
    return train_digits(digits, digits, out, progress=progress, **{"epochs": 1, **options})


def _weights(path: Path) -> list[Any]:
    weights: list[Any] = load_keras().models.load_model(path, compile=False).get_weights()
    return weights


def test_the_network_is_the_references() -> None:
    """20,410 parameters, images of 28x28 in, ten logits out."""
    network = digit_network()
    assert network.count_params() == 20_410
    assert network.input_shape == (None, 28, 28)
    assert network.output_shape == (None, 10)


def test_the_network_matches_the_references_file(shared: Path) -> None:
    """Each layer has the shapes of the reference's model.h5."""
    reference = _weights(shared / "seed_mnist" / "model.h5")
    assert [w.shape for w in digit_network().get_weights()] == [w.shape for w in reference]


def test_training_leaves_the_model_and_its_history(tmp_path: Path, silent: Progress) -> None:
    """A .keras file with the trained weights, and neither a draft nor a checkpoint beside it."""
    trained = _train(tmp_path / "deep" / "digits.keras", silent)
    assert trained.finished
    assert trained.batches == 2
    assert trained.accuracy is not None
    history = tmp_path / "deep" / "digits.history.json"
    assert sorted((tmp_path / "deep").iterdir()) == [history, trained.path]
    assert from_json(json.loads(history.read_text())) == trained.history


def test_it_learns(keras_file: Path) -> None:
    """After ten batches it distinguishes ten soft spots in ten places."""
    digits = made_digits(100, seed=9)
    network = load_keras().models.load_model(keras_file, compile=False)
    answers = network.predict(digits.scaled(), verbose=0).argmax(axis=1)
    assert (answers == digits.labels).mean() > 0.9


def test_a_seed_gives_the_same_weights(tmp_path: Path, silent: Progress) -> None:
    """The same seed gives equal bits; another one does not."""
    paths = [tmp_path / f"{name}.keras" for name in "abc"]
    for path, seed in zip(paths, (5, 5, 6), strict=True):
        _train(path, silent, seed=seed)
    first, again, other = map(_weights, paths)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


class _Impatient(Progress):
    """Press Ctrl-C after some batches."""

    def __init__(self, batches: int = 1) -> None:
        super().__init__(disable=True)
        self.left = batches

    def update(self, *given: Any, **fields: Any) -> None:
        """Interrupt, as the signal's handler does between two batches."""
        super().update(*given, **fields)
        self.left -= "advance" in fields
        if self.left == 0:
            raise KeyboardInterrupt


def test_ctrl_c_saves_beside_the_finished_file(tmp_path: Path, silent: Progress) -> None:
    """The interrupted weights get a name of their own, and the finished file stays."""
    out = tmp_path / "digits.keras"
    _train(out, silent)
    before = out.read_bytes()
    trained = _train(out, _Impatient())
    assert not trained.finished
    assert trained.path == tmp_path / "digits.interrupted.keras"
    assert out.read_bytes() == before
    assert len(_weights(trained.path)) == 4


def _same(first: Path, other: Path) -> bool:
    pairs = zip(_weights(first), _weights(other), strict=True)
    return all(np.array_equal(one, another) for one, another in pairs)


def _untimed(history: History) -> History:
    """Return a history without the times."""
    records = ({k: v for k, v in one.items() if k != "seconds"} for one in history.records)
    return History(history.settings, tuple(records))


@pytest.mark.parametrize("recipe", [OURS, REFERENCE])
def test_a_resumed_run_ends_as_one_run_does(tmp_path: Path, silent: Progress, recipe: Any) -> None:
    """Interrupted within the second and the third epoch, its weights have equal bits."""
    whole, parts = tmp_path / "whole.keras", tmp_path / "parts.keras"
    options = {"recipe": replace(recipe, batch=64), "epochs": 4, "seed": 3}
    at_once = _train(whole, silent, **options)
    first = _train(parts, _Impatient(6), **options)
    second = _train(parts, _Impatient(4), resume=True, **options)
    assert [first.batches, second.batches] == [6, 8]
    assert [len(run.history.records) for run in (first, second)] == [1, 1]
    assert checkpoint_path(parts).exists()
    last = _train(parts, silent, resume=True, **options)
    assert last.finished
    assert last.batches == at_once.batches == 16
    assert _same(whole, parts)
    assert _untimed(last.history) == _untimed(at_once.history)
    assert not checkpoint_path(parts).exists()


_CHILD = """
import sys
from pathlib import Path
from rich.progress import Progress
from host_tools.train.mnist.train_digits import train_digits
from tests.support.made_digits import made_digits
digits, out, epochs = made_digits(200), Path(sys.argv[1]), int(sys.argv[2])
train_digits(digits, digits, out, epochs=epochs, progress=Progress(disable=True))
"""


def test_a_killed_run_resumes_to_the_same_weights(tmp_path: Path, silent: Progress) -> None:
    """After SIGKILL in another process, this one resumes."""
    out, whole = tmp_path / "killed.keras", tmp_path / "whole.keras"
    epochs = 12
    child = subprocess.Popen([sys.executable, "-c", _CHILD, str(out), str(epochs)])
    try:
        deadline = time.monotonic() + 120
        while not checkpoint_path(out).exists():
            assert child.poll() is None, "the child ended before its first checkpoint"
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    done = len(read_checkpoint(checkpoint_path(out)).history.records)
    assert 1 <= done < epochs
    assert not out.exists()
    resumed = _train(out, silent, epochs=epochs, resume=True)
    assert resumed.finished
    _train(whole, silent, epochs=epochs)
    assert _same(out, whole)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"epochs": 3}, "epochs 2 there, 3 here"),
        ({"seed": 1}, "seed 0 there, 1 here"),
        ({"recipe": REFERENCE}, "recipe ours there, reference here; batch 128 there, 32 here"),
        ({"digits": made_digits(200, seed=5)}, "data [0-9a-f]{12} there, [0-9a-f]{12} here"),
    ],
)
def test_a_resumed_run_must_have_the_same_settings(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    """The error names the differences, and the checkpoint stays."""
    out, digits = tmp_path / "digits.keras", made_digits(200)
    _train(out, _Impatient(3), epochs=2)
    options = {"digits": digits, "held_out": digits, "epochs": 2, **change}
    with pytest.raises(UsageError, match=f"{why}.*leave out --resume"):
        train_digits(out=out, resume=True, progress=Progress(disable=True), **options)
    assert len(read_checkpoint(checkpoint_path(out)).history.records) == 1


def test_resume_without_a_checkpoint_is_refused(tmp_path: Path, silent: Progress) -> None:
    """Nothing is trained then."""
    with pytest.raises(ModelError, match=r"no checkpoint .*leave out --resume"):
        _train(tmp_path / "digits.keras", silent, resume=True)
    assert not list(tmp_path.iterdir())


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    """Each epoch and each seed has its own order, the same every time."""
    orders = [epoch_order(50, seed, epoch).tolist() for seed, epoch in ((0, 0), (0, 1), (1, 0))]
    assert sorted(orders[0]) == list(range(50))
    assert len(set(map(tuple, orders))) == 3
    assert epoch_order(50, 1, 0).tolist() == orders[2]


def test_every_epoch_is_on_record(tmp_path: Path, silent: Progress) -> None:
    """Loss, both accuracies and the rate, in JSON and in a chart."""
    trained = _train(tmp_path / "digits.keras", silent, epochs=2)
    values = json.loads((tmp_path / "digits.history.json").read_text())
    assert [record["epoch"] for record in values["records"]] == [1, 2]
    assert {"loss", "accuracy", "held_out_accuracy", "learning_rate"} < set(values["records"][0])
    assert values["records"][1]["learning_rate"] == pytest.approx(0, abs=1e-9)
    assert (values["settings"]["recipe"], values["settings"]["batch"]) == ("ours", 128)
    assert digit_chart(trained.history).startswith(b"\x89PNG")


def test_a_pipe_gets_a_line_per_epoch(tmp_path: Path) -> None:
    """Without a terminal there is no bar, but a line per epoch."""
    with (tmp_path / "log").open("w+") as log:
        _train(tmp_path / "digits.keras", training_bar(console=Console(file=log, width=80)))
        log.seek(0)
        assert log.read().startswith("epoch 1 of 1: loss ")


@pytest.mark.parametrize(
    ("name", "epochs", "kind", "why"),
    [
        ("digits.h5", 5, UsageError, "must end in .keras"),
        ("digits.keras", 0, UsageError, "at least 1"),
        ("file/digits.keras", 5, SinkError, "something above it is a file"),
        ("folder.keras", 5, SinkError, "it is a folder"),
    ],
)
def test_refuses_before_it_trains(
    tmp_path: Path, name: str, epochs: int, kind: type[EdgeError], why: str
) -> None:
    """An output that could not be saved is an error before the training."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(kind, match=why):
        check_target(tmp_path / name, epochs)


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    """No random generator takes one."""
    with pytest.raises(UsageError, match="--seed -1"):
        check_target(tmp_path / "digits.keras", 1, -1)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """A save that fails is a ModelError, and the old file stays."""

    class Full:
        def save(self, path: Path) -> None:
            path.write_text("half")
            raise OSError(28, "No space left on device")

    out = tmp_path / "digits.keras"
    out.write_text("old")
    with pytest.raises(ModelError, match="the disk is full"):
        save_network(Full(), out)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
