"""The outputs of a network by name: found, listed, and known as helpers of training."""

from __future__ import annotations

import re
from collections.abc import Sequence

from edge_app.model.card import TensorInfo

_AUXILIARY = re.compile(r"aux|boundary|edge|deep_?sup", re.IGNORECASE)


def is_auxiliary(name: str) -> bool:
    """Return whether an output of this name is usually one that helps training."""
    return bool(_AUXILIARY.search(name))


def listed_outputs(outputs: Sequence[TensorInfo], *, but: int | None = None) -> str:
    """Return positions, names and shapes: "0 logits (1x10), 1 aux (1x10)"; but: one left out."""
    return ", ".join(
        f"{at} {one.name} ({one.size_text})" for at, one in enumerate(outputs) if at != but
    )


def named_output(outputs: Sequence[TensorInfo], name: str) -> int:
    """Return the position of an output: by its name, or that position as text.

    Raises LookupError with what the network has instead, to be said behind "it has".
    """
    found = [at for at, one in enumerate(outputs) if one.name == name]
    if not found and name.isascii() and name.isdigit() and int(name) < len(outputs):
        found = [int(name)]
    if len(found) != 1:
        problem = "several outputs" if found else "no output"
        have = listed_outputs(outputs)
        raise LookupError(f"{problem} '{name}'; it has: {have}; name one with --output")
    return found[0]
