"""Hold what was found out, one thing at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"
STATES = (OK, WARN, FAIL)


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold what was found out about one thing; what is unknown is never "ok".

    mend: the one command that mends it or tells more; only what is "ok" has none.
    """

    name: str
    state: str
    said: str
    mend: str = ""

    def __post_init__(self) -> None:
        """Refuse a complaint without a remedy."""
        if self.state not in STATES or (self.state != OK and not self.mend):
            raise ValueError(f"{self.name}: the state {self.state} with the remedy '{self.mend}'")


def worst(findings: Iterable[Finding]) -> str:
    """Return the worst state there is."""
    return max((one.state for one in findings), key=STATES.index, default=OK)


def split_advice(text: str) -> tuple[str, str]:
    """Part an error message into what is wrong and the command it recommends, if there is one."""
    said, _, advice = text.rpartition("; ")
    quoted = re.search(r"`([^`]+)`", advice)
    told = re.search(r"run: (.+?)(?:, or .*)?$", advice)
    found = quoted or told
    return said or text, found.group(1) if found else ""
