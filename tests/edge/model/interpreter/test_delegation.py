"""The operators that the delegate runs are counted and summarised."""

from typing import Any

import pytest

from edge_app.model.interpreter.delegation import Delegation, read_delegation


def op(name: str, inputs: list[int], outputs: list[int]) -> dict[str, Any]:
    """Return a node as an interpreter lists it."""
    return {"op_name": name, "inputs": inputs, "outputs": outputs}


# A chain of four: 0 -CONV_2D- 1 -RELU- 2 -ARG_MAX- 3 -CONV_2D- 4; -1 stands for no bias.
CHAIN = [
    op("CONV_2D", [0, 9, -1], [1]),
    op("RELU", [1], [2]),
    op("ARG_MAX", [2], [3]),
    op("CONV_2D", [3, 8], [4]),
]


@pytest.mark.parametrize(
    ("delegates", "delegated", "partitions", "left"),
    [
        ([], 0, 0, {"CONV_2D": 2, "RELU": 1, "ARG_MAX": 1}),
        ([op("DELEGATE", [0], [4])], 4, 1, {}),
        ([op("DELEGATE", [0], [2])], 2, 1, {"ARG_MAX": 1, "CONV_2D": 1}),
        ([op("DELEGATE", [0], [2]), op("DELEGATE", [3], [4])], 3, 2, {"ARG_MAX": 1}),
    ],
    ids=["none", "all", "the first half", "all but the middle"],
)
def test_the_split_follows_the_node_list(
    delegates: list[dict[str, Any]], delegated: int, partitions: int, left: dict[str, int]
) -> None:
    """Replaced nodes stay in the list and are not counted twice."""
    found = read_delegation([*CHAIN, *delegates], [4])
    assert found == Delegation(4, delegated, partitions, left)


def test_every_output_is_followed() -> None:
    """A graph with two heads is walked from both."""
    ops = [*CHAIN, op("SOFTMAX", [2], [5]), op("DELEGATE", [0], [2])]
    assert read_delegation(ops, [4, 5]).left == {"ARG_MAX": 1, "CONV_2D": 1, "SOFTMAX": 1}


@pytest.mark.parametrize(
    ("delegation", "summary"),
    [
        (
            Delegation(8, 0, 0, {"CONV_2D": 8}),
            "no delegate: all 8 operators on the runtime's own kernels",
        ),
        (Delegation(63, 63, 1, {}), "XNNPACK took 63 of 63 operators in 1 partition"),
        (
            Delegation(84, 81, 3, {"TILE": 1, "ARG_MAX": 2}),
            "XNNPACK took 81 of 84 operators in 3 partitions; left: 2 ARG_MAX, 1 TILE",
        ),
    ],
)
def test_the_summary_is_one_line(delegation: Delegation, summary: str) -> None:
    """It has the share, the partitions and the operators that are left."""
    assert delegation.summary() == summary
