"""The result of one check."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"
STATES = (OK, WARN, FAIL)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. What is unknown is never "ok".

    name: what was checked. state: one of STATES.
    fix: the one command that fixes it or shows more; only an "ok" finding has none.
    """

    name: str
    state: str
    message: str
    fix: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for a problem without a fix."""
        if self.state not in STATES or (self.state != OK and not self.fix):
            raise ValueError(f"{self.name}: the state {self.state} with the fix '{self.fix}'")

    def to_json(self) -> dict[str, str]:
        """Return the fields under the published names of `edge-app doctor --json`."""
        return {"name": self.name, "state": self.state, "said": self.message, "mend": self.fix}


def worst(findings: Iterable[Finding]) -> str:
    """Return the worst state."""
    return max((one.state for one in findings), key=STATES.index, default=OK)


def split_advice(text: str) -> tuple[str, str]:
    """Split an error message `problem; advice` into the problem and the command of the advice."""
    problem, _, advice = text.rpartition("; ")
    found = re.search(r"`([^`]+)`", advice) or re.search(r"run: (.+?)(?:, or .*)?$", advice)
    return problem or text, found.group(1) if found else ""
