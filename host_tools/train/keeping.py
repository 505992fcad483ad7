"""Writing a trained network, and checking beforehand that it can be written."""

import os
from pathlib import Path
from typing import Any

from edge_app.atomic import atomic_file
from edge_app.errors import ModelError, UsageError


def check_target(out: Path, epochs: int, seed: int = 0) -> None:
    """Raise UsageError or ModelError for options that would fail after the training."""
    if out.suffix != ".keras":
        raise UsageError(f"--out {out}: must end in .keras, the only format that keeps everything")
    if epochs < 1:
        raise UsageError(f"--epochs {epochs}: train for at least 1")
    if not 0 <= seed < 2**32:
        raise UsageError(f"--seed {seed}: give a whole number from 0 to {2**32 - 1}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise ModelError(
            f"cannot create {out.parent}: {fault.strerror}; name another place with --out"
        ) from None
    if out.is_dir() or not os.access(out.parent, os.W_OK):
        raise ModelError(f"cannot write {out}; choose another file with --out")


def save_network(network: Any, path: Path) -> None:
    """Write a .keras file, whole or not at all; raise ModelError if that fails."""
    with atomic_file(path, error=ModelError) as draft:
        network.save(draft)
