"""The nodes of a TensorFlow graph: their names, what they take, and copies of them."""

from __future__ import annotations

from typing import Any


def node_name(name: str) -> str:
    """Return the name of the node that an input comes from, without its output number."""
    return name.lstrip("^").partition(":")[0]


def input_names(node: Any) -> list[str]:
    """Return the nodes whose values a node takes, control inputs left out."""
    return [node_name(name) for name in node.input if not name.startswith("^")]


def copied(message: Any) -> Any:
    """Return a copy of a node, or of an attribute of one."""
    return type(message).FromString(message.SerializeToString())
