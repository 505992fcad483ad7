"""Count what the delegate took of a graph: the usual reason why int8 is no faster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Delegation:
    """Say how a graph is split between the delegate and the runtime's own kernels.

    operators: in the file. delegated: of these, run by the delegate.
    partitions: runs of delegated operators; each border between them costs a hand-over.
    left: operators the delegate left, by kind.
    """

    operators: int
    delegated: int
    partitions: int
    left: Mapping[str, int]

    def words(self) -> str:
        """Tell it in one line."""
        if not self.partitions:
            return f"no delegate: all {self.operators} operators on the runtime's own kernels"
        parts = "partition" if self.partitions == 1 else "partitions"
        text = (
            f"XNNPACK took {self.delegated} of {self.operators} operators "
            f"in {self.partitions} {parts}"
        )
        if self.left:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.left.items()))
            text += f"; left: {kinds}"
        return text


def read_delegation(ops: Sequence[Mapping[str, Any]], outputs: Iterable[int]) -> Delegation:
    """Work out the split from a prepared interpreter's node list.

    ops: as `Interpreter._get_ops_details` gives them: a delegated node stays in the list and
        its DELEGATE node is appended, so the nodes that run are those reached backwards from
        the graph's outputs, a DELEGATE node before the nodes it replaced.
    """
    makers: dict[int, int] = {}
    for position, op in enumerate(ops):
        for tensor in op["outputs"]:
            makers[int(tensor)] = position  # DELEGATE nodes come last and so win
    running: set[int] = set()
    wanted = [int(tensor) for tensor in outputs]
    while wanted:
        maker = makers.get(wanted.pop())
        if maker is None or maker in running:
            continue
        running.add(maker)
        wanted.extend(int(tensor) for tensor in ops[maker]["inputs"] if int(tensor) >= 0)
    partitions = sum(1 for op in ops if op["op_name"] == "DELEGATE")
    left = Counter(
        str(ops[position]["op_name"])
        for position in running
        if ops[position]["op_name"] != "DELEGATE"
    )
    operators = len(ops) - partitions
    return Delegation(operators, operators - sum(left.values()), partitions, dict(left))
