"""Files of a training: the trained network, and checkpoints from which it can continue."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.atomic import atomic_file
from edge_app.errors import ModelError, UsageError
from edge_app.input_file import check_is_file
from edge_app.output_place import check_outputs
from host_tools.train.history import History, as_json, from_json


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything that the next epoch or step depends on.

    history: of the training so far; its settings are those of the run.
    weights, optimizer: arrays in the order in which Keras lists the variables.
    """

    history: History
    weights: Sequence[NDArray[Any]]
    optimizer: Sequence[NDArray[Any]]


def checkpoint_path(out: Path) -> Path:
    """Return the path of the checkpoint of the model `out`."""
    return out.with_suffix(".checkpoint.npz")


def restore(checkpoint: Checkpoint, network: Any, optimizer: Sequence[Any]) -> None:
    """Assign a checkpoint to a network and the variables of its optimizer.

    Raises ModelError if their shapes differ.
    """
    variables = [*network.weights, *optimizer]
    arrays = [*checkpoint.weights, *checkpoint.optimizer]
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [array.shape for array in arrays]:
        raise ModelError("the checkpoint is of another network; leave out --resume to start again")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def save_checkpoint(network: Any, optimizer: Sequence[Any], history: History, path: Path) -> None:
    """Write the weights of a network and the variables of its optimizer as a checkpoint."""
    state = [np.asarray(variable.numpy()) for variable in optimizer]
    write_checkpoint(Checkpoint(history, network.get_weights(), state), path)


def write_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint, whole or not at all; raise ModelError if that fails."""
    text = json.dumps(as_json(checkpoint.history)).encode()
    arrays: dict[str, Any] = {
        f"{kind}_{place:03}": array
        for kind, state in (("weights", checkpoint.weights), ("optimizer", checkpoint.optimizer))
        for place, array in enumerate(state)
    }
    with atomic_file(path, error=ModelError) as draft, draft.open("wb") as file:
        np.savez(file, history=np.frombuffer(text, np.uint8), **arrays)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; raise ModelError if there is none or it is damaged."""
    check_is_file(path, ModelError)
    try:
        # Opened here, since numpy leaves a damaged archive open.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as held:
            history = from_json(json.loads(held["history"].tobytes()))
            weights, optimizer = (
                [held[name] for name in sorted(held.files) if name.startswith(kind)]
                for kind in ("weights", "optimizer")
            )
    except FileNotFoundError:
        raise ModelError(
            f"there is no checkpoint {path} to continue from; leave out --resume to start again"
        ) from None
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as fault:
        raise ModelError(
            f"{path} is not a checkpoint, or damaged ({fault}); leave out --resume to start again"
        ) from None
    return Checkpoint(history, weights, optimizer)


def check_same(before: Mapping[str, Any], now: Mapping[str, Any], path: Path) -> None:
    """Raise UsageError with every setting that differs from those of the checkpoint's run."""
    differ = [
        f"{name} {_short(before.get(name))} there, {_short(now.get(name))} here"
        for name in {**before, **now}
        if before.get(name) != now.get(name)
    ]
    if differ:
        raise UsageError(
            f"{path} is of a run with other settings: {'; '.join(differ)}; "
            "give the same ones, or leave out --resume to start again"
        )


def _short(value: Any) -> str:
    return "none" if value is None else str(value)[:12]


def check_target(out: Path, epochs: int, seed: int = 0) -> None:
    """Raise UsageError or SinkError for options that would fail after the training."""
    if out.suffix != ".keras":
        raise UsageError(f"--out {out}: must end in .keras, the only format that keeps everything")
    if epochs < 1:
        raise UsageError(f"--epochs {epochs}: train for at least 1")
    if not 0 <= seed < 2**32:
        raise UsageError(f"--seed {seed}: give a whole number from 0 to {2**32 - 1}")
    check_outputs(files=[out])


def save_network(network: Any, path: Path) -> None:
    """Write a .keras file, whole or not at all; raise ModelError if that fails."""
    with atomic_file(path, error=ModelError) as draft:
        network.save(draft)
