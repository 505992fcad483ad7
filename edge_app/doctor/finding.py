"""The result of one check."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

OK, INFO, WARN, FAIL = "ok", "info", "warn", "fail"
STATES = (OK, INFO, WARN, FAIL)  # from good to bad


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. What is unknown is never "ok".

    name: what was checked. state: one of STATES; "info" is what this machine need not have.
    fix: the one command that fixes it or shows more; each "warn" and "fail" has one.
    """

    name: str
    state: str
    message: str
    fix: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for a problem without a fix."""
        if self.state not in STATES or (self.state in {WARN, FAIL} and not self.fix):
            raise ValueError(f"{self.name}: the state {self.state} with the fix '{self.fix}'")

    def to_json(self) -> dict[str, str]:
        """Return the fields under the published names of `edge-app doctor --json`."""
        return {"name": self.name, "state": self.state, "said": self.message, "mend": self.fix}


def worst(findings: Iterable[Finding]) -> str:
    """Return the worst state; a machine with nothing but information is ok."""
    state = max((one.state for one in findings), key=STATES.index, default=OK)
    return OK if state == INFO else state


def split_advice(text: str) -> tuple[str, str]:
    """Split an error message `problem; advice` into the problem and the command of the advice."""
    problem, _, advice = text.rpartition("; ")
    found = re.search(r"`([^`]+)`", advice) or re.search(r"run: (.+?)(?:, or .*)?$", advice)
    return problem or text, found.group(1) if found else ""
