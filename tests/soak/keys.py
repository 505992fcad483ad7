"""The keys of one cycle: everything that a person can do, and back to where it began."""

from __future__ import annotations

from dataclasses import dataclass

CYCLE_S = 60.0
QUIET_S = 56.0  # from here on nothing is pressed: what a run has now, it had a cycle ago


@dataclass(frozen=True, slots=True)
class Press:
    """One key at a time of the cycle, in seconds; in the browser, else in the terminal."""

    at_s: float
    key: str
    browser: bool = False


def cycle(thread_choices: int) -> list[Press]:
    """Return the keys of a cycle in order.

    thread_choices: how often `t` must be pressed until the threads are as they were.
    """
    presses = [
        *(Press(at_s, key) for at_s, key in ((2, "2"), (5, "3"), (8, "1"), (11, "v"), (14, "4"))),
        *(Press(16 + i, "t") for i in range(thread_choices)),
        # Compare: split, difference, off; the divider moves meanwhile.
        *(Press(at_s, "c", browser=True) for at_s in (21, 26, 32)),
        *(Press(22 + i / 2, key) for i, key in enumerate(("left", "left", "right", "right"))),
        *(Press(33 + i, "o") for i in range(4)),
        *(Press(33.5 + i, "i") for i in range(3)),
        *(Press(at_s, key) for at_s, key in ((37, "+"), (37.5, "-"), (38, "l"), (38.5, "l"))),
        *(Press(at_s, key) for at_s, key in ((39, "h"), (40, "h"), (40.5, "b"), (41, "b"))),
        *(Press(at_s, "s") for at_s in (24, 29, 42)),
        # One recording ends, and the next starts.
        *(Press(at_s, "r", browser=True) for at_s in (43, 45)),
        *(Press(at_s, "space") for at_s in (46, 47)),
        *(Press(at_s, key) for at_s, key in ((48, "."), (48.5, "."), (49, "space"))),
        # The digits and back: another source, task and recording.
        *(Press(at_s, "m", browser=True) for at_s in (50, 53)),
    ]
    return sorted(presses, key=lambda press: press.at_s)
