"""Keep a training's state after every epoch, so that it can go on where it stopped."""

from __future__ import annotations

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
from host_tools.train.history import History, as_json, from_json


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Hold all that the next epoch depends on.

    history: as many records as epochs are done; its settings are those of the run.
    weights, optimizer: arrays in the order Keras lists the variables.
    """

    history: History
    weights: Sequence[NDArray[Any]]
    optimizer: Sequence[NDArray[Any]]


def checkpoint_path(out: Path) -> Path:
    """Return where the checkpoint of a model that will be `out` is kept."""
    return out.with_suffix(".checkpoint.npz")


def take_checkpoint(network: Any, history: History) -> Checkpoint:
    """Copy a compiled network's state."""
    optimizer = [np.asarray(variable.numpy()) for variable in network.optimizer.variables]
    return Checkpoint(history, network.get_weights(), optimizer)


def put_back(checkpoint: Checkpoint, network: Any) -> None:
    """Give a network a checkpoint's state; raise ModelError where it is of another network."""
    network.optimizer.build(network.trainable_variables)
    variables = [*network.weights, *network.optimizer.variables]
    arrays = [*checkpoint.weights, *checkpoint.optimizer]
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [array.shape for array in arrays]:
        raise ModelError("the checkpoint is of another network; leave --resume out to begin anew")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def write_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint in one step; raise ModelError where it cannot be."""
    text = json.dumps(as_json(checkpoint.history)).encode()
    arrays: dict[str, Any] = {
        f"{kind}_{place:03}": array
        for kind, state in (("weights", checkpoint.weights), ("optimizer", checkpoint.optimizer))
        for place, array in enumerate(state)
    }
    with atomic_file(path) as draft, draft.open("wb") as file:
        np.savez(file, history=np.frombuffer(text, np.uint8), **arrays)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; raise ModelError where there is none or it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as held:
            history = from_json(json.loads(held["history"].tobytes()))
            weights, optimizer = (
                [held[name] for name in sorted(held.files) if name.startswith(kind)]
                for kind in ("weights", "optimizer")
            )
    except FileNotFoundError:
        raise ModelError(
            f"there is no checkpoint {path} to go on from; leave --resume out to begin anew"
        ) from None
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as fault:
        raise ModelError(
            f"{path} is no checkpoint or damaged ({fault}); leave --resume out to begin anew"
        ) from None
    return Checkpoint(history, weights, optimizer)


def check_same(before: Mapping[str, Any], now: Mapping[str, Any], path: Path) -> None:
    """Raise UsageError naming every setting that is not what the checkpoint's run had."""
    differ = [
        f"{name} {_short(before.get(name))} there, {_short(now.get(name))} here"
        for name in {**before, **now}
        if before.get(name) != now.get(name)
    ]
    if differ:
        raise UsageError(
            f"{path} is of a run with other settings: {'; '.join(differ)}; "
            "give the same ones, or leave --resume out to begin anew"
        )


def _short(value: Any) -> str:
    return "none" if value is None else str(value)[:12]
