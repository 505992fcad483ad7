"""Test that the digit network is trained, saved, and never half-saved over a whole one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress

from edge_app.errors import EdgeError, ModelError, UsageError
from host_tools.framework import load_keras
from host_tools.train.digits import (
    Trained,
    check_target,
    digit_network,
    save_network,
    train_digits,
    training_bar,
)
from tests.host.made import made_digits

pytest.importorskip("tensorflow", reason="needs the host extra: pip install '.[host]'")


def _train(out: Path, progress: Progress, *, seed: int = 0) -> Trained:
    """Train for two batches."""
    digits = made_digits(200)
    return train_digits(digits, digits, out, epochs=1, seed=seed, progress=progress)


def _weights(path: Path) -> list[Any]:
    weights: list[Any] = load_keras().models.load_model(path, compile=False).get_weights()
    return weights


def test_the_network_is_the_references() -> None:
    """20,410 parameters, pictures of 28x28 in, ten logits out."""
    network = digit_network()
    assert network.count_params() == 20_410
    assert network.input_shape == (None, 28, 28)
    assert network.output_shape == (None, 10)


def test_the_network_matches_the_references_file(shared: Path) -> None:
    """Each layer has the shapes of the reference's model.h5."""
    reference = _weights(shared / "seed_mnist" / "model.h5")
    assert [w.shape for w in digit_network().get_weights()] == [w.shape for w in reference]


def test_training_leaves_one_file(tmp_path: Path, silent: Progress) -> None:
    """A .keras file with the trained weights, and no draft beside it."""
    trained = _train(tmp_path / "deep" / "digits.keras", silent)
    assert trained.finished
    assert trained.batches == 2
    assert trained.accuracy is not None
    assert list((tmp_path / "deep").iterdir()) == [trained.path]


def test_it_learns(keras_file: Path) -> None:
    """Ten soft spots in ten places are told apart after ten batches."""
    digits = made_digits(100, seed=9)
    network = load_keras().models.load_model(keras_file, compile=False)
    answers = network.predict(digits.scaled(), verbose=0).argmax(axis=1)
    assert (answers == digits.labels).mean() > 0.9


def test_a_seed_gives_the_same_weights(tmp_path: Path, silent: Progress) -> None:
    """One seed twice is equal to the last bit; another is not."""
    paths = [tmp_path / f"{name}.keras" for name in "abc"]
    for path, seed in zip(paths, (5, 5, 6), strict=True):
        _train(path, silent, seed=seed)
    first, again, other = map(_weights, paths)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


class _Impatient(Progress):
    """Press Ctrl-C after the first batch."""

    def update(self, *given: Any, **fields: Any) -> None:
        """Interrupt, as the signal's handler does between two batches."""
        super().update(*given, **fields)
        raise KeyboardInterrupt


def test_ctrl_c_keeps_what_there_is_beside_the_old(tmp_path: Path, silent: Progress) -> None:
    """The interrupted weights get a name of their own, and the finished file stays."""
    out = tmp_path / "digits.keras"
    _train(out, silent)
    before = out.read_bytes()
    trained = _train(out, _Impatient(disable=True))
    assert not trained.finished
    assert trained.path == tmp_path / "digits.interrupted.keras"
    assert out.read_bytes() == before
    assert len(_weights(trained.path)) == 4


def test_a_pipe_gets_a_line_per_epoch(tmp_path: Path) -> None:
    """Where no bar can be drawn the figures come as plain lines."""
    with (tmp_path / "log").open("w+") as log:
        _train(tmp_path / "digits.keras", training_bar(console=Console(file=log, width=80)))
        log.seek(0)
        assert log.read().startswith("epoch 1 of 1: loss ")


@pytest.mark.parametrize(
    ("name", "epochs", "kind", "why"),
    [
        ("digits.h5", 5, UsageError, "must end in .keras"),
        ("digits.keras", 0, UsageError, "at least 1"),
        ("file/digits.keras", 5, ModelError, "cannot be made"),
        ("folder.keras", 5, ModelError, "cannot be written"),
    ],
)
def test_refuses_before_it_trains(
    tmp_path: Path, name: str, epochs: int, kind: type[EdgeError], why: str
) -> None:
    """What could not be saved afterwards is said at once."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(kind, match=why):
        check_target(tmp_path / name, epochs)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """A save that fails is a ModelError, and what was there stays."""

    class Full:
        def save(self, path: Path) -> None:
            path.write_text("half")
            raise OSError(28, "No space left on device")

    out = tmp_path / "digits.keras"
    out.write_text("old")
    with pytest.raises(ModelError, match="No space left"):
        save_network(Full(), out)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
