"""Which operators the delegate runs; too few of them is the usual reason why int8 is no faster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge_app.style import count


@dataclass(frozen=True, slots=True)
class Delegation:
    """How a graph is split between the delegate and the runtime's own kernels.

    operators: how many the file has. delegated: how many of them the delegate runs.
    partitions: groups of delegated operators; each border between groups costs a hand-over.
    left: how many operators of each kind the delegate does not run.
    refused: the kind of operator because of which the delegate cannot prepare the graph; empty if
        it can.
    """

    operators: int
    delegated: int
    partitions: int
    left: Mapping[str, int]
    refused: str = ""

    def summary(self) -> str:
        """Return the split as one line of text."""
        if self.refused:
            return (
                f"XNNPACK cannot prepare {self.refused} of this file, so all {self.operators} "
                "operators run on the runtime's own kernels, which are slower"
            )
        if not self.partitions:
            return f"no delegate: all {self.operators} operators on the runtime's own kernels"
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.left.items()))
        return (
            f"XNNPACK took {self.delegated} of {self.operators} operators "
            f"in {count(self.partitions, 'partition')}{kinds and f'; left: {kinds}'}"
        )


def read_delegation(ops: Sequence[Mapping[str, Any]], outputs: Iterable[int]) -> Delegation:
    """Return the split of an allocated interpreter's graph.

    ops: the result of `Interpreter._get_ops_details`. A delegated node stays in the list and its
        DELEGATE node is appended, so the nodes that run are found backwards from the outputs,
        a DELEGATE node before the nodes it replaces.
    outputs: indices of the graph's output tensors.
    """
    producers: dict[int, int] = {}
    for position, op in enumerate(ops):
        for tensor in op["outputs"]:
            producers[int(tensor)] = position  # DELEGATE nodes come last, so they win
    running: set[int] = set()
    pending = [int(tensor) for tensor in outputs]
    while pending:
        producer = producers.get(pending.pop())
        if producer is None or producer in running:
            continue
        running.add(producer)
        pending.extend(int(tensor) for tensor in ops[producer]["inputs"] if int(tensor) >= 0)
    partitions = sum(1 for op in ops if op["op_name"] == "DELEGATE")
    left = Counter(str(ops[position]["op_name"]) for position in running)
    del left["DELEGATE"]
    operators = len(ops) - partitions
    return Delegation(operators, operators - sum(left.values()), partitions, dict(left))
